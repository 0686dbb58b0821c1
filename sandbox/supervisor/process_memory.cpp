#include "sandbox/supervisor/process_memory.h"

#include "common/base/text.h"
#include "sandbox/supervisor/proc_file.h"

#include <unistd.h>

namespace evd::supervisor {

namespace {

constexpr uint64_t kKibibyte = 1024;

uint64_t firstNumber(std::string_view text) {
    text = base::trim(text);
    const auto number = base::parseU64(text.substr(0, text.find_first_not_of("0123456789")));
    return number.ok() ? number.value() : 0;
}

}  // namespace

uint64_t proportionalBytes(std::string_view smaps_rollup) {
    constexpr std::string_view kLabel = "\nPss:";
    const size_t found = smaps_rollup.find(kLabel);
    return found == std::string_view::npos
               ? 0
               : firstNumber(smaps_rollup.substr(found + kLabel.size())) * kKibibyte;
}

uint64_t residentBytes(std::string_view statm, uint64_t page_bytes) {
    const size_t space = statm.find(' ');
    return space == std::string_view::npos ? 0 : firstNumber(statm.substr(space)) * page_bytes;
}

uint64_t processMemoryBytes(pid_t pid, const std::string& proc_root) {
    const std::string folder = base::cat(proc_root, "/", pid);
    const uint64_t proportional = proportionalBytes(readProcFile(folder + "/smaps_rollup"));
    return proportional != 0 ? proportional
                             : residentBytes(readProcFile(folder + "/statm"),
                                             static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace evd::supervisor
