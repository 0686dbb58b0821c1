#include "store/use_thresholds.h"

#include <algorithm>

namespace evd::store {

UseThresholds UseThresholds::withHysteresis() const {
    const uint64_t create = std::max<uint64_t>(create_threshold, 2);
    return {window_ns, create, std::clamp<uint64_t>(drop_threshold, 1, create - 1)};
}

}  // namespace evd::store
