#pragma once

#include "collector/ingest/door_thread.h"
#include "common/wire/record.h"

#include <string>
#include <vector>

namespace evd::collector {

// The figures of one door as measures: `door.<name>.records`, `sender.<uid>.<name>` (`others`
// beyond kSendersMax users), and `reject.<name>.<reason>` for each reason that was met. The last
// are for the report of SIGQUIT alone: the supervisor keeps them from everybody else (Ruling L3).
// Pure.
void appendDoorMeasures(const std::string& door, const DoorFigures& figures,
                        std::vector<wire::Measure>& out);

}  // namespace evd::collector
