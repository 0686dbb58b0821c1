#pragma once

#include "queryd/plan/record_plan.h"

#include <string>

namespace evd::queryd {

// The plan as a person reads it, one step a line; what `evctl explain` begins with. Never SQL.
std::string printPlan(const RecordPlan& plan);

// A condition in the words of the language.
std::string printCondition(const RecordPlan& plan, const Condition& condition);

}  // namespace evd::queryd
