#include "tests/campaign/campaign.h"

namespace evd::test {

Course::Course(uint64_t seed, int64_t seconds)
    : random(seed),
      seed_(seed),
      seconds_(seconds),
      end_ns_(clock_.monotonicNs() + seconds * base::kNsPerSecond) {}

bool Course::goesOn() const {
    return clock_.monotonicNs() < end_ns_;
}

}  // namespace evd::test
