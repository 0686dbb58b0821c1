#include "store/retention_plan.h"

#include "common/base/clock.h"

#include <doctest/doctest.h>
#include <limits>
#include <vector>

namespace evd::store {
namespace {

constexpr int64_t kDayNs = int64_t{86'400} * base::kNsPerSecond;
constexpr int64_t kNowNs = 1'000 * kDayNs;

DatabaseAge holding(int64_t live_bytes, int64_t oldest_ns, int64_t reach_ns) {
    return {live_bytes, oldest_ns, reach_ns};
}

std::optional<RetentionStep> plan(const std::vector<DatabaseAge>& databases, uint32_t days,
                                  uint64_t bytes_max) {
    return planRetention(databases, {days, bytes_max, 0}, kNowNs);
}

TEST_CASE("retention plan: without limits nothing is ever due") {
    CHECK_FALSE(plan({holding(1'000'000, 0, 10)}, 0, 0));
}

TEST_CASE("retention plan: an event is due when it is older than the days, not when as old") {
    const int64_t kept_since = kNowNs - 30 * kDayNs;
    CHECK_FALSE(plan({holding(100, kept_since + 1, kNowNs)}, 30, 0));
    CHECK_FALSE(plan({holding(100, kept_since, kNowNs)}, 30, 0));
    CHECK(plan({holding(100, kept_since - 1, kNowNs)}, 30, 0) == RetentionStep{0, kept_since - 1});
}

TEST_CASE("retention plan: the size limit holds at the limit and is exceeded one byte above") {
    CHECK_FALSE(plan({holding(400, 1, 10), holding(599, 2, 20)}, 0, 1'000));
    CHECK_FALSE(plan({holding(400, 1, 10), holding(600, 2, 20)}, 0, 1'000));
    CHECK(plan({holding(400, 1, 10), holding(601, 2, 20)}, 0, 1'000) == RetentionStep{0, 10});
}

TEST_CASE("retention plan: no batch of one database runs ahead of older events in another") {
    // The second is sparse: its next batch reaches far. The first is the one with the oldest row.
    CHECK(plan({holding(900, 5, 100), holding(900, 7, 900)}, 0, 1'000) == RetentionStep{0, 100});
    // The oldest row is in the sparse one, but the other one's batch ends the step.
    CHECK(plan({holding(900, 5, 100), holding(900, 3, 900)}, 0, 1'000) == RetentionStep{1, 100});
}

TEST_CASE("retention plan: of equal timestamps the first database goes first, and it ends") {
    std::vector<DatabaseAge> databases = {holding(900, 5, 5), holding(900, 5, 5)};
    CHECK(plan(databases, 0, 1'000) == RetentionStep{0, 5});
    databases[0] = {100, std::nullopt, 0};
    CHECK_FALSE(plan(databases, 0, 1'000));
    CHECK(plan(databases, 0, 999) == RetentionStep{1, 5});
}

TEST_CASE("retention plan: the more aggressive limit wins") {
    const int64_t young = kNowNs - kDayNs;
    // Old enough for neither, too large.
    CHECK(plan({holding(2'000, young, young + 5)}, 30, 1'000) == RetentionStep{0, young + 5});
    // Small enough, too old.
    const int64_t old = kNowNs - 31 * kDayNs;
    CHECK(plan({holding(10, old, old)}, 30, 1'000) == RetentionStep{0, kNowNs - 30 * kDayNs - 1});
}

TEST_CASE("retention plan: by age the oldest of many databases comes first") {
    const int64_t old = kNowNs - 100 * kDayNs;
    std::vector<DatabaseAge> databases(300, holding(10, kNowNs, kNowNs));
    databases[200] = holding(10, old, old);
    databases[100] = holding(10, old + 1, old + 1);
    REQUIRE(plan(databases, 30, 0));
    CHECK(plan(databases, 30, 0)->database == 200);
}

TEST_CASE("retention plan: empty databases are never chosen, however large") {
    CHECK_FALSE(plan({{5'000, std::nullopt, 0}}, 1, 1));
    CHECK_FALSE(plan({}, 1, 1));
}

TEST_CASE("retention plan: the greatest limits and sizes do not overflow") {
    const int64_t huge = std::numeric_limits<int64_t>::max();
    const std::vector<DatabaseAge> databases = {holding(huge, kNowNs, kNowNs),
                                                holding(huge, kNowNs, kNowNs)};
    CHECK_FALSE(plan(databases, 3'650, std::numeric_limits<uint64_t>::max()));
    CHECK(plan(databases, 3'650, 1'000));
}

TEST_CASE("retention plan: events from the future wait until everything else is gone") {
    const int64_t future = std::numeric_limits<int64_t>::max();
    CHECK(plan({holding(900, future, future), holding(900, 5, 9)}, 0, 1'000) ==
          RetentionStep{1, 9});
    CHECK(plan({holding(2'000, future, future)}, 0, 1'000) == RetentionStep{0, future});
}

}  // namespace
}  // namespace evd::store
