#pragma once

#include "common/base/guid.h"

#include <cstddef>
#include <cstdint>
#include <map>

namespace evd::collector {

inline constexpr size_t kRateBucketsMax = 4096;

// How many events a process may still emit (Spec PSD-003 §4.1 step 2): a token bucket that starts
// full, holds one second's worth and refills continuously.
//
// Keeps an emitter that went wild, or was taken over, from pushing everybody else's events out of
// the rings. Buckets are per process, not per connection, so that connecting anew gains nothing. A
// bucket that has become full again is forgotten; with kRateBucketsMax buckets in use, further
// processes count as having none left. Takes the time as an argument; one thread.
class RateLimiter {
  public:
    // events_per_second is 1 to a thousand million.
    explicit RateLimiter(uint32_t events_per_second);

    // Whether `count` events may be emitted now. Takes nothing: only emitted events are charged.
    bool allows(const base::Guid& process, uint32_t count, int64_t now_ns);
    // After allows() said yes, for what was really emitted.
    void charge(const base::Guid& process, uint32_t count);

    size_t bucketCount() const { return buckets_.size(); }

  private:
    struct Bucket {
        int64_t credit_ns = 0;  // one event costs cost_ns_
        int64_t filled_at_ns = 0;
    };

    Bucket* bucketOf(const base::Guid& process, int64_t now_ns);
    void forgetFull(int64_t now_ns);

    int64_t cost_ns_;
    std::map<base::Guid, Bucket> buckets_;
};

}  // namespace evd::collector
