#pragma once

#include "queryd/plan/record_table.h"

namespace evd::queryd {

// The fields of a log line, in the order in which a record shows them (Spec §8.1, Ruling Q12).
// There are no others: another name is an error (Ruling Q10).
const RecordTable& logTable();

}  // namespace evd::queryd
