// One long series read by several threads.

#include "queryd/exec/metric_split.h"

#include "common/base/text.h"
#include "queryd/exec/query_engine.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/metric_planner.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/fake_clock.h"
#include "tests/support/metric_store.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <limits>
#include <string>
#include <vector>

namespace evd::queryd {

namespace {

constexpr int64_t kNow = test::FakeClock::kStartWallNs;
constexpr int64_t kHour = 3600 * base::kNsPerSecond;

// A counter with a sample a minute for ten hours, with resets and equal times; and four more of
// them, which keep it from being most of the store.
struct Fixture {
    Fixture() {
        store.begin();
        for (const char* host : {"host=a", "host=b", "host=c", "host=d", "host=e"}) {
            const int64_t series = store.addSeries("m", host, wire::MetricType::Counter);
            for (int64_t i = 600; i > 0; --i) {
                const int64_t time_ns = kNow - i * 60 * base::kNsPerSecond;
                store.addSample(series, time_ns, static_cast<double>(i % 97 * 5));
                if (i % 100 == 0) {
                    store.addSample(series, time_ns, static_cast<double>(i % 97 * 5 + 3));
                }
            }
        }
        store.commit();
    }

    std::vector<std::string> ask(std::string_view text, uint32_t threads) {
        EngineConfig config;
        config.event_store_path = folder.path();
        config.metric_store_path = folder / "metrics.db";
        config.reader_threads = threads;
        const auto engine = makeQueryEngine(config, clock, signal);
        const auto prepared = engine->prepare(text);
        REQUIRE(prepared.ok());
        RunOptions options;
        options.caller.administrator = true;
        test::RecordList records;
        REQUIRE(engine->run(*prepared.value(), options, records).ok());
        return records.lines();
    }

    test::TemporaryDirectory folder;
    test::TestMetricStore store{folder / "metrics.db"};
    test::FakeClock clock;
    CountingSignal signal;
};

// What was read of one series in parts, one behind the other.
struct Reading {
    void read(SeriesRead& one, Fixture& fixture) {
        const auto connection = db::Connection::openForReading(fixture.folder / "metrics.db");
        REQUIRE(connection.ok());
        SampleStatements statements(*connection.value());
        RunControl control;
        control.clock = &fixture.clock;
        ReadStep step;
        step.is_bounded = false;
        const auto end =
            one.slice(statements, control, std::numeric_limits<int64_t>::max(), step, share);
        REQUIRE(end.ok());
    }
    MemoryBudget budget{1024 * 1024};
    MemoryShare share{budget};
};

MetricPlan planOf(std::string_view text) {
    return planMetric(parseQuery(text).value(), kNow).value();
}

}  // namespace

TEST_CASE("metric split: a long range is divided without a gap, a short one not at all") {
    const MetricPlan plan = planOf("METRIC m[host=a] RATE SINCE 10h ago");
    const TimeRange range = {kNow - 10 * kHour, kNow};
    const auto parts = seriesParts(plan, ReadGoal::Windowed, range, 3);
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].since_ns == range.since_ns);
    CHECK(parts[0].until_ns == parts[1].since_ns);
    CHECK(parts[1].until_ns == parts[2].since_ns);
    CHECK(parts[2].until_ns == range.until_ns);
    const auto partsOf = [&](const TimeRange& one, uint32_t threads) {
        return seriesParts(plan, ReadGoal::Windowed, one, threads);
    };
    CHECK(partsOf(range, 1) == std::vector<TimeRange>{range});
    CHECK(partsOf({kNow - kSplitSeriesNs, kNow}, 2).size() == 2);
    CHECK(partsOf({kNow - kSplitSeriesNs + 1, kNow}, 2).size() == 1);
    CHECK(partsOf({std::numeric_limits<int64_t>::min(), kNow}, 2).size() == 1);
    CHECK(partsOf({kNow + kHour, kNow + 9 * kHour}, 2).size() == 1);
}

TEST_CASE("metric split: what is folded over time or combined is not divided") {
    const TimeRange range = {kNow - 10 * kHour, kNow};
    for (const char* text : {"METRIC m[host=a] RATE AVG_OVER 5m SINCE 10h ago",
                             "METRIC m[host=a] RATE SUM SINCE 10h ago"}) {
        CHECK(seriesParts(planOf(text), ReadGoal::Windowed, range, 2).size() == 1);
    }
    const MetricPlan plan = planOf("METRIC m[host=a] RATE SINCE 10h ago");
    CHECK(seriesParts(plan, ReadGoal::Points, range, 2).size() == 1);
    CHECK(seriesParts(plan, ReadGoal::Latest, range, 2).size() == 1);
}

TEST_CASE("metric split: answers are those of one thread") {
    Fixture fixture;
    for (const char* text :
         {"METRIC m[host=a] RATE SINCE 10h ago", "METRIC m[host=a] DELTA SINCE 9h ago UNTIL 2h ago",
          "METRIC m[host=a] SINCE 10h ago", "METRIC m[host=a] RATE SINCE 10h ago WHERE value > 100",
          "METRIC m[host=a] SUM SINCE 10h ago", "METRIC m[host=a] RATE SINCE 40h ago"}) {
        CAPTURE(text);
        const auto alone = fixture.ask(text, 1);
        CHECK_FALSE(alone.empty());
        CHECK(fixture.ask(text, 2) == alone);
        CHECK(fixture.ask(text, 5) == alone);
    }
}

TEST_CASE("metric split: parts between which a sample came late are read again as a whole") {
    Fixture fixture;
    const MetricPlan plan = planOf("METRIC m[host=a] RATE SINCE 10h ago");
    MetricSeries series;
    series.type = wire::MetricType::Counter;
    series.parts = {{0, 1}};
    const TimeRange range = {kNow - 10 * kHour, kNow};
    const auto ranges = seriesParts(plan, ReadGoal::Windowed, range, 2);
    SeriesRead whole(plan, series, 1, ReadGoal::Windowed, range);
    Reading reading;
    SplitSeriesRead quiet(whole, ranges);
    CHECK_FALSE(quiet.join());  // nothing has been read
    for (SeriesRead* part : quiet.parts()) {
        reading.read(*part, fixture);
    }
    CHECK(quiet.join());
    CHECK(whole.points().size() == 599);

    SplitSeriesRead disturbed(whole, ranges);
    reading.read(*disturbed.parts()[0], fixture);
    fixture.store.addSample(1, ranges[1].since_ns - 1, 7);
    reading.read(*disturbed.parts()[1], fixture);
    CHECK_FALSE(disturbed.join());
}

}  // namespace evd::queryd
