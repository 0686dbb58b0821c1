#include "collector/kmesd/rate_limiter.h"

#include "common/base/check.h"
#include "common/base/clock.h"

#include <algorithm>

namespace evd::collector {

namespace {

constexpr int64_t kBurstNs = base::kNsPerSecond;

}  // namespace

RateLimiter::RateLimiter(uint32_t events_per_second)
    : cost_ns_(base::kNsPerSecond / std::max<int64_t>(events_per_second, 1)) {
    EVD_CHECK(cost_ns_ > 0, "a rate is at most one event a nanosecond");
}

bool RateLimiter::allows(const base::Guid& process, uint32_t count, int64_t now_ns) {
    Bucket* bucket = bucketOf(process, now_ns);
    if (bucket == nullptr) {
        return false;
    }
    const int64_t elapsed_ns = std::clamp<int64_t>(now_ns - bucket->filled_at_ns, 0, kBurstNs);
    bucket->credit_ns = std::min(bucket->credit_ns + elapsed_ns, kBurstNs);
    bucket->filled_at_ns = now_ns;
    return bucket->credit_ns >= int64_t{count} * cost_ns_;
}

void RateLimiter::charge(const base::Guid& process, uint32_t count) {
    const auto found = buckets_.find(process);
    EVD_CHECK(found != buckets_.end(), "only what was allowed is charged");
    found->second.credit_ns -= int64_t{count} * cost_ns_;
}

RateLimiter::Bucket* RateLimiter::bucketOf(const base::Guid& process, int64_t now_ns) {
    const auto found = buckets_.find(process);
    if (found != buckets_.end()) {
        return &found->second;
    }
    if (buckets_.size() >= kRateBucketsMax) {
        forgetFull(now_ns);
    }
    if (buckets_.size() >= kRateBucketsMax) {
        return nullptr;
    }
    return &buckets_.emplace(process, Bucket{kBurstNs, now_ns}).first->second;
}

void RateLimiter::forgetFull(int64_t now_ns) {
    std::erase_if(buckets_, [&](const auto& entry) {
        return entry.second.credit_ns + (now_ns - entry.second.filled_at_ns) >= kBurstNs;
    });
}

}  // namespace evd::collector
