#include "store/retention_sweep.h"

#include "store/boot.h"
#include "store/row_retention.h"
#include "store/shard_files.h"

#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <vector>

namespace evd::store {
namespace {

constexpr int64_t kDayNs = int64_t{86'400} * base::kNsPerSecond;

// Each look at it takes so long that batches keep the size they begin with.
class TickingClock final : public base::Clock {
  public:
    int64_t wallNs() const override { return wall_ns_; }
    int64_t monotonicNs() const override {
        return monotonic_ns_ += RetentionPace::kHoldWantedNs * 3 / 4;
    }
    void setWallNs(int64_t wall_ns) { wall_ns_ = wall_ns; }

  private:
    int64_t wall_ns_ = 0;
    mutable int64_t monotonic_ns_ = 0;
};

// A folder of databases written row by row, with the current boot 7.
class Fixture {
  public:
    Fixture() { boot.bytes.fill(7); }

    struct Rows {
        int64_t first_id = 1;
        int64_t count = 1;
        int64_t first_timestamp_ns = 0;
        int64_t step_ns = 1;
        size_t payload_bytes = 0;
        uint8_t of_boot = 7;
    };
    void add(uint16_t shard, const Rows& rows) const {
        base::Guid of_boot;
        of_boot.bytes.fill(rows.of_boot);
        auto opened = openShard(directory.path(), shard, of_boot, real_clock);
        REQUIRE(opened);
        ShardDatabase& database = *opened.value().database;
        const std::vector<uint8_t> payload(rows.payload_bytes, 0xc0);
        REQUIRE(database.begin());
        for (int64_t i = 0; i < rows.count; ++i) {
            const int64_t timestamp_ns = rows.first_timestamp_ns + i * rows.step_ns;
            REQUIRE(database.insert(
                {rows.first_id + i, timestamp_ns, uint16_t{0}, "a.b", payload, std::nullopt}));
        }
        database.account(0,
                         {static_cast<uint64_t>(rows.first_id),
                          static_cast<uint64_t>(rows.first_id + rows.count - 1)},
                         std::nullopt);
        REQUIRE(database.commit());
        REQUIRE(database.connection().checkpointPassive());
    }
    SweepFigures sweep(const RetentionLimits& limits) {
        const EventRetention kind(directory.path(), boot, {});
        RetentionSweep sweep(kind, clock);
        const auto done = sweep.run(
            limits, [](int64_t) { return true; }, [] { return false; });
        REQUIRE(done);
        return done.value();
    }
    std::string path(uint16_t shard) const {
        return base::cat(directory.path(), "/", db::shardFileName(shard));
    }
    std::string ask(uint16_t shard, const std::string& sql) const {
        return test::askFile(path(shard), sql);
    }
    int64_t liveBytes(uint16_t shard) const {
        const auto age =
            EventRetention(directory.path(), boot, {}).look(path(shard), 1, [] { return false; });
        REQUIRE(age);
        return age.value().live_bytes;
    }
    void change(uint16_t shard, const std::string& sql) const {
        auto connection = db::Connection::openForWriting(path(shard));
        REQUIRE(connection);
        REQUIRE(connection.value()->execute(sql));
    }

    test::TemporaryDirectory directory;
    base::SystemClock real_clock;
    TickingClock clock;
    base::Guid boot;
};

TEST_CASE("retention sweep: what is older than the days goes, whatever kind and shard it is of") {
    Fixture fixture;
    fixture.clock.setWallNs(100 * kDayNs);
    // Rows at days 0 to 99; those of day 70 are just not too old.
    fixture.add(0, {1, 100, 0, kDayNs});
    fixture.add(1, {201, 50, 0, kDayNs});
    const SweepFigures figures = fixture.sweep({30, 0, 0});
    CHECK(figures.removed_rows == 70 + 50);
    CHECK(figures.left_databases == 0);
    CHECK(fixture.ask(0, "SELECT count(*) || ' ' || min(id) FROM events") == "30 71");
    CHECK(fixture.ask(1, "SELECT count(*) FROM events") == "0");
    CHECK(fixture.sweep({30, 0, 0}).removed_rows == 0);
}

TEST_CASE(
    "retention sweep: by size the oldest of all shards go until the limit is kept (Ruling S8)") {
    Fixture fixture;
    // Interleaved: even times in one, odd ones in the other.
    fixture.add(0, {1, 4'000, 0, 2, 500});
    fixture.add(1, {10'001, 4'000, 1, 2, 500});
    const int64_t before = fixture.liveBytes(0) + fixture.liveBytes(1);
    const int64_t limit = before / 2;
    const SweepFigures figures = fixture.sweep({0, static_cast<uint64_t>(limit), 0});
    CHECK(figures.removed_rows > 3'000);
    CHECK(figures.removed_rows < 8'000);
    CHECK(fixture.liveBytes(0) + fixture.liveBytes(1) <= limit);
    // Nothing younger went while something older stayed, but for the last batch.
    const auto oldest0 = base::parseU64(fixture.ask(0, "SELECT min(timestamp) FROM events"));
    const auto oldest1 = base::parseU64(fixture.ask(1, "SELECT min(timestamp) FROM events"));
    const uint64_t apart = oldest0.value() > oldest1.value() ? oldest0.value() - oldest1.value()
                                                             : oldest1.value() - oldest0.value();
    CHECK(apart <= 2 * RetentionPace::kRowsFirst);
    CHECK(fixture.sweep({0, static_cast<uint64_t>(limit), 0}).removed_rows == 0);
}

TEST_CASE("retention sweep: equal timestamps beyond a batch go too") {
    Fixture fixture;
    fixture.clock.setWallNs(100 * kDayNs);
    fixture.add(0, {1, 3 * static_cast<int64_t>(RetentionPace::kRowsFirst), 5, 0});
    CHECK(fixture.sweep({1, 0, 0}).removed_rows == 3 * RetentionPace::kRowsFirst);
    fixture.add(0, {1'001, 3 * static_cast<int64_t>(RetentionPace::kRowsFirst), 5, 0});
    CHECK(fixture.sweep({0, 1, 0}).removed_rows == 3 * RetentionPace::kRowsFirst);
}

TEST_CASE("retention sweep: freed pages are reused, the file does not grow in steady state") {
    Fixture fixture;
    fixture.add(0, {1, 5'000, 1, 1, 500});
    const auto limit = static_cast<uint64_t>(fixture.liveBytes(0));
    uintmax_t after_warm_up = 0;
    for (int64_t round = 1; round <= 12; ++round) {
        fixture.add(0, {round * 10'000, 1'000, round * 10'000, 1, 500});
        fixture.sweep({0, limit, 0});
        if (round == 2) {
            after_warm_up = std::filesystem::file_size(fixture.path(0));
        }
    }
    CHECK(std::filesystem::file_size(fixture.path(0)) == after_warm_up);
    CHECK(fixture.ask(0, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("retention sweep: ids are not given out again when everything was deleted") {
    Fixture fixture;
    fixture.clock.setWallNs(100 * kDayNs);
    fixture.add(0, {1, 100, 0, 1});
    fixture.add(1, {101, 100, 0, 1});
    CHECK(fixture.sweep({1, 0, 0}).removed_rows == 200);
    const auto survey = surveyStores(fixture.directory.path(), fixture.boot, 0);
    REQUIRE(survey);
    CHECK(survey.value().last_id == 200);
    // A greater one that was noted already stays.
    fixture.change(0, "UPDATE metadata SET value = '5000' WHERE key = 'last_id'");
    fixture.add(0, {1'000, 1, 0, 1});
    fixture.sweep({1, 0, 0});
    CHECK(fixture.ask(0, "SELECT value FROM metadata WHERE key = 'last_id'") == "5000");
}

TEST_CASE("retention sweep: receipts of this boot stay, of others they go with their last event") {
    Fixture fixture;
    fixture.clock.setWallNs(100 * kDayNs);
    fixture.add(0, {1, 10, 0, kDayNs, 0, /*of_boot=*/6});
    fixture.add(0, {11, 100, 0, 1});
    fixture.sweep({95, 0, 0});
    CHECK(fixture.ask(0, "SELECT count(*) FROM receipts") == "2");
    fixture.sweep({1, 0, 0});
    CHECK(fixture.ask(0, "SELECT count(*) FROM events") == "0");
    CHECK(fixture.ask(0, "SELECT group_concat(hex(substr(boot_id, 1, 1))) FROM receipts") == "07");
    CHECK(fixture.ask(0, "SELECT event_type FROM event_types") == "a.b");
}

TEST_CASE("retention sweep: an unknown schema version is not written and does not count") {
    Fixture fixture;
    fixture.clock.setWallNs(100 * kDayNs);
    fixture.add(0, {1, 1'000, 0, 1, 1'000});
    fixture.add(1, {1'001, 10, 100 * kDayNs, 1});
    fixture.change(0, "UPDATE metadata SET value = '99' WHERE key = 'schema_version'");
    const auto limit = static_cast<uint64_t>(fixture.liveBytes(1));
    const SweepFigures figures = fixture.sweep({1, limit, 0});
    CHECK(figures.removed_rows == 0);
    CHECK(figures.left_databases == 1);
    CHECK(fixture.ask(0, "SELECT count(*) FROM events") == "1000");
    CHECK(fixture.ask(1, "SELECT count(*) FROM events") == "10");
}

TEST_CASE("retention sweep: databases that were put aside are swept where they can be") {
    Fixture fixture;
    fixture.clock.setWallNs(100 * kDayNs);
    fixture.add(0, {1, 100, 0, 1});
    const auto aside = quarantine(fixture.path(0), 5);
    REQUIRE(aside);
    fixture.add(0, {101, 100, 0, 1});
    std::filesystem::resize_file(fixture.path(0), 5'000);
    CHECK(fixture.sweep({1, 0, 0}).removed_rows == 100);
    CHECK(test::askFile(aside.value(), "SELECT count(*) FROM events") == "0");
}

TEST_CASE("retention sweep: more databases than are held open at a time") {
    Fixture fixture;
    fixture.clock.setWallNs(100 * kDayNs);
    const auto shards = static_cast<uint16_t>(2 * kRetentionOpenMax + 1);
    for (uint16_t shard = 0; shard < shards; ++shard) {
        fixture.add(shard, {shard * 100 + 1, 10, 0, 1});
    }
    CHECK(fixture.sweep({1, 0, 0}).removed_rows == 10 * uint64_t{shards});
}

TEST_CASE("retention sweep: a stop is honoured after the batch that is under way") {
    Fixture fixture;
    fixture.clock.setWallNs(100 * kDayNs);
    fixture.add(0, {1, 1'000, 0, 1});
    const EventRetention kind(fixture.directory.path(), fixture.boot, {});
    RetentionSweep sweep(kind, fixture.clock);
    const auto done = sweep.run(
        {1, 0, 0}, [](int64_t) { return false; }, [] { return false; });
    REQUIRE(done);
    CHECK(done.value().removed_rows == RetentionPace::kRowsFirst);
    const auto none = sweep.run(
        {1, 0, 0}, [](int64_t) { return true; }, [] { return true; });
    REQUIRE(none);
    CHECK(none.value().removed_rows == 0);
}

TEST_CASE("retention sweep: a database that its writer has replaced is let go of") {
    Fixture fixture;
    fixture.clock.setWallNs(100 * kDayNs);
    fixture.add(0, {1, 1'000, 0, 1});
    ShardGate gate;
    const EventRetention kind(fixture.directory.path(), fixture.boot, {{uint16_t{0}, &gate}});
    RetentionSweep sweep(kind, fixture.clock);
    const auto replaceOnce = [&](int64_t) {
        if (gate.replacements() == 0) {
            REQUIRE(quarantine(fixture.path(0), 5));
            fixture.add(0, {2'001, 10, 100 * kDayNs, 1});
            gate.noteReplaced();
        }
        return true;
    };
    const auto done = sweep.run({1, 0, 0}, replaceOnce, [] { return false; });
    REQUIRE(done);
    CHECK(done.value().removed_rows == 1'000);
    CHECK(fixture.ask(0, "SELECT count(*) || ' ' || min(id) FROM events") == "10 2001");
}

}  // namespace
}  // namespace evd::store
