#include "store/rollup_schedule.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

constexpr int64_t kSecondNs = base::kNsPerSecond;
constexpr RollupKind kMinute{wire::RollupFunction::Avg, 60};
constexpr RollupKind kHour{wire::RollupFunction::Max, 3600};

// On a minute and not on an hour.
constexpr int64_t kNowNs = int64_t{1'700'000'040} * kSecondNs;

void runPass(RollupSchedule& schedule, int64_t now_ns) {
    const auto due = schedule.next(now_ns);
    REQUIRE(due);
    schedule.begun(*due, now_ns);
    schedule.finished(*due);
}

TEST_CASE("rollup schedule: a new kind is due at once, from the beginning of time") {
    RollupSchedule schedule;
    CHECK_FALSE(schedule.next(kNowNs));
    CHECK(schedule.waitNs(kNowNs) == RollupSchedule::kIdleNs);
    schedule.want({kMinute}, {});
    const auto due = schedule.next(kNowNs);
    REQUIRE(due);
    CHECK(due->from_ns < 0);
    CHECK(due->until_ns == kNowNs - 60 * kSecondNs);
}

TEST_CASE("rollup schedule: then when another window is over and has settled") {
    RollupSchedule schedule;
    schedule.want({kMinute}, {});
    runPass(schedule, kNowNs);
    const int64_t ready_ns = kNowNs + RollupSchedule::kSettleNs;
    CHECK(schedule.waitNs(kNowNs) == RollupSchedule::kSpacingNs);
    CHECK_FALSE(schedule.next(ready_ns));
    const int64_t later_ns = kNowNs + RollupSchedule::kSpacingNs;
    const auto due = schedule.next(later_ns);
    REQUIRE(due);
    CHECK(due->from_ns == kNowNs - 60 * kSecondNs);
    CHECK(due->until_ns == kNowNs);
    schedule.begun(*due, later_ns);
    schedule.finished(*due);
    CHECK(schedule.waitNs(later_ns) ==
          kNowNs + 60 * kSecondNs + RollupSchedule::kSettleNs - later_ns);
}

TEST_CASE("rollup schedule: what is known from before is not looked at again") {
    RollupSchedule schedule;
    schedule.want({kHour, kMinute}, {{kHour, kNowNs}, {kMinute, kNowNs - 600 * kSecondNs}});
    const auto due = schedule.next(kNowNs);
    REQUIRE(due);
    CHECK(due->kind == kMinute);
    CHECK(due->from_ns == kNowNs - 600 * kSecondNs);
}

TEST_CASE("rollup schedule: a late sample makes a pass due from its time on, once") {
    RollupSchedule schedule;
    schedule.want({kMinute}, {{kMinute, kNowNs}});
    schedule.sampleCameLate(kNowNs + 1);  // not late
    CHECK_FALSE(schedule.next(kNowNs));
    schedule.sampleCameLate(kNowNs - 5000 * kSecondNs);
    schedule.sampleCameLate(kNowNs - 90 * kSecondNs);
    const auto due = schedule.next(kNowNs);
    REQUIRE(due);
    CHECK(due->from_ns == kNowNs - 5000 * kSecondNs);
    schedule.begun(*due, kNowNs);
    schedule.sampleCameLate(kNowNs - 30 * kSecondNs);  // while it runs
    schedule.finished(*due);
    CHECK_FALSE(schedule.next(kNowNs));
    const auto again = schedule.next(kNowNs + RollupSchedule::kSpacingNs);
    REQUIRE(again);
    CHECK(again->from_ns == kNowNs - 60 * kSecondNs);
}

TEST_CASE("rollup schedule: what comes late where a pass has just been is looked for again") {
    RollupSchedule schedule;
    schedule.want({kMinute}, {{kMinute, kNowNs - 3600 * kSecondNs}});
    const auto due = schedule.next(kNowNs);
    REQUIRE(due);
    schedule.begun(*due, kNowNs);
    const int64_t late_ns = kNowNs - 1800 * kSecondNs;  // behind where the last pass ended
    schedule.sampleCameLate(late_ns);
    schedule.sampleCameLate(due->until_ns);  // the next pass comes there anyway
    schedule.finished(*due);
    const auto again = schedule.next(kNowNs + RollupSchedule::kSpacingNs);
    REQUIRE(again);
    CHECK(again->from_ns == late_ns);
}

TEST_CASE("rollup schedule: a pass that failed is due again, not at once") {
    RollupSchedule schedule;
    schedule.want({kMinute}, {{kMinute, kNowNs - 600 * kSecondNs}});
    const auto due = schedule.next(kNowNs);
    REQUIRE(due);
    schedule.begun(*due, kNowNs);
    schedule.failed(*due);
    CHECK_FALSE(schedule.next(kNowNs));
    const auto again = schedule.next(kNowNs + RollupSchedule::kSpacingNs);
    REQUIRE(again);
    CHECK(again->from_ns == due->from_ns);
}

TEST_CASE("rollup schedule: a kind that is not wanted any more is left alone") {
    RollupSchedule schedule;
    schedule.want({kMinute, kHour}, {});
    const auto due = schedule.next(kNowNs);
    REQUIRE(due);
    CHECK(due->kind == kMinute);
    schedule.begun(*due, kNowNs);
    schedule.want({kHour}, {});
    schedule.finished(*due);
    CHECK(schedule.next(kNowNs)->kind == kHour);
}

}  // namespace
}  // namespace evd::store
