#include "store/metric_database.h"

#include "common/wire/histogram.h"

#include "tests/unit/store/record_fixture.h"

#include <doctest/doctest.h>
#include <array>
#include <cmath>
#include <limits>

namespace evd::store {
namespace {

using test::RecordFixture;
using wire::MetricType;

class Fixture : public RecordFixture {
  public:
    explicit Fixture(uint64_t rows_max = 5'000) : RecordFixture(Kind::Metrics, rows_max) {
        openAndAttach();
    }
    // One sample, as a batch of its own.
    std::string add(std::string_view name, const std::string& labels, MetricType type,
                    double value = 1) {
        RecordBatch batch = make.begun(++number);
        make.addSample(batch, name, labels, type, 1'000, value);
        return write(std::move(batch));
    }
    std::string addHistogram(std::string_view name, std::vector<double> boundaries) {
        RecordBatch batch = make.begun(++number);
        make.addHistogram(batch, name, std::move(boundaries));
        return write(std::move(batch));
    }
    uint64_t number = 0;
};

TEST_CASE("metric database: NORMAL durability, WAL, and the specified file (Spec §7.2)") {
    RecordFixture fixture(RecordFixture::Kind::Metrics);
    fixture.open();
    CHECK(fixture.ask("PRAGMA journal_mode") == "wal");
    CHECK(fixture.ask("SELECT value FROM metadata WHERE key = 'schema_version'") == "1");
    CHECK(fixture.ask("SELECT value LIKE '20__-__-__T__:__:__%Z' FROM metadata "
                      "WHERE key = 'created_at'") == "1");
    auto database = MetricDatabase::open(fixture.path(), fixture.state, 0);
    REQUIRE(database);
    auto mode = database.value()->connection().prepare("PRAGMA synchronous");
    REQUIRE(mode);
    REQUIRE(mode.value()->step().value());
    CHECK(mode.value()->columnInteger(0) == 1);
}

TEST_CASE("metric database: samples find their series, a new one is made (Spec §7.1)") {
    Fixture fixture;
    CHECK(fixture.add("cpu.usage", "core=0,host=a", MetricType::Gauge, 0.5) == "ok");
    CHECK(fixture.add("cpu.usage", "core=1,host=a", MetricType::Gauge, 0.25) == "ok");
    CHECK(fixture.add("cpu.usage", "core=0,host=a", MetricType::Gauge, 0.75) == "ok");
    CHECK(fixture.add("cpu.usage", "", MetricType::Gauge, -1) == "ok");
    CHECK(fixture.ask("SELECT group_concat(series_id || '=' || value, ' ') FROM samples") ==
          "1=0.5 2=0.25 1=0.75 3=-1.0");
    CHECK(fixture.ask("SELECT name || ' ' || labels || ' ' || type || ' ' || (boundaries_hash IS "
                      "NULL) FROM series WHERE id = 1") == "cpu.usage core=0,host=a 1 1");
    CHECK(fixture.measure("metrics.series") == 3);
    CHECK(fixture.measure("metrics.cache_hits") == 1);
    CHECK(fixture.measure("metrics.cache_misses") == 3);
    // After a restart they are found in the database.
    fixture.openAndAttach();
    CHECK(fixture.measure("metrics.series") == 3);
    CHECK(fixture.add("cpu.usage", "core=1,host=a", MetricType::Gauge) == "ok");
    CHECK(fixture.ask("SELECT max(series_id) || ' ' || count(*) FROM samples WHERE rowid = 5") ==
          "2 1");
}

TEST_CASE("metric database: a series never changes its type, in either direction (Spec §6.3)") {
    Fixture fixture;
    CHECK(fixture.add("a", "", MetricType::Counter) == "ok");
    CHECK(fixture.addHistogram("h", {1, 2}) == "ok");
    CHECK(fixture.add("a", "", MetricType::Gauge) == "ok");
    CHECK(fixture.addHistogram("a", {1, 2}) == "ok");
    CHECK(fixture.add("h", "", MetricType::Gauge) == "ok");
    // And neither when the cache knows nothing.
    fixture.openAndAttach();
    CHECK(fixture.add("h", "", MetricType::Counter) == "ok");
    CHECK(fixture.add("a", "", MetricType::Gauge) == "ok");
    CHECK(fixture.measure("metrics.dropped_records") == 2);
    CHECK(fixture.ask("SELECT count(*) FROM samples") == "2");
    CHECK(fixture.ask("SELECT group_concat(name || type, ' ') FROM series") == "a0 h2");
}

TEST_CASE("metric database: other boundaries are another series (Spec §6.1)") {
    Fixture fixture;
    CHECK(fixture.addHistogram("h", {1, 2}) == "ok");
    CHECK(fixture.addHistogram("h", {1, 2, 3}) == "ok");
    CHECK(fixture.addHistogram("h", {1, 2}) == "ok");
    CHECK(
        fixture.ask(
            "SELECT group_concat(series_id) FROM (SELECT series_id FROM samples ORDER BY rowid)") ==
        "1,2,1");
    CHECK(fixture.ask("SELECT count(DISTINCT boundaries_hash) FROM series") == "2");
    auto connection = db::Connection::openForReading(fixture.path());
    REQUIRE(connection);
    auto query = connection.value()->prepare("SELECT histogram_data, value FROM samples LIMIT 1");
    REQUIRE(query);
    REQUIRE(query.value()->step().value());
    const auto histogram = wire::readHistogram(query.value()->columnBlob(0));
    REQUIRE(histogram);
    CHECK(histogram.value().boundaries == std::vector<double>{1, 2});
    CHECK(histogram.value().total_count == 1);
    CHECK(query.value()->columnFloat(1) == 0);
}

TEST_CASE("metric database: malformed samples are skipped, make no series, and are counted") {
    Fixture fixture;
    RecordBatch batch = fixture.make.begun(1);
    const auto bad = [&](std::string_view name, std::string labels, MetricType type, double value) {
        fixture.make.addSample(batch, name, std::move(labels), type, 1, value);
    };
    const std::string longest(wire::kMetricNameBytesMax, 'n');
    const std::string too_long(wire::kMetricNameBytesMax + 1, 'n');
    bad("", "", MetricType::Gauge, 1);
    bad("a\xff", "", MetricType::Gauge, 1);
    bad(too_long, "", MetricType::Gauge, 1);
    bad("a", "b=1,a=2", MetricType::Gauge, 1);
    bad("a", "name=x", MetricType::Gauge, 1);
    bad("a", "a=1,", MetricType::Gauge, 1);
    bad("a", "", MetricType::Gauge, std::numeric_limits<double>::infinity());
    bad("a", "", MetricType::Gauge, std::nan(""));
    bad("a", "", MetricType::Counter, -1);
    bad("a", "", MetricType::Histogram, 1);
    bad("a", "", static_cast<MetricType>(9), 1);
    fixture.make.addHistogram(batch, "h", {2, 1});
    fixture.make.addHistogram(batch, "h", {1});
    batch.samples.histograms.back().counts = {7};
    fixture.make.addHistogram(batch, "h", {1});
    batch.samples.samples.back().histogram = 99;
    fixture.make.addHistogram(batch, "g", {1});
    batch.samples.series.back().type = MetricType::Gauge;
    batch.samples.samples.push_back({77, 1, 1.0, std::nullopt});
    const int64_t malformed = static_cast<int64_t>(batch.rows());
    bad(longest, "", MetricType::Gauge, 1);
    CHECK(fixture.write(std::move(batch)) == "ok");
    CHECK(fixture.measure("metrics.skipped_records") == malformed);
    CHECK(fixture.measure("metrics.rows") == 1);
    CHECK(fixture.ask("SELECT count(*) FROM series") == "1");
}

TEST_CASE("metric database: labels that hash alike, or by another hash, stay what they are") {
    Fixture fixture;
    CHECK(fixture.add("a", "x=1", MetricType::Gauge) == "ok");
    CHECK(fixture.add("a", "x=2", MetricType::Gauge) == "ok");
    fixture.close();
    fixture.damage("UPDATE series SET label_hash = 5");
    fixture.openAndAttach();
    CHECK(fixture.add("a", "x=2", MetricType::Gauge) == "ok");
    CHECK(fixture.add("a", "x=3", MetricType::Gauge) == "ok");
    CHECK(fixture.add("a", "x=1", MetricType::Gauge) == "ok");
    CHECK(
        fixture.ask(
            "SELECT group_concat(series_id) FROM (SELECT series_id FROM samples ORDER BY rowid)") ==
        "1,2,2,3,1");
}

TEST_CASE("metric database: boundaries that hash alike are told apart, after a restart too") {
    Fixture fixture;
    fixture.close();
    fixture.state.hashes.boundaries = [](std::span<const double>) { return int64_t{-1}; };
    fixture.openAndAttach();
    for (int round = 0; round < 2; ++round) {
        CHECK(fixture.addHistogram("h", {1, 2}) == "ok");
        CHECK(fixture.addHistogram("h", {3, 4}) == "ok");
        CHECK(fixture.addHistogram("h", {1, 2}) == "ok");
        fixture.openAndAttach();
    }
    CHECK(
        fixture.ask(
            "SELECT group_concat(series_id) FROM (SELECT series_id FROM samples ORDER BY rowid)") ==
        "1,2,1,1,2,1");
    CHECK(fixture.ask("SELECT group_concat(boundaries_hash) FROM series") == "-1,0");
    for (int i = 0; i < SeriesResolver::kProbesMax; ++i) {
        CHECK(fixture.addHistogram("h", {10.0 + i}) == "ok");
    }
    CHECK(fixture.ask("SELECT count(*) FROM series") == base::cat(SeriesResolver::kProbesMax));
    CHECK(fixture.measure("metrics.skipped_records") == 2);
}

TEST_CASE("metric database: the lookup goes by the unique index, however many series there are") {
    Fixture fixture;
    CHECK(fixture.ask("EXPLAIN QUERY PLAN SELECT id FROM series WHERE name = 'a' AND labels = '' "
                      "AND boundaries_hash IS NULL LIMIT 1") != "");
    auto connection = db::Connection::openForReading(fixture.path());
    REQUIRE(connection);
    auto plan = connection.value()->prepare(
        "EXPLAIN QUERY PLAN SELECT id, type FROM series WHERE name = ?1 AND labels = ?2 AND "
        "boundaries_hash IS ?3 LIMIT 1");
    REQUIRE(plan);
    REQUIRE(plan.value()->step().value());
    CHECK(plan.value()->columnText(3).find("sqlite_autoindex_series_1 (name=? AND labels=?") !=
          std::string_view::npos);
}

TEST_CASE("metric database: 100,000 series with a cache of 1,000 entries") {
    Fixture fixture(100'000);
    fixture.close();
    fixture.state.cache_entries_max = 1'000;
    fixture.openAndAttach();
    for (uint64_t round = 1; round <= 2; ++round) {
        CHECK(fixture.write(fixture.make.gauges(round, 100'000, static_cast<int64_t>(round))) ==
              "ok");
    }
    CHECK(fixture.ask("SELECT count(*) FROM series") == "100000");
    CHECK(fixture.ask("SELECT count(*) FROM (SELECT series_id FROM samples GROUP BY series_id "
                      "HAVING count(*) = 2 AND min(value) = max(value))") == "100000");
    CHECK(fixture.measure("metrics.cache_entries") == 1'000);
    CHECK(fixture.measure("metrics.cache_misses") == 200'000);
    // A larger cache holds from the next batch on.
    fixture.state.cache_entries_max = 5'000;
    CHECK(fixture.write(fixture.make.gauges(3, 4'000)) == "ok");
    CHECK(fixture.write(fixture.make.gauges(4, 4'000)) == "ok");
    CHECK(fixture.measure("metrics.cache_entries") == 5'000);
    CHECK(fixture.measure("metrics.cache_hits") >= 4'000);
}

TEST_CASE("metric database: a transaction that fails leaves no series in the cache") {
    Fixture fixture;
    fixture.close();
    auto database = MetricDatabase::open(fixture.path(), fixture.state, 0);
    REQUIRE(database);
    const RecordBatch batch = fixture.make.gauges(1, 3);
    REQUIRE(database.value()->begin());
    REQUIRE(database.value()->insert(batch));
    database.value()->rollBack();
    CHECK(fixture.state.cache_entries == 0);
    CHECK(fixture.state.series == 0);
    REQUIRE(database.value()->begin());
    REQUIRE(database.value()->insert(batch));
    REQUIRE(database.value()->commit());
    CHECK(fixture.ask("SELECT count(*) FROM samples WHERE series_id IN (SELECT id FROM series)") ==
          "3");
}

TEST_CASE("metric database: a series that was deleted is made anew, whoever has its id now") {
    Fixture fixture;
    CHECK(fixture.add("a", "", MetricType::Gauge) == "ok");
    CHECK(fixture.add("b", "", MetricType::Gauge) == "ok");
    {
        // As retention does it.
        const ShardGate::Turn turn(*fixture.store().gate());
        fixture.damage("DELETE FROM samples WHERE series_id = 2; DELETE FROM series WHERE id = 2");
        fixture.state.removed_series.add(std::vector<int64_t>{2});
    }
    CHECK(fixture.add("c", "", MetricType::Gauge) == "ok");
    CHECK(fixture.add("b", "", MetricType::Gauge) == "ok");
    CHECK(fixture.ask(
              "SELECT group_concat(name || id, ' ') FROM (SELECT * FROM series ORDER BY id)") ==
          "a1 c2 b3");
    CHECK(
        fixture.ask(
            "SELECT group_concat(series_id) FROM (SELECT series_id FROM samples ORDER BY rowid)") ==
        "1,2,3");
    CHECK(fixture.measure("metrics.series") == 3);
}

TEST_CASE("metric database: series that retention only may have deleted are counted anew") {
    Fixture fixture;
    CHECK(fixture.add("a", "", MetricType::Gauge) == "ok");
    CHECK(fixture.add("b", "", MetricType::Gauge) == "ok");
    const std::array<int64_t, 1> first{1};
    fixture.state.removed_series.add(first, /*is_certain=*/false);
    CHECK(fixture.add("b", "", MetricType::Gauge) == "ok");
    CHECK(fixture.measure("metrics.series") == 2);
    fixture.state.removed_series.add(first, /*is_certain=*/true);
    CHECK(fixture.add("b", "", MetricType::Gauge) == "ok");
    CHECK(fixture.measure("metrics.series") == 1);
}

// Ruling S9: in the transaction of the sample, so that nobody ever sees the two together.
TEST_CASE("metric database: a sample that comes late takes the rollups of its time with it") {
    constexpr int64_t kMinuteNs = 60 * base::kNsPerSecond;
    Fixture fixture;
    const auto addAt = [&](int64_t timestamp_ns) {
        RecordBatch batch = fixture.make.begun(++fixture.number);
        fixture.make.addSample(batch, "a", "", MetricType::Counter, timestamp_ns, 1);
        return fixture.write(std::move(batch));
    };
    CHECK(addAt(10 * kMinuteNs) == "ok");
    CHECK(addAt(20 * kMinuteNs) == "ok");
    fixture.close();
    fixture.damage(
        "INSERT INTO metadata VALUES ('rollup_kinds', 'avg_60,rate_60');"
        "INSERT INTO metadata VALUES ('rollup_through.avg_60', '1800000000000');"
        "INSERT INTO metadata VALUES ('rollup_through.max_60', '60000000000');"
        "INSERT INTO rollups(series_id, function, window_seconds, window_start, value, "
        "sample_count) SELECT 1, f.value, 60, w.value * 60000000000, 1, 1 FROM json_each('[0,4]') "
        "AS f, json_each('[10,15,20]') AS w");
    fixture.openAndAttach();
    fixture.state.rollups.willBuildUntil(30 * kMinuteNs);
    CHECK(addAt(30 * kMinuteNs) == "ok");  // not late
    CHECK(fixture.ask("SELECT count(*) FROM rollups") == "6");
    CHECK(addAt(15 * kMinuteNs) == "ok");
    CHECK(fixture.ask("SELECT group_concat(function || ':' || (window_start / 60000000000), ' ') "
                      "FROM (SELECT * FROM rollups ORDER BY function, window_start)") ==
          "0:10 0:20 4:10");
    CHECK(fixture.state.rollups.takeLateSample() == 15 * kMinuteNs);
    // Whoever builds them next looks again from there on, wanted now or later.
    CHECK(fixture.ask("SELECT group_concat(value, ' ') FROM (SELECT value FROM metadata WHERE key "
                      "GLOB 'rollup_through.*' ORDER BY key)") == "900000000000 60000000000");
}

}  // namespace
}  // namespace evd::store
