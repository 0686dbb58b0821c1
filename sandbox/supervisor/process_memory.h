#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>
#include <string_view>

namespace evd::supervisor {

// The proportional memory of a process in bytes, or its resident memory where the kernel does not
// tell us the former (it takes root, because our processes forbid inspection). 0 when it is gone.
uint64_t processMemoryBytes(pid_t pid, const std::string& proc_root = "/proc");

// The number behind "Pss:" in kibibytes of a smaps_rollup, in bytes; 0 when there is none. Pure.
uint64_t proportionalBytes(std::string_view smaps_rollup);
// The second number, in pages, of a statm, in bytes; 0 when there is none. Pure.
uint64_t residentBytes(std::string_view statm, uint64_t page_bytes);

}  // namespace evd::supervisor
