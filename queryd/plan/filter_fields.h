#pragma once

#include "queryd/plan/record_plan.h"

#include <string>
#include <vector>

namespace evd::queryd {

// The fields that a question filters by, each once, as adaptive indexing counts them (Spec §3.3):
// header columns and payload paths in WHERE, and event_type for a type pattern, which is the same
// in short (Spec §8.2). Bounds on timestamp are not among them. Pure.
std::vector<std::string> filterFields(const RecordPlan& plan);

// Those of events that conditions on another store filter by (Spec §8.5): event_type, or none.
std::vector<std::string> crossFields(const std::vector<CrossCondition>& conditions);

}  // namespace evd::queryd
