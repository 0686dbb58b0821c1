#pragma once

#include <sys/types.h>
#include <string>
#include <vector>

namespace evd::supervisor {

// The ids of Unix groups by name; names that this machine does not have are passed over, because
// the defaults name groups of several distributions. Asks the name service, so it is called before
// the first child is started, by the supervisor alone.
std::vector<gid_t> groupIds(const std::vector<std::string>& names);

}  // namespace evd::supervisor
