#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/plan/condition.h"

#include <functional>

namespace evd::queryd {

// A WHERE clause as a condition: AND, OR and NOT as they stand, and what they join as bind_leaf
// gives it meaning. Fails with the first leaf's error. Pure, any thread.
base::Result<Condition> bindTree(
    const Predicate& predicate,
    const std::function<base::Result<Condition>(const Predicate&)>& bind_leaf);

}  // namespace evd::queryd
