#include "store/rollup_builder.h"

#include "common/base/text.h"
#include "common/db/metric_schema.h"
#include "common/db/schema.h"
#include "common/db/statements.h"
#include "store/database_files.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <random>

namespace evd::store {
namespace {

using wire::RollupFunction;

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kManyLooks = 1'000'000;

class Fixture {
  public:
    Fixture() {
        {
            auto created =
                db::Connection::createForWriting(directory / "metrics.db", db::kPageBytes);
            REQUIRE(created);
            REQUIRE(db::createMetricSchema(*created.value(), 0));
        }
        connection = open();
        REQUIRE(connection->execute("PRAGMA synchronous=OFF"));
        auto made = RollupBuilder::make(*connection);
        REQUIRE(made);
        builder = std::move(made).value();
    }
    std::unique_ptr<db::Connection> open() const {
        auto opened = db::Connection::openForWriting(directory / "metrics.db");
        REQUIRE(opened);
        return std::move(opened).value();
    }
    void series(int64_t id, int type) {
        REQUIRE(
            connection->execute(base::cat("INSERT INTO series VALUES (", id, ", 'm', 's=", id,
                                          "', ", type, ", 0, ", type == 2 ? "7" : "NULL", ")")));
    }
    void sample(int64_t series_id, int64_t seconds, double value) {
        REQUIRE(connection->execute(base::cat("INSERT INTO samples VALUES (", series_id, ", ",
                                              seconds * kSecondNs, ", ", value, ", NULL)")));
    }
    void run(const RollupKind& kind, int64_t from_s, int64_t until_s,
             uint64_t looks_max = kManyLooks) {
        auto pass = RollupBuilder::begin(kind, from_s * kSecondNs, until_s * kSecondNs);
        while (!pass.is_finished) {
            const auto work = builder->step(pass, looks_max);
            REQUIRE(work);
            windows_made += work.value().windows_made;
        }
    }
    // "series:start=value/count ..." in seconds.
    std::string rollups(const RollupKind& kind) const {
        auto query = connection->prepare(base::cat(
            "SELECT series_id, window_start / ", kSecondNs,
            ", value, sample_count FROM rollups WHERE function = ", static_cast<int>(kind.function),
            " AND window_seconds = ", kind.window_seconds, " ORDER BY series_id, window_start"));
        REQUIRE(query);
        std::string text;
        while (query.value()->step().value()) {
            const db::Statement& row = *query.value();
            text +=
                base::cat(text.empty() ? "" : " ", row.columnInteger(0), ':', row.columnInteger(1),
                          '=', row.columnFloat(2), '/', row.columnInteger(3));
        }
        return text;
    }

    test::TemporaryDirectory directory;
    std::unique_ptr<db::Connection> connection;
    std::unique_ptr<RollupBuilder> builder;
    uint64_t windows_made = 0;
};

constexpr RollupKind kAvg{RollupFunction::Avg, 10};
constexpr RollupKind kRate{RollupFunction::Rate, 10};

// Spec §11, disk full: a checkpoint must never need room that is not there.
TEST_CASE("rollup builder: the file has room for rollups before they are committed") {
    Fixture fixture;
    fixture.series(1, 1);
    REQUIRE(fixture.connection->execute(
        base::cat("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                  "INSERT INTO samples SELECT 1, i * ",
                  kAvg.windowNs(), ", i, NULL FROM n")));
    fixture.run(kAvg, 0, 100'000);
    CHECK(fixture.windows_made == 5'000);
    const auto pages = db::askInteger(*fixture.connection, "PRAGMA page_count");
    REQUIRE(pages);
    CHECK(fileBytes(fixture.directory / "metrics.db") >= *pages.value() * db::kPageBytes);
}

TEST_CASE("rollup builder: windows that are over get a value, the present one does not") {
    Fixture fixture;
    fixture.series(1, 1);
    for (const auto& [seconds, value] : {std::pair{10, 1.0}, {15, 2.0}, {30, 8.0}, {40, 5.0}}) {
        fixture.sample(1, seconds, value);
    }
    fixture.run(kAvg, 0, 45);
    CHECK(fixture.rollups(kAvg) == "1:10=1.5/2 1:30=8/1");
    fixture.run(kAvg, 0, 50);
    CHECK(fixture.rollups(kAvg) == "1:10=1.5/2 1:30=8/1 1:40=5/1");
    CHECK(fixture.windows_made == 3);
}

TEST_CASE("rollup builder: rates begin with the sample before the window, and are of counters") {
    Fixture fixture;
    fixture.series(1, 0);
    fixture.series(2, 1);
    fixture.series(3, 2);
    for (const int64_t series : {1, 2, 3}) {
        fixture.sample(series, 5, 100);
        fixture.sample(series, 15, 120);
        fixture.sample(series, 18, 3);  // a reset
    }
    fixture.run(kRate, 0, 100);
    CHECK(fixture.rollups(kRate) == base::cat("1:10=", 23.0 / 13, "/2"));
    fixture.run(kAvg, 0, 100);
    CHECK(fixture.rollups(kAvg) == base::cat("1:0=100/1 1:10=61.5/2 2:0=100/1 2:10=61.5/2"));
}

TEST_CASE("rollup builder: a pass in the smallest steps finds the same, and rows only once") {
    Fixture fixture;
    for (const int64_t series : {1, 5, 6}) {
        fixture.series(series, 0);
        for (int64_t at = 0; at < 60; at += 7) {
            fixture.sample(series, at, static_cast<double>(at * series));
        }
    }
    fixture.run(kAvg, 0, 60, 1);
    const std::string small = fixture.rollups(kAvg);
    fixture.run(kAvg, 0, 60);
    CHECK(fixture.rollups(kAvg) == small);
    CHECK(fixture.windows_made == 18);
}

TEST_CASE("rollup builder: before the epoch, and at the ends of time") {
    Fixture fixture;
    fixture.series(1, 1);
    fixture.sample(1, -15, 4);
    REQUIRE(fixture.connection->execute(
        "INSERT INTO samples VALUES (1, 9223372036854775807, 1, NULL)"));
    auto pass = RollupBuilder::begin(kAvg, std::numeric_limits<int64_t>::min(),
                                     std::numeric_limits<int64_t>::max());
    REQUIRE(fixture.builder->step(pass, kManyLooks));
    CHECK(pass.is_finished);
    CHECK(fixture.rollups(kAvg) == "1:-20=4/1");
}

TEST_CASE("rollup builder: what is no finite number is not stored") {
    Fixture fixture;
    fixture.series(1, 1);
    fixture.sample(1, 1, 1.7e308);
    fixture.sample(1, 2, 1.7e308);
    fixture.run({RollupFunction::Sum, 10}, 0, 100);
    CHECK(fixture.rollups({RollupFunction::Sum, 10}).empty());
}

TEST_CASE("rollup builder: the kinds that were ever built are known to the next lifetime") {
    Fixture fixture;
    fixture.series(1, 0);
    fixture.sample(1, 1, 1);
    fixture.sample(1, 2, 2);
    CHECK(storedRollupKinds(*fixture.connection).value().empty());
    fixture.run(kAvg, 0, 100);
    fixture.run(kRate, 0, 100);
    fixture.run({RollupFunction::Max, 1000}, 0, 100);  // makes nothing
    CHECK(storedRollupKinds(*fixture.open()).value() == RollupKinds{kAvg, kRate});
}

TEST_CASE("rollup builder: a step that fails leaves nothing and is done again") {
    Fixture fixture;
    fixture.series(1, 1);
    for (int64_t at = 0; at < 20'000; ++at) {
        fixture.sample(1, at, 1);
    }
    fixture.connection->setProgressCheck([] { return true; });
    auto pass = RollupBuilder::begin(kAvg, 0, 20'000 * kSecondNs);
    const auto stopped = fixture.builder->step(pass, kManyLooks);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == base::ErrorKind::Gone);
    fixture.connection->setProgressCheck({});
    CHECK(fixture.rollups(kAvg).empty());
    CHECK(pass.series_id == 0);
    REQUIRE(fixture.builder->step(pass, kManyLooks));
    CHECK(pass.is_finished);
}

// Ruling S9, against rollups made anew from what is there in the end.
TEST_CASE("rollup builder: late samples never leave a rollup that does not fit them") {
    const RollupKinds kinds = {kAvg,
                               kRate,
                               {RollupFunction::Delta, 20},
                               {RollupFunction::Min, 5},
                               {RollupFunction::Sum, 60}};
    for (uint32_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Fixture fixture;
        Fixture anew;
        auto made = RollupInvalidator::make(*fixture.connection);
        REQUIRE(made);
        for (const int64_t series : {1, 2}) {
            fixture.series(series, 0);
            anew.series(series, 0);
        }
        for (int round = 0; round < 30; ++round) {
            for (int count = 0; count < 8; ++count) {
                const auto series = static_cast<int64_t>(random() % 2) + 1;
                const auto at = static_cast<int64_t>(random() % 300);
                const auto value = static_cast<double>(random() % 100);
                fixture.sample(series, at, value);
                anew.sample(series, at, value);
                REQUIRE(made.value()->sampleCame(kinds, series, at * kSecondNs));
            }
            fixture.run(kinds[random() % kinds.size()], static_cast<int64_t>(random() % 100), 300);
        }
        for (const RollupKind& kind : kinds) {
            CAPTURE(rollupKindText(kind));
            fixture.run(kind, 0, 300);
            anew.run(kind, 0, 300);
            CHECK(fixture.rollups(kind) == anew.rollups(kind));
        }
    }
}

}  // namespace
}  // namespace evd::store
