#include "tests/campaign/campaign.h"

namespace evd::test {

Course::Course(uint64_t seed, int64_t seconds) : random(seed), seed_(seed), seconds_(seconds) {}

bool Course::goesOn() {
    const int64_t now_ns = clock_.monotonicNs();
    if (!end_ns_) {
        end_ns_ = now_ns + seconds_ * base::kNsPerSecond;
    }
    return now_ns < *end_ns_;
}

}  // namespace evd::test
