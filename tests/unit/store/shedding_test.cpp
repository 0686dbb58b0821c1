#include "store/shedding.h"

#include "common/base/clock.h"
#include "store/build_schedule.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

using Verdict = Shedding::Verdict;

class Fixture {
  public:
    Verdict commit(uint64_t rows, uint32_t ring_percent = 0, bool was_cut = false) {
        now_ns += 100 * base::kNsPerMs;
        return shedding.committed(now_ns, {rows, 0, 10'000, was_cut}, ring_percent);
    }
    int64_t now_ns = 1'000 * base::kNsPerSecond;
    Shedding shedding{{30 * base::kNsPerSecond, 75, 75}};
};

TEST_CASE("shedding: large batches shed one index at a time, and only while they go on") {
    Fixture fixture;
    for (uint32_t batch = 1; batch < kBatchesJudgedMin; ++batch) {
        CHECK(fixture.commit(7'501) == Verdict::Keep);
    }
    CHECK(fixture.commit(7'501) == Verdict::ShedLowest);
    for (uint32_t batch = 1; batch < kBatchesJudgedMin; ++batch) {
        CHECK(fixture.commit(7'501) == Verdict::Keep);
    }
    CHECK(fixture.commit(7'501) == Verdict::ShedLowest);
    for (int batch = 0; batch < 20; ++batch) {
        CHECK(fixture.commit(100) == Verdict::Keep);
    }
}

TEST_CASE("shedding: a batch of exactly 75 % is not large") {
    Fixture fixture;
    for (int batch = 0; batch < 100; ++batch) {
        CHECK(fixture.commit(7'500) == Verdict::Keep);
    }
}

TEST_CASE("shedding: exactly SheddingBatchPercent of the batches is not too many") {
    Fixture fixture;
    for (int round = 0; round < 20; ++round) {
        CHECK(fixture.commit(10) == Verdict::Keep);
        CHECK(fixture.commit(9'000) == Verdict::Keep);
        CHECK(fixture.commit(9'000) == Verdict::Keep);
        CHECK(fixture.commit(9'000) == Verdict::Keep);
    }
    CHECK(fixture.commit(9'000) == Verdict::ShedLowest);
}

TEST_CASE("shedding: what is older than the window does not count") {
    Fixture fixture;
    for (int batch = 0; batch < 3; ++batch) {
        CHECK(fixture.commit(9'000) == Verdict::Keep);
    }
    fixture.now_ns += 31 * base::kNsPerSecond;
    for (int batch = 0; batch < 3; ++batch) {
        CHECK(fixture.commit(9'000) == Verdict::Keep);
    }
    CHECK(fixture.commit(9'000) == Verdict::ShedLowest);
}

TEST_CASE("shedding: a latency-bound batch with a crowded queue behind it is large") {
    Fixture fixture;
    Verdict verdict = Verdict::Keep;
    for (uint32_t batch = 0; batch < kBatchesJudgedMin; ++batch) {
        verdict = fixture.shedding.committed(++fixture.now_ns, {2'000, 7'501, 10'000, false}, 0);
    }
    CHECK(verdict == Verdict::ShedLowest);
}

TEST_CASE("shedding: a full batch while the ring is too full sheds everything at once") {
    Fixture fixture;
    CHECK(fixture.commit(10'000, 75) == Verdict::Keep);
    CHECK(fixture.commit(9'000, 76) == Verdict::Keep);
    CHECK(fixture.commit(10'000, 76) == Verdict::ShedAll);
    Fixture cut;
    CHECK(cut.commit(9'000, 90, /*was_cut=*/true) == Verdict::ShedAll);
    Fixture small;
    CHECK(small.commit(1, 100) == Verdict::Keep);
}

TEST_CASE("shedding: calm is a window without pressure") {
    Fixture fixture;
    CHECK(fixture.shedding.isCalm(fixture.now_ns));
    CHECK(fixture.commit(10'000, 100) == Verdict::ShedAll);
    CHECK_FALSE(fixture.shedding.isCalm(fixture.now_ns + 29 * base::kNsPerSecond));
    CHECK(fixture.shedding.isCalm(fixture.now_ns + 31 * base::kNsPerSecond));
}

TEST_CASE("shedding: settings change live") {
    Fixture fixture;
    fixture.shedding.setSettings({10 * base::kNsPerSecond, 50, 95});
    CHECK(fixture.commit(10'000, 90) == Verdict::Keep);
    CHECK(fixture.commit(10) == Verdict::Keep);
    CHECK(fixture.commit(10'000) == Verdict::Keep);
    CHECK(fixture.commit(10'000) == Verdict::ShedLowest);
}

TEST_CASE("build schedule: quiet lasts a moment, and longer after each interruption") {
    BuildSchedule schedule;
    int64_t now_ns = 1'000 * base::kNsPerSecond;
    CHECK(schedule.waitNs(now_ns) == 0);
    schedule.workCame(now_ns);
    CHECK(schedule.waitNs(now_ns) == BuildSchedule::kQuietNs);
    CHECK(schedule.waitNs(now_ns + BuildSchedule::kQuietNs) == 0);
    schedule.interrupted(now_ns);
    CHECK(schedule.waitNs(now_ns) == 2 * BuildSchedule::kQuietNs);
    for (int times = 0; times < 70; ++times) {
        schedule.interrupted(now_ns);
    }
    CHECK(schedule.waitNs(now_ns) == BuildSchedule::kQuietNsMax);
    schedule.startOver();
    CHECK(schedule.waitNs(now_ns) == BuildSchedule::kQuietNs);
}

TEST_CASE("build schedule: what has waited for too long need not wait for quiet") {
    BuildSchedule schedule;
    const int64_t wanted_ns = 1'000 * base::kNsPerSecond;
    schedule.wanted(wanted_ns);
    const int64_t due_ns = wanted_ns + BuildSchedule::kPatienceNs;
    schedule.workCame(due_ns - 1);
    schedule.wanted(due_ns - 1);
    CHECK_FALSE(schedule.isOverdue(due_ns - 1));
    CHECK(schedule.waitNs(due_ns - 1) == 1);
    CHECK(schedule.isOverdue(due_ns));
    CHECK(schedule.waitNs(due_ns) == 0);
    schedule.interrupted(due_ns);
    CHECK(schedule.waitNs(due_ns) == BuildSchedule::kPressedRestNs);
    schedule.startOver();
    CHECK_FALSE(schedule.isOverdue(due_ns));
    CHECK(schedule.waitNs(due_ns) == BuildSchedule::kQuietNs);
}

TEST_CASE("build schedule: after a failure it rests") {
    BuildSchedule schedule;
    schedule.failed(5);
    CHECK(schedule.waitNs(5) == BuildSchedule::kFailureRestNs);
    schedule.startOver();
    CHECK(schedule.waitNs(5 + BuildSchedule::kQuietNs) == 0);
}

}  // namespace
}  // namespace evd::store
