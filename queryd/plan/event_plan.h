#pragma once

#include "queryd/lang/ast.h"
#include "queryd/plan/event_fields.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

// How an EVENTS question will be answered: plain data, made once by the planner (planner.h), read
// by exec/ on any number of threads and printed by plan_printer.h.

// A value to compare with. GUIDs are text in their canonical form, times are integers.
struct Constant {
    enum class Kind { Boolean, Int, Uint, Float, Text, Bytes };
    Kind kind = Kind::Int;
    bool boolean = false;
    int64_t int_value = 0;
    uint64_t uint_value = 0;
    double float_value = 0;
    std::string text;  // Text, Bytes
};

// A field that the question names: a header column, or else a payload field.
struct PlanField {
    std::string name;
    std::optional<EventColumn> column;
    bool operator==(const PlanField&) const = default;
};

// A condition over fields, which are indexes into EventPlan::fields. The depth is bounded by the
// parser.
struct Condition {
    enum class Kind { And, Or, Not, Compare };
    Kind kind = Kind::Compare;
    std::vector<Condition> children;  // And, Or: any number; Not: one
    CompareOperator op = CompareOperator::Equal;
    size_t field = 0;
    std::vector<Constant> values;  // none for IS; one or more for IN
};

struct PlanSort {
    size_t field = 0;  // of EventPlan::fields, or of PlanAggregation::result_names
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

// Which events may matter by time: since_ns inclusive, until_ns exclusive (Ruling Q5).
struct TimeRange {
    int64_t since_ns = std::numeric_limits<int64_t>::min();
    int64_t until_ns = std::numeric_limits<int64_t>::max();
    bool operator==(const TimeRange&) const = default;
};

struct EventPlan {
    std::vector<PlanField> fields;

    TimeRange time;
    bool time_named = false;  // by the question: the range is likely to be narrow

    // All of these must hold, split by who can judge them most cheaply.
    std::optional<std::string> type_pattern;
    std::vector<Condition> on_type;    // on event_type alone: once per type
    std::vector<Condition> on_header;  // exact in SQL
    std::vector<Condition> on_row;     // in the row loop

    std::optional<std::vector<size_t>> select;  // none: all fields; of fields, or of result_names
    std::optional<PlanAggregation> aggregation;
    std::vector<PlanSort> sort;  // none: newest first, or the aggregation's own order
    uint64_t skip = 0;
    std::optional<uint64_t> take;
    bool stream = false;
};

}  // namespace evd::queryd
