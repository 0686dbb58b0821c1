#pragma once

#include "queryd/plan/record_table.h"

namespace evd::queryd {

// The header fields of an event, in the order in which a record shows them (Spec §8.1). Every other
// name is a payload field.
const RecordTable& eventTable();

}  // namespace evd::queryd
