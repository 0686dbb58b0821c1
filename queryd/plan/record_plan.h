#pragma once

#include "queryd/lang/ast.h"
#include "queryd/plan/condition.h"
#include "queryd/plan/cross_condition.h"
#include "queryd/plan/record_table.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

// How an EVENTS or LOGS question will be answered: plain data, made once by the planner
// (planner.h), read by exec/ on any number of threads and printed by plan_printer.h.

class Sight;

struct PlanSort {
    size_t field = 0;  // of RecordPlan::fields, or of PlanAggregation::result_names
    bool descending = false;
};

struct PlanAggregation {
    std::vector<size_t> groups;  // fields grouped by
    GroupFunction function = GroupFunction::Count;
    std::optional<size_t> argument;  // of Sum, Avg, Min, Max
    int64_t bucket_ns = 0;           // 0: none
    bool distinct = false;           // the groups alone are the answer
    bool count_first = false;  // count descending, then groups; otherwise by groups (Ruling Q7)
    std::optional<uint64_t> top;
    // What the records hold, in order: bucket, groups, aggregate, as far as each is there.
    std::vector<std::string> result_names;
};

struct RecordPlan {
    const RecordTable* table = nullptr;  // never null in a plan that was made
    std::vector<PlanField> fields;

    TimeRange time;
    bool time_named = false;  // by the question: the range is likely to be narrow

    // All of these must hold, split by who can judge them most cheaply.
    std::optional<std::string> name_pattern;
    std::vector<Condition> on_name;    // on the name column alone: once per type or origin
    std::vector<Condition> on_column;  // exact in SQL
    std::vector<Condition> on_row;     // in the row loop
    // Bounds on the record's time that WHERE has set and `time` keeps already. They matter once
    // more where that field may be hidden (Ruling A5).
    std::vector<Condition> on_bounds;
    // On moments alone, and what these and on_row ask of other stores. Before records are read, the
    // answers take their place (exec/cross_plan.h).
    std::vector<Condition> on_time;
    std::vector<CrossCondition> cross;
    // Where on_time holds, once that is known and leaves holes in the range: a hint to look nowhere
    // else. What is judged stands in the conditions above.
    std::shared_ptr<const TimeRanges> within = nullptr;

    std::optional<std::vector<size_t>> select;  // none: all fields; of fields, or of result_names
    std::optional<PlanAggregation> aggregation;
    std::vector<PlanSort> sort;  // none: newest first, or the aggregation's own order
    uint64_t skip = 0;
    std::optional<uint64_t> take;
    uint64_t context_lines = 0;  // of the same name around each record (Ruling Q14)
    bool stream = false;

    // What the caller may see (exec/sight.h), where that is not everything. The planner leaves it
    // out; whoever runs the plan adds it.
    std::shared_ptr<const Sight> sight = nullptr;
};

}  // namespace evd::queryd
