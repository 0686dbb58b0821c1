#pragma once

#include <string>

namespace evd::evctl {

// The completion of fish, which wants one line of declaration per word. Pure.
std::string fishScript();

}  // namespace evd::evctl
