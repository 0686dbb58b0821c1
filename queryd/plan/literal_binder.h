#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/plan/condition.h"

#include <cstdint>
#include <vector>

namespace evd::queryd {

// What a written value means beside this field and operator: aliases of origin classes become
// numbers, GUIDs get their canonical form, times become nanoseconds (Spec §8.1, §8.2; Ruling Q1,
// Q4). Invalid where the operator cannot take such a value at all. Pure, any thread.
base::Result<Constant> bindLiteral(const PlanField& field, CompareOperator op,
                                   const Literal& literal, int64_t now_ns);

// Those on the right of a comparison.
base::Result<std::vector<Constant>> bindLiterals(const PlanField& field, const Predicate& predicate,
                                                 int64_t now_ns);

}  // namespace evd::queryd
