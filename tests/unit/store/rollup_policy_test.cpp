#include "store/rollup_policy.h"

#include "common/base/text.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

using wire::RollupFunction;

constexpr int64_t kHourNs = int64_t{3600} * 1'000'000'000;
constexpr RollupKind kAvgHour{RollupFunction::Avg, 3600};
constexpr RollupKind kMaxMinute{RollupFunction::Max, 60};

TEST_CASE("rollup kind: named by function and seconds, and read back") {
    CHECK(rollupKindText(kAvgHour) == "avg_3600");
    for (uint8_t function = 0; function < 6; ++function) {
        const auto kind = rollupKind(function, 300);
        REQUIRE(kind);
        CHECK(parseRollupKind(rollupKindText(*kind)) == kind);
    }
    for (const char* text : {"", "avg", "avg_", "_60", "avg_0", "avg_-1", "avg_60s", "p95_60",
                             "AVG_60", "avg_060", "avg_31622401", "avg_4294967356"}) {
        CAPTURE(text);
        CHECK_FALSE(parseRollupKind(text));
    }
}

TEST_CASE("rollup kind: functions and windows at their limits") {
    CHECK(rollupKind(5, 1));
    CHECK_FALSE(rollupKind(6, 1));
    CHECK_FALSE(rollupKind(0, 0));
    CHECK(rollupKind(0, kRollupWindowSecondsMax));
    CHECK_FALSE(rollupKind(0, kRollupWindowSecondsMax + 1));
}

TEST_CASE("rollup policy: in at the create threshold, out below the drop threshold") {
    RollupPolicy policy({48 * kHourNs, 50, 5});
    int64_t now_ns = 1'000'000 * kHourNs;
    policy.count(kAvgHour, 49, now_ns);
    CHECK(policy.recompute(now_ns).empty());
    policy.count(kAvgHour, 1, now_ns);
    CHECK(policy.recompute(now_ns) == RollupKinds{kAvgHour});
    now_ns += 49 * kHourNs;
    policy.count(kAvgHour, 5, now_ns);
    CHECK(policy.recompute(now_ns) == RollupKinds{kAvgHour});
    now_ns += 49 * kHourNs;
    policy.count(kAvgHour, 4, now_ns);
    CHECK(policy.recompute(now_ns).empty());
}

TEST_CASE("rollup policy: the most asked for comes first, and there are not too many") {
    RollupPolicy policy({48 * kHourNs, 2, 1});
    policy.count(kAvgHour, 2, kHourNs);
    policy.count(kMaxMinute, 3, kHourNs);
    CHECK(policy.recompute(kHourNs) == RollupKinds{kMaxMinute, kAvgHour});
    for (uint32_t seconds = 1; seconds <= kDesiredRollupsMax + 1; ++seconds) {
        policy.count({RollupFunction::Sum, seconds}, 10, kHourNs);
    }
    CHECK(policy.recompute(kHourNs).size() == kDesiredRollupsMax);
}

TEST_CASE("rollup policy: what it knew it knows again") {
    RollupPolicy before({48 * kHourNs, 50, 5});
    before.count(kAvgHour, 50, kHourNs);
    before.count(kMaxMinute, 30, kHourNs);
    before.recompute(kHourNs);
    RollupPolicy after({48 * kHourNs, 50, 5});
    RollupPolicy::State state = before.state(kHourNs);
    state.counters.push_back({"nonsense", 100, kHourNs});
    after.restore(state, kHourNs);
    CHECK(after.desired() == RollupKinds{kAvgHour});
    after.count(kMaxMinute, 20, kHourNs);
    CHECK(after.recompute(kHourNs) == RollupKinds{kAvgHour, kMaxMinute});
}

}  // namespace
}  // namespace evd::store
