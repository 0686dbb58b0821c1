#pragma once

#include "common/config/registry.h"

#include <memory>
#include <string>
#include <vector>

namespace evd::config {

// The registry as a program sees it that only wants to know what is set: the files that were named,
// else that of the kernel, else the files at the default place. Nothing is written to it.
std::unique_ptr<Registry> openForReading(const std::vector<std::string>& paths);

}  // namespace evd::config
