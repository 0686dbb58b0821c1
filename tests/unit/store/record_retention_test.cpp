#include "store/metric_retention.h"
#include "store/retention.h"
#include "store/row_retention.h"

#include "tests/unit/store/record_fixture.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace evd::store {
namespace {

using test::RecordFixture;

constexpr int64_t kDayNs = int64_t{86'400} * base::kNsPerSecond;

class DayClock final : public base::Clock {
  public:
    explicit DayClock(int64_t day) : wall_ns_(day * kDayNs) {}
    int64_t wallNs() const override { return wall_ns_; }
    int64_t monotonicNs() const override { return real_.monotonicNs(); }

  private:
    const int64_t wall_ns_;
    base::SystemClock real_;
};

SweepFigures sweep(const RetentionKind& kind, const RetentionLimits& limits, int64_t day = 100) {
    const DayClock clock(day);
    RetentionSweep sweep(kind, clock);
    const auto done = sweep.run(
        limits, [](int64_t) { return true; }, [] { return false; });
    REQUIRE(done);
    return done.value();
}

TEST_CASE("record retention: logs older than the limit go, and ids go on behind them (Spec §5.3)") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    RecordStore& store = fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(1, 1'000, "a", 10 * kDayNs)) == "ok");
    const LogRetention kind(fixture.path(), store.gate());
    CHECK(sweep(kind, {91, 0, 0}).removed_rows == 0);
    CHECK(sweep(kind, {89, 0, 0}).removed_rows == 1'000);
    CHECK(fixture.ask("SELECT count(*) FROM logs") == "0");
    CHECK(fixture.write(fixture.make.logs(2, 1)) == "ok");
    CHECK(fixture.ask("SELECT id FROM logs") == "1001");
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(3, 1)) == "ok");
    CHECK(fixture.ask("SELECT max(id) FROM logs") == "1002");
}

TEST_CASE("record retention: rows go in batches, each durable before the next (Spec §5.3, §7.3)") {
    constexpr size_t kRows = 1'000;
    for (const auto of : {RecordFixture::Kind::Logs, RecordFixture::Kind::Metrics}) {
        RecordFixture fixture(of);
        RecordStore& store = fixture.openAndAttach();
        CHECK(fixture.write(fixture.batch(1, kRows)) == "ok");
        std::unique_ptr<RetentionKind> kind;
        if (fixture.isLogs()) {
            kind = std::make_unique<LogRetention>(fixture.path(), store.gate());
        } else {
            kind = std::make_unique<MetricRetention>(fixture.path(), store.gate(),
                                                     fixture.state.removed_series);
        }
        std::vector<std::string> left;  // as others see it while it rests
        const auto rest = [&](int64_t) {
            left.push_back(fixture.ask(fixture.countSql()));
            return left.size() < 2;
        };
        const DayClock clock(100);
        RetentionSweep sweep(*kind, clock);
        REQUIRE(sweep.run({1, 0, 0}, rest, [] { return false; }));
        REQUIRE(left.size() == 2);
        const uint64_t first = base::parseU64(left[0]).value();
        const uint64_t second = base::parseU64(left[1]).value();
        CHECK(first < kRows);
        CHECK(second < first);
        CHECK(second > 0);
    }
}

TEST_CASE("record retention: by size the oldest log records go, those put aside included") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(1, 4'000, "a", 0)) == "ok");
    fixture.close();
    REQUIRE(quarantine(fixture.path(), 5));
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(2, 4'000, "a", kDayNs)) == "ok");
    const LogRetention kind(fixture.path(), fixture.store().gate());
    const auto age = kind.look(fixture.path(), 1, [] { return false; });
    REQUIRE(age);
    const auto bytes = static_cast<uint64_t>(age.value().live_bytes);
    CHECK(sweep(kind, {0, bytes * 3 / 2, 0}).removed_rows > 0);
    CHECK(fixture.ask("SELECT count(*) FROM logs") == "4000");
    const std::string aside = fixture.folder() + "/logs.corrupt-5.db";
    CHECK(test::askFile(aside, "SELECT count(*) FROM logs") != "4000");
}

TEST_CASE("record retention: a store of unknown version is left as it is") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(1, 10)) == "ok");
    fixture.close();
    fixture.damage("UPDATE metadata SET value = '99' WHERE key = 'schema_version'");
    const LogRetention kind(fixture.path(), nullptr);
    const SweepFigures figures = sweep(kind, {1, 0, 0});
    CHECK(figures.removed_rows == 0);
    CHECK(figures.left_databases == 1);
    CHECK(fixture.ask("SELECT count(*) FROM logs") == "10");
}

class Metrics : public RecordFixture {
  public:
    explicit Metrics() : RecordFixture(Kind::Metrics, 100'000) { openAndAttach(); }
    SweepFigures sweepThem(const RetentionLimits& limits) {
        const MetricRetention kind(path(), store().gate(), state.removed_series);
        return sweep(kind, limits);
    }
};

TEST_CASE("record retention: old samples go, and series that have none left (Spec §7.3)") {
    Metrics fixture;
    CHECK(fixture.write(fixture.make.gauges(1, 300, 10 * kDayNs, "old")) == "ok");
    CHECK(fixture.write(fixture.make.gauges(2, 300, 10 * kDayNs, "both")) == "ok");
    CHECK(fixture.write(fixture.make.gauges(3, 300, 99 * kDayNs, "both")) == "ok");
    CHECK(fixture.sweepThem({91, 0, 0}).removed_rows == 0);
    CHECK(fixture.sweepThem({30, 0, 0}).removed_rows == 600);
    CHECK(fixture.ask("SELECT count(*) || ' ' || min(name) FROM series") == "300 both");
    CHECK(fixture.ask("SELECT count(*) FROM samples") == "300");
    // The writer has forgotten what is gone.
    CHECK(fixture.write(fixture.make.gauges(4, 300, 99 * kDayNs, "old")) == "ok");
    CHECK(fixture.ask("SELECT count(*) FROM samples WHERE series_id NOT IN (SELECT id FROM "
                      "series)") == "0");
    CHECK(fixture.ask("SELECT count(*) FROM series WHERE name = 'old'") == "300");
    CHECK(fixture.measure("metrics.series") == 600);
}

TEST_CASE("record retention: rollups of windows that lose samples go with them") {
    Metrics fixture;
    RecordBatch batch = fixture.make.begun(1);
    for (const int64_t second : {10, 70, 100, 200}) {
        fixture.make.addSample(batch, "a", "", wire::MetricType::Gauge,
                               90 * kDayNs + second * base::kNsPerSecond, 1);
    }
    CHECK(fixture.write(std::move(batch)) == "ok");
    fixture.close();
    // The rate of the window that begins with the oldest sample left has lost its first pair.
    const auto rollup = [](int function, int window, int64_t start_second) {
        return base::cat(
            "INSERT INTO rollups(series_id, function, window_seconds, window_start, "
            "value, sample_count) VALUES (1, ",
            function, ", ", window, ", ", 90 * kDayNs + start_second * base::kNsPerSecond,
            ", 1, 1);");
    };
    fixture.damage(rollup(0, 60, 0) + rollup(0, 60, 60) + rollup(0, 60, 180) + rollup(5, 3600, 0) +
                   rollup(5, 60, 180) + rollup(4, 100, 100) + rollup(0, 100, 100));
    fixture.openAndAttach();
    // Ten days before day 100 and 80 seconds.
    const MetricRetention kind(fixture.path(), fixture.store().gate(),
                               fixture.state.removed_series);
    auto database = kind.open({fixture.path(), fixture.store().gate()});
    REQUIRE(database);
    REQUIRE(database.value()->survey());
    const auto removed =
        database.value()->removeOldest(90 * kDayNs + 80 * base::kNsPerSecond, 1'000);
    REQUIRE(removed);
    CHECK(removed.value() == 2);
    CHECK(fixture.ask("SELECT group_concat(function || '/' || window_seconds) FROM (SELECT * FROM "
                      "rollups WHERE window_start > 0 ORDER BY id)") == "0/60,5/60,0/100");
}

TEST_CASE("record retention: by size the oldest samples of all series go first") {
    Metrics fixture;
    // Later series number, older samples.
    for (uint64_t number = 1; number <= 40; ++number) {
        RecordBatch batch = fixture.make.begun(number);
        for (int64_t i = 0; i < 500; ++i) {
            const int64_t minute = static_cast<int64_t>(40 - number) * 500 + i;
            fixture.make.addSample(batch, "a", base::cat("n=", number), wire::MetricType::Gauge,
                                   minute * 60 * base::kNsPerSecond, 1);
        }
        CHECK(fixture.write(std::move(batch)) == "ok");
    }
    const MetricRetention kind(fixture.path(), fixture.store().gate(),
                               fixture.state.removed_series);
    const auto age = kind.look(fixture.path(), 1, [] { return false; });
    REQUIRE(age);
    const auto bytes = static_cast<uint64_t>(age.value().live_bytes);
    CHECK(sweep(kind, {0, bytes / 2, 0}).removed_rows > 5'000);
    // What is left are the newest minutes without a hole.
    CHECK(fixture.ask("SELECT max(timestamp) / 60000000000 - min(timestamp) / 60000000000 + 1 - "
                      "count(*) FROM samples") == "0");
    CHECK(fixture.ask("SELECT max(timestamp) / 60000000000 FROM samples") == "19999");
    CHECK(fixture.ask("SELECT count(*) FROM series WHERE id NOT IN (SELECT series_id FROM "
                      "samples)") == "0");
    const auto now = kind.look(fixture.path(), 1, [] { return false; });
    REQUIRE(now);
    CHECK(static_cast<uint64_t>(now.value().live_bytes) <= bytes / 2);
}

TEST_CASE("record retention: it runs beside a writer, which goes on and loses nothing") {
    Metrics fixture;
    std::vector<RetentionPart> parts;
    parts.push_back({std::make_unique<MetricRetention>(fixture.path(), fixture.store().gate(),
                                                       fixture.state.removed_series),
                     {1, 0, 0}});
    Retention retention(std::move(parts), fixture.clock);
    std::vector<wire::Measure> measures;
    const auto deleted = [&] {
        measures.clear();
        retention.addMeasures(measures);
        return std::find_if(measures.begin(), measures.end(),
                            [](const wire::Measure& measure) {
                                return measure.name == "retention.deleted_rows";
                            })
            ->value;
    };
    const int64_t begun_ns = fixture.clock.monotonicNs();
    uint64_t number = 0;
    // All of it is due at once, and its series are gone and made again all the time.
    while (deleted() < 20'000 && fixture.clock.monotonicNs() - begun_ns < 60 * base::kNsPerSecond) {
        retention.wake();
        ++number;
        REQUIRE(fixture.write(fixture.make.gauges(number, 500, static_cast<int64_t>(number))) ==
                "ok");
        CHECK(fixture.ask("SELECT count(*) FROM samples WHERE series_id NOT IN (SELECT id FROM "
                          "series)") == "0");
    }
    CHECK(deleted() >= 20'000);
    retention.stop();
    CHECK(fixture.measure("metrics.failed_batches") == 0);
    CHECK(fixture.measure("metrics.rows") == static_cast<int64_t>(number * 500));
}

}  // namespace
}  // namespace evd::store
