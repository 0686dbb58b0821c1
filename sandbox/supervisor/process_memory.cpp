#include "sandbox/supervisor/process_memory.h"

#include "common/base/fd.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <unistd.h>

namespace evd::supervisor {

namespace {

constexpr size_t kFileBytesMax = 4096;
constexpr uint64_t kKibibyte = 1024;

std::string readSmall(const std::string& path) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(kFileBytesMax, '\0');
    const ssize_t bytes = file.valid() ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(bytes > 0 ? static_cast<size_t>(bytes) : 0);
    return text;
}

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
    const uint64_t proportional = proportionalBytes(readSmall(folder + "/smaps_rollup"));
    return proportional != 0 ? proportional
                             : residentBytes(readSmall(folder + "/statm"),
                                             static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace evd::supervisor
