#include "collector/kmesd/rate_limiter.h"

#include "common/base/clock.h"

#include <doctest/doctest.h>

namespace evd::collector {
namespace {

constexpr uint32_t kRate = 10'000;

base::Guid processNumber(uint32_t number) {
    base::Guid guid;
    guid.bytes[0] = static_cast<uint8_t>(number);
    guid.bytes[1] = static_cast<uint8_t>(number >> 8);
    return guid;
}

TEST_CASE("rate limiter: a process may emit a second's worth at once and then nothing") {
    RateLimiter limiter(kRate);
    CHECK(limiter.allows(processNumber(1), kRate, 0));
    CHECK_FALSE(limiter.allows(processNumber(1), kRate + 1, 0));
    limiter.charge(processNumber(1), kRate);
    CHECK_FALSE(limiter.allows(processNumber(1), 1, 0));
}

TEST_CASE("rate limiter: the bucket refills with time, up to its size") {
    RateLimiter limiter(kRate);
    REQUIRE(limiter.allows(processNumber(1), kRate, 0));
    limiter.charge(processNumber(1), kRate);
    const int64_t one_event_ns = base::kNsPerSecond / kRate;
    CHECK_FALSE(limiter.allows(processNumber(1), 1, one_event_ns - 1));
    CHECK(limiter.allows(processNumber(1), 1, one_event_ns));
    CHECK_FALSE(limiter.allows(processNumber(1), 2, one_event_ns));
    CHECK(limiter.allows(processNumber(1), kRate, 100 * base::kNsPerSecond));
    CHECK_FALSE(limiter.allows(processNumber(1), kRate + 1, 200 * base::kNsPerSecond));
}

TEST_CASE("rate limiter: asking costs nothing, only what was emitted is charged") {
    RateLimiter limiter(kRate);
    for (int i = 0; i < 3; ++i) {
        CHECK(limiter.allows(processNumber(1), kRate, 0));
    }
    limiter.charge(processNumber(1), 1);
    CHECK(limiter.allows(processNumber(1), kRate - 1, 0));
    CHECK_FALSE(limiter.allows(processNumber(1), kRate, 0));
}

TEST_CASE("rate limiter: processes do not share a bucket, and time that steps back gives nothing") {
    RateLimiter limiter(kRate);
    REQUIRE(limiter.allows(processNumber(1), kRate, base::kNsPerSecond));
    limiter.charge(processNumber(1), kRate);
    CHECK(limiter.allows(processNumber(2), kRate, base::kNsPerSecond));
    CHECK_FALSE(limiter.allows(processNumber(1), 1, 0));
}

TEST_CASE("rate limiter: buckets are bounded; full ones make room, spent ones do not") {
    RateLimiter limiter(kRate);
    for (uint32_t i = 0; i < kRateBucketsMax; ++i) {
        REQUIRE(limiter.allows(processNumber(i), 1, 0));
        limiter.charge(processNumber(i), kRate);
    }
    CHECK_FALSE(limiter.allows(processNumber(60'000), 1, 0));
    CHECK(limiter.bucketCount() == kRateBucketsMax);
    CHECK(limiter.allows(processNumber(60'000), 1, base::kNsPerSecond));
    CHECK(limiter.bucketCount() == 1);
}

}  // namespace
}  // namespace evd::collector
