#include "queryd/exec/metric_scan_parts.h"

#include "common/base/text.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/metric_planner.h"
#include "tests/support/fake_clock.h"
#include "tests/support/metric_store.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

namespace {

// Ten series of twenty samples; the reads of the first `wanted` of them.
struct Fixture {
    explicit Fixture(size_t wanted, const std::string& text = "METRIC m SINCE 1d ago",
                     ReadGoal goal = ReadGoal::Samples)
        : plan(planMetric(parseQuery(text).value(), 1000).value()) {
        store.begin();
        for (int i = 0; i < 10; ++i) {
            const std::string labels = base::cat("host=", i);
            ids.push_back(store.addSeries("m", labels, wire::MetricType::Gauge));
            MetricSeries one;
            one.name = "m";
            one.labels = labels;
            series.push_back(one);
        }
        for (int64_t at = 0; at < 20; ++at) {
            for (const int64_t id : ids) {
                store.addSample(id, at, static_cast<double>(at * at));
            }
        }
        store.commit();
        for (size_t i = 0; i < wanted; ++i) {
            reads.push_back(std::make_unique<SeriesRead>(plan, series[i], ids[i], goal, plan.time));
        }
    }

    // The reads that are left; nothing, when the scan is not worth it.
    std::optional<std::vector<SeriesRead*>> scan(uint32_t parts = 1) {
        std::vector<SeriesRead*> all;
        for (const auto& read : reads) {
            all.push_back(read.get());
        }
        const auto connection = std::move(db::Connection::openForReading(path).value());
        MetricScanSurvey survey({path, 0, 0}, all);
        REQUIRE(survey.slice(*connection).value() == ScanEnd::Finished);
        if (!survey.isWorthIt()) {
            return std::nullopt;
        }
        MetricScanParts scan(0, {path, 0, 0}, survey.rowids(), {parts, 1}, all);
        scan.makeTasks(control, memory, tasks);
        CHECK(tasks.size() == parts);
        // The last part first: each is on its own.
        for (auto task = tasks.rbegin(); task != tasks.rend(); ++task) {
            REQUIRE((*task)->slice(*connection).value() == ScanEnd::Finished);
        }
        return scan.join();
    }

    test::TemporaryDirectory folder;
    std::string path = folder / "metrics.db";
    test::TestMetricStore store{path};
    test::FakeClock clock;
    RunControl control{.clock = &clock};
    MemoryBudget memory{1 << 20};
    MetricPlan plan;
    std::vector<int64_t> ids;
    std::vector<MetricSeries> series;
    std::vector<std::unique_ptr<SeriesRead>> reads;
    std::vector<std::unique_ptr<ShardTask>> tasks;
};

std::vector<MetricPoint> pointsOf(const std::string& text, uint32_t parts, size_t series) {
    Fixture fixture(/*wanted=*/10, text, ReadGoal::Points);
    REQUIRE(fixture.scan(parts)->empty());
    return fixture.reads[series]->points();
}

}  // namespace

TEST_CASE("metric scan: worth it above a third of the table") {
    CHECK_FALSE(isScanQuicker(100, 300));
    CHECK(isScanQuicker(101, 300));
    CHECK_FALSE(isScanQuicker(0, 0));
}

TEST_CASE("metric scan: most of a store is read in one go, each series in order") {
    Fixture fixture(/*wanted=*/4);
    CHECK(fixture.scan()->empty());
    for (const auto& read : fixture.reads) {
        REQUIRE(read->points().size() == 20);
        CHECK(read->points().front().timestamp_ns == 0);
        CHECK(read->points().back().value == 361);
    }
}

TEST_CASE("metric scan: a small part of a store is left to the index on series") {
    Fixture fixture(/*wanted=*/3);
    CHECK_FALSE(fixture.scan().has_value());
    CHECK(fixture.reads.front()->points().empty());
}

TEST_CASE("metric scan: a series with an older sample behind a newer one is left, as it was") {
    Fixture fixture(/*wanted=*/10);
    fixture.store.addSample(fixture.ids[4], 5, 0);
    const auto left = *fixture.scan();
    REQUIRE(left.size() == 1);
    CHECK(left.front() == fixture.reads[4].get());
    CHECK(left.front()->points().empty());
    CHECK(fixture.reads[3]->points().size() == 20);
}

TEST_CASE("metric scan: a table read in parts gives what one scan gives, pairs across parts too") {
    for (const std::string text :
         {"METRIC m SINCE 1d ago", "METRIC m RATE SINCE 1d ago", "METRIC m DELTA SINCE 1d ago",
          "METRIC m RATE WHERE value > 30 SINCE 1d ago"}) {
        for (const size_t series : {0U, 4U, 9U}) {
            const auto whole = pointsOf(text, 1, series);
            CHECK(whole.size() > 10);
            for (const uint32_t parts : {2U, 3U, 7U, 150U}) {
                CAPTURE(text);
                CAPTURE(parts);
                const auto joined = pointsOf(text, parts, series);
                REQUIRE(joined.size() == whole.size());
                for (size_t i = 0; i < whole.size(); ++i) {
                    CHECK(joined[i].timestamp_ns == whole[i].timestamp_ns);
                    CHECK(joined[i].value == whole[i].value);
                }
            }
        }
    }
}

TEST_CASE("metric scan: an older sample in a later part leaves its series, and it alone") {
    Fixture fixture(/*wanted=*/10);
    fixture.store.addSample(fixture.ids[4], 5, 0);
    const auto left = *fixture.scan(/*parts=*/5);
    REQUIRE(left.size() == 1);
    CHECK(left.front() == fixture.reads[4].get());
    CHECK(left.front()->points().empty());
    CHECK(fixture.reads[3]->points().size() == 20);
}

TEST_CASE("metric scan: a part that is cancelled pauses, and goes on where it was") {
    Fixture fixture(/*wanted=*/10);
    for (int64_t at = 20; at < 1000; ++at) {
        for (const int64_t id : fixture.ids) {
            fixture.store.addSample(id, at, 0);
        }
    }
    std::atomic<bool> cancelled{true};
    fixture.control.cancelled = &cancelled;
    std::vector<SeriesRead*> all;
    for (const auto& read : fixture.reads) {
        all.push_back(read.get());
    }
    const auto connection = std::move(db::Connection::openForReading(fixture.path).value());
    MetricScanTask task({fixture.path, 0, 0}, fixture.control, all, {IdRange{0, 10'000}, true},
                        fixture.memory);
    CHECK(task.slice(*connection).value() == ScanEnd::Paused);
    CHECK_FALSE(task.isFinished());
    cancelled = false;
    CHECK(task.slice(*connection).value() == ScanEnd::Finished);
    CHECK(task.isFinished());
    CHECK(task.left().empty());
    CHECK(fixture.reads.front()->points().size() == 1000);
}

TEST_CASE("metric scan: parts share one memory budget") {
    Fixture fixture(/*wanted=*/10);
    for (int64_t at = 20; at < 1000; ++at) {
        for (const int64_t id : fixture.ids) {
            fixture.store.addSample(id, at, 0);
        }
    }
    MemoryBudget small{200'000};  // enough for either half alone, with its steps of 64 KiB
    std::vector<SeriesRead*> all;
    for (const auto& read : fixture.reads) {
        all.push_back(read.get());
    }
    const auto connection = std::move(db::Connection::openForReading(fixture.path).value());
    MetricScanParts scan(0, {fixture.path, 0, 0}, {0, 10'000}, {2, 1}, all);
    scan.makeTasks(fixture.control, small, fixture.tasks);
    CHECK(fixture.tasks[1]->slice(*connection).ok());
    CHECK(fixture.tasks[0]->slice(*connection).ok());
    CHECK(fixture.tasks[1]->failure().ok());
    CHECK_FALSE(fixture.tasks[0]->failure().ok());
}

}  // namespace evd::queryd
