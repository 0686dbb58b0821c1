#include "queryd/evctl/pause.h"

#include <poll.h>
#include <algorithm>
#include <climits>

namespace evd::evctl {

void pauseFor(int64_t ms) {
    (void)::poll(nullptr, 0, static_cast<int>(std::clamp<int64_t>(ms, 0, INT_MAX)));
}

}  // namespace evd::evctl
