#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <vector>

namespace evd::queryd {

// Gives the names and values of a parsed EVENTS or LOGS question their meaning: which field is a
// column, what an alias, a GUID or a time stands for, what an aggregation's records will hold.
//
// Fails with Invalid and a sentence with the place where a value cannot be meant (Ruling Q4, Q10).
// Relative times are resolved against now_ns. Pure, any thread. The conditions come out unsplit;
// the planner sorts them.
struct BoundRecords {
    RecordPlan plan;                    // without on_name, on_column, on_row
    std::vector<Condition> conditions;  // one per WHERE clause
};

inline constexpr uint64_t kContextLinesMax = 1000;  // of WITH CONTEXT

base::Result<BoundRecords> bindRecords(const Query& query, int64_t now_ns);

}  // namespace evd::queryd
