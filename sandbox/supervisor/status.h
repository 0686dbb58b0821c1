#pragma once

#include <string>
#include <vector>

namespace evd::wire {
struct ProcessStatus;
}

namespace evd::supervisor {

// The processes without the measures that only the report may show (Ruling L3). Pure.
std::vector<wire::ProcessStatus> withoutReportMeasures(std::vector<wire::ProcessStatus> processes);

// The diagnostic report of SIGQUIT (Spec §10.2): one line for each process, and its measures
// indented below it. Pure.
std::string formatReport(const std::vector<wire::ProcessStatus>& processes);

}  // namespace evd::supervisor
