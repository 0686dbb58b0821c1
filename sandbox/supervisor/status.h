#pragma once

#include <string>
#include <vector>

namespace evd::wire {
struct ProcessStatus;
}

namespace evd::supervisor {

// The diagnostic report of SIGQUIT (Spec §10.2): one line for each process, and its measures
// indented below it. Pure.
std::string formatReport(const std::vector<wire::ProcessStatus>& processes);

}  // namespace evd::supervisor
