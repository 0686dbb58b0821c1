#include "store/rollup_state.h"

namespace evd::store {

namespace {

void lower(std::atomic<int64_t>& least, int64_t value) {
    int64_t known = least.load();
    while (value < known && !least.compare_exchange_weak(known, value)) {
    }
}

void raise(std::atomic<int64_t>& greatest, int64_t value) {
    int64_t known = greatest.load();
    while (value > known && !greatest.compare_exchange_weak(known, value)) {
    }
}

}  // namespace

void RollupState::willBuildUntil(int64_t until_ns) {
    raise(built_until_ns_, until_ns);
}

void RollupState::sampleCameLate(int64_t timestamp_ns) {
    lower(late_from_ns_, timestamp_ns);
}

int64_t RollupState::takeLateSample() {
    return late_from_ns_.exchange(std::numeric_limits<int64_t>::max());
}

}  // namespace evd::store
