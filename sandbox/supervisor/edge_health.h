#pragma once

#include "common/base/clock.h"

#include <cstdint>
#include <optional>

namespace evd::supervisor {

inline constexpr int64_t kTornEdgeNs = 5 * base::kNsPerSecond;

// Judges from what a program says of one of its edges whether that is torn although both its ends
// live: a limit was exceeded, a hello was refused, a message found no memory. When an end dies, its
// birth makes a new edge; here nobody else would. An edge that has been without a connection for
// kTornEdgeNs while both programs were running is torn; time for a hello that is slow. Pure; used
// on the supervisor's event loop.
class EdgeHealth {
  public:
    // With every answer to a heartbeat. True: a new edge is due, and it has as long as the old one.
    bool isTorn(bool is_connected, bool both_run, int64_t now_ns);

  private:
    std::optional<int64_t> torn_since_ns_;
};

}  // namespace evd::supervisor
