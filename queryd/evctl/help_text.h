#pragma once

#include <string>

namespace evd::evctl {

// What `evctl help` prints: every command and option of the vocabulary, and examples. Pure.
std::string helpText();

}  // namespace evd::evctl
