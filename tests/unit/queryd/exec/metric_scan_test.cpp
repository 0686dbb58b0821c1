#include "queryd/exec/metric_scan.h"

#include "common/base/text.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/metric_planner.h"
#include "tests/support/fake_clock.h"
#include "tests/support/metric_store.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace evd::queryd {

namespace {

// Ten series of twenty samples; the reads of the first `wanted` of them.
struct Fixture {
    explicit Fixture(size_t wanted) {
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
                store.addSample(id, at, static_cast<double>(at));
            }
        }
        store.commit();
        for (size_t i = 0; i < wanted; ++i) {
            reads.push_back(std::make_unique<SeriesRead>(plan, series[i], ids[i], ReadGoal::Samples,
                                                         plan.time));
        }
    }

    std::vector<SeriesRead*> scan() {
        std::vector<SeriesRead*> all;
        for (const auto& read : reads) {
            all.push_back(read.get());
        }
        RunControl control;
        control.clock = &clock;
        const auto connection = std::move(db::Connection::openForReading(path).value());
        MetricScanTask task({path, 0, 0}, control, all, memory);
        REQUIRE(task.slice(*connection).value() == ScanEnd::Finished);
        return task.left();
    }

    test::TemporaryDirectory folder;
    std::string path = folder / "metrics.db";
    test::TestMetricStore store{path};
    test::FakeClock clock;
    MemoryBudget memory{1 << 20};
    MetricPlan plan = planMetric(parseQuery("METRIC m SINCE 1d ago").value(), 1000).value();
    std::vector<int64_t> ids;
    std::vector<MetricSeries> series;
    std::vector<std::unique_ptr<SeriesRead>> reads;
};

}  // namespace

TEST_CASE("metric scan: worth it above a third of the table") {
    CHECK_FALSE(isScanQuicker(100, 300));
    CHECK(isScanQuicker(101, 300));
    CHECK_FALSE(isScanQuicker(0, 0));
}

TEST_CASE("metric scan: most of a store is read in one go, each series in order") {
    Fixture fixture(/*wanted=*/4);
    CHECK(fixture.scan().empty());
    for (const auto& read : fixture.reads) {
        REQUIRE(read->points().size() == 20);
        CHECK(read->points().front().timestamp_ns == 0);
        CHECK(read->points().back().value == 19);
    }
}

TEST_CASE("metric scan: a small part of a store is left to the index on series") {
    Fixture fixture(/*wanted=*/3);
    CHECK(fixture.scan().size() == 3);
    CHECK(fixture.reads.front()->points().empty());
}

TEST_CASE("metric scan: a series with an older sample behind a newer one is left, as it was") {
    Fixture fixture(/*wanted=*/10);
    fixture.store.addSample(fixture.ids[4], 5, 0);
    const auto left = fixture.scan();
    REQUIRE(left.size() == 1);
    CHECK(left.front() == fixture.reads[4].get());
    CHECK(left.front()->points().empty());
    CHECK(fixture.reads[3]->points().size() == 20);
}

}  // namespace evd::queryd
