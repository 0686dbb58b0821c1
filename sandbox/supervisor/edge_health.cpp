#include "sandbox/supervisor/edge_health.h"

namespace evd::supervisor {

bool EdgeHealth::isTorn(bool is_connected, bool both_run, int64_t now_ns) {
    if (is_connected || !both_run) {
        torn_since_ns_.reset();
        return false;
    }
    if (!torn_since_ns_) {
        torn_since_ns_ = now_ns;
    }
    if (now_ns - *torn_since_ns_ < kTornEdgeNs) {
        return false;
    }
    torn_since_ns_.reset();
    return true;
}

}  // namespace evd::supervisor
