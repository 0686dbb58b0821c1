#pragma once

#include <string>

namespace evd::supervisor {

// The beginning of a small file of /proc, at most 4 KiB; empty when it cannot be read.
std::string readProcFile(const std::string& path);

}  // namespace evd::supervisor
