#include "common/base/text.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/fake_clock.h"
#include "tests/support/metric_store.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <atomic>
#include <utility>
#include <vector>

namespace evd::queryd {
namespace {

class RollupList final : public StoreControl {
  public:
    void filtered(const std::vector<std::string>&) override { ++filters; }
    void rollupAsked(wire::RollupFunction function, uint32_t window_seconds) override {
        rollups.emplace_back(function, window_seconds);
    }
    base::Result<void> index(const std::string&, int64_t, const std::atomic<bool>*) override {
        return {};
    }
    std::vector<std::pair<wire::RollupFunction, uint32_t>> rollups;
    int filters = 0;
};

// Two gauges with a sample a second.
struct Fixture {
    explicit Fixture(int64_t samples = 10, uint64_t memory_bytes_max = 256 * 1024 * 1024) {
        store.begin();
        for (const char* host : {"host=a", "host=b"}) {
            const int64_t series = store.addSeries("m", host, wire::MetricType::Gauge);
            for (int64_t i = 0; i < samples; ++i) {
                store.addSample(series, test::FakeClock::kStartWallNs - i * base::kNsPerSecond, 1);
            }
        }
        store.commit();
        EngineConfig config;
        config.event_store_path = folder.path();
        config.metric_store_path = folder / "metrics.db";
        config.metric_staleness_ms = &staleness_ms;
        config.memory_bytes_max = memory_bytes_max;
        engine = makeQueryEngine(config, clock, signal, &control);
    }
    base::Result<void> run(std::string_view text, RunOptions options = {}, bool sees = true) {
        const auto prepared = engine->prepare(text);
        REQUIRE(prepared.ok());
        CHECK_FALSE(prepared.value()->streaming());
        options.caller.administrator = sees;
        return engine->run(*prepared.value(), options, records);
    }

    test::TemporaryDirectory folder;
    test::TestMetricStore store{folder / "metrics.db"};
    test::FakeClock clock;
    CountingSignal signal;
    RollupList control;
    std::atomic<int64_t> staleness_ms{kMetricStalenessDefaultMs};
    test::RecordList records;
    std::unique_ptr<QueryEngine> engine;
};

// Spec §7.4, rollup registry.
TEST_CASE("metric question: the rollup it could use is told once, whether it is there or not") {
    Fixture fixture;
    CHECK(fixture.run("METRIC m[] SINCE 1h ago AVG_OVER 5m").ok());
    CHECK(fixture.run("METRIC m[] SINCE 1h ago").ok());
    CHECK(fixture.run("METRIC m[] SINCE 1h ago MAX AVG_OVER 5m").ok());
    using Asked = std::vector<std::pair<wire::RollupFunction, uint32_t>>;
    CHECK(fixture.control.rollups == Asked{{wire::RollupFunction::Avg, 300}});
    CHECK(fixture.control.filters == 0);  // the metric store has fixed indexes
}

TEST_CASE("metric question: who may see nothing gets an empty answer and has no say (A2)") {
    Fixture fixture;
    CHECK(fixture.run("METRIC m[] SINCE 1h ago AVG_OVER 5m", {}, /*sees=*/false).ok());
    CHECK(fixture.records.complete());
    CHECK(fixture.records.lines().empty());
    CHECK(fixture.control.rollups.empty());
}

TEST_CASE("metric question: MetricStalenessMs applies at once") {
    Fixture fixture;
    const int64_t series = fixture.store.addSeries("m", "host=c", wire::MetricType::Gauge);
    fixture.store.addSample(series, test::FakeClock::kStartWallNs - 30 * base::kNsPerSecond, 100);
    CHECK(fixture.run("METRIC m SUM SELECT value").ok());
    fixture.staleness_ms = 29'999;
    CHECK(fixture.run("METRIC m SUM SELECT value").ok());
    CHECK(fixture.records.lines() ==
          std::vector<std::string>{"{\"value\":102.0}", "{\"value\":2.0}"});
}

TEST_CASE("metric question: past its deadline or cancelled it ends with the reason") {
    Fixture fixture;
    RunOptions late;
    late.deadline_monotonic_ns = 1;
    CHECK(fixture.run("METRIC m[]", late).error().kind == base::ErrorKind::Busy);
    const std::atomic<bool> cancelled{true};
    RunOptions gone;
    gone.cancelled = &cancelled;
    CHECK(fixture.run("METRIC m[]", gone).error().kind == base::ErrorKind::Gone);
    CHECK(fixture.records.lines().empty());
}

TEST_CASE("metric question: points beyond the memory budget are refused, windows need little") {
    Fixture fixture(/*samples=*/20'000, /*memory_bytes_max=*/512 * 1024);
    const auto refused = fixture.run("METRIC m[] SINCE 1d ago");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == base::ErrorKind::Busy);
    CHECK(fixture.records.lines().empty());
    CHECK(fixture.run("METRIC m[] SINCE 1d ago SUM_OVER 1d SELECT value").ok());
    CHECK(fixture.records.lines().size() == 4);  // midnight is the present: two days
}

TEST_CASE("metric question: a damaged database is left out, the rest is answered") {
    Fixture fixture;
    FILE* garbage = std::fopen((fixture.folder / "metrics.corrupt-5.db").c_str(), "w");
    REQUIRE(garbage != nullptr);
    std::fputs("this is no database, and never was, whatever its name may say", garbage);
    std::fclose(garbage);
    CHECK(fixture.run("METRIC m[] SELECT host").ok());
    CHECK(fixture.records.lines().size() == 2);
}

}  // namespace
}  // namespace evd::queryd
