#include "sandbox/supervisor/status.h"

#include "common/base/text.h"
#include "common/ipc/convert.h"

namespace evd::supervisor {

namespace {

constexpr uint64_t kKibibyte = 1024;

std::string formatProcess(const wire::ProcessStatus& process) {
    std::string line =
        base::cat(process.name, ": ", process.state, ", pid ", process.pid, ", ", process.restarts,
                  " restarts, ", process.memory_bytes / kKibibyte, " KiB");
    if (!process.last_exit.empty()) {
        line += base::cat(", last ", process.last_exit);
    }
    line += '\n';
    for (const auto& measure : process.measures) {
        line += base::cat("    ", measure.name, " ", measure.value, "\n");
    }
    return line;
}

}  // namespace

std::vector<wire::ProcessStatus> withoutReportMeasures(std::vector<wire::ProcessStatus> processes) {
    for (auto& process : processes) {
        std::erase_if(process.measures, [](const wire::Measure& measure) {
            return measure.name.starts_with(wire::kReportOnlyPrefix);
        });
    }
    return processes;
}

std::string formatReport(const std::vector<wire::ProcessStatus>& processes) {
    std::string report = "report of the group\n";
    for (const auto& process : processes) {
        report += formatProcess(process);
    }
    return report;
}

}  // namespace evd::supervisor
