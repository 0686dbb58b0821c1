#include "store/shard_database.h"

#include "common/db/schema.h"
#include "store/shard_files.h"

#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>

namespace evd::store {
namespace {

class Shard {
  public:
    Shard() { reopen(); }
    void reopen() {
        database_.reset();
        auto opened = openShard(directory_.path(), 0, boot_, clock_);
        REQUIRE(opened);
        database_ = std::move(opened.value().database);
    }
    ShardDatabase& operator*() { return *database_; }
    ShardDatabase* operator->() { return database_.get(); }
    std::string ask(const std::string& sql) const {
        return test::askFile(directory_ / "shard-0000.db", sql);
    }

    uintmax_t fileBytes() const { return std::filesystem::file_size(directory_ / "shard-0000.db"); }

  private:
    test::TemporaryDirectory directory_;
    base::SystemClock clock_;
    base::Guid boot_;
    std::unique_ptr<ShardDatabase> database_;
};

EventRow row(int64_t id, std::string_view type) {
    return {id, id * 10, std::nullopt, type, {}, std::nullopt};
}

TEST_CASE("shard database: rows, receipts and types become durable together or not at all") {
    Shard shard;
    REQUIRE(shard->begin());
    REQUIRE(shard->insert(row(1, "a")));
    shard->account(0, {1, 5}, std::nullopt);
    shard->rollBack();
    CHECK(shard.ask("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM receipts) + "
                    "(SELECT count(*) FROM event_types)") == "0");
    REQUIRE(shard->begin());
    REQUIRE(shard->insert(row(2, "a")));
    shard->account(0, {1, 5}, std::nullopt);
    REQUIRE(shard->setMetadata("k", "v"));
    REQUIRE(shard->commit());
    CHECK(shard.ask("SELECT (SELECT id FROM events) || (SELECT last_sequence FROM receipts) || "
                    "(SELECT event_type FROM event_types) || "
                    "(SELECT value FROM metadata WHERE key = 'k')") == "25av");
}

TEST_CASE("shard database: the file has room for every page that a commit puts into the log") {
    Shard shard;
    const std::vector<uint8_t> payload(100'000, 0xc0);
    for (int64_t id = 1; id <= 40; ++id) {
        REQUIRE(shard->begin());
        REQUIRE(shard->insert({id, id, std::nullopt, "a", payload, std::nullopt}));
        if (id % 3 == 0) {
            shard->rollBack();
            continue;
        }
        REQUIRE(shard->commit());
        if (id % 5 == 0) {
            // Another connection's checkpoint may cut the file to what is committed.
            auto other = db::Connection::openForWriting(shard->path());
            REQUIRE(other);
            REQUIRE(other.value()->checkpointPassive());
        }
        const auto pages = base::parseU64(shard.ask("SELECT page_count FROM pragma_page_count"));
        CHECK(shard.fileBytes() >= pages.value() * db::kPageBytes);
    }
    CHECK(shard.fileBytes() > 2 * static_cast<uintmax_t>(kFileGrowthBytes));
}

TEST_CASE("shard database: any number of rows around a full statement arrives") {
    for (const size_t count : {size_t{1}, kRowsPerInsert - 1, kRowsPerInsert, kRowsPerInsert + 1,
                               3 * kRowsPerInsert + 5}) {
        CAPTURE(count);
        Shard shard;
        REQUIRE(shard->begin());
        for (size_t index = 1; index <= count; ++index) {
            REQUIRE(shard->insert(row(static_cast<int64_t>(index), "a")));
        }
        REQUIRE(shard->commit());
        CHECK(shard.ask("SELECT count(*) || ' ' || sum(timestamp = id * 10) FROM events") ==
              base::cat(count, " ", count));
    }
}

TEST_CASE("shard database: rows go in through statements that were prepared once (Spec §2.4)") {
    Shard shard;
    // What SQLite knows of the statements of this connection: how many there are of those that
    // insert events, how often they ran, and how often they had to be made anew.
    const auto inserts = [&] {
        auto query = shard->connection().prepare(
            "SELECT count(*) || ' ' || sum(run) || ' ' || sum(reprep) FROM sqlite_stmt "
            "WHERE sql LIKE 'INSERT%INTO events(%'");
        REQUIRE(query);
        REQUIRE(query.value()->step().value());
        return std::string(query.value()->columnText(0));
    };
    if (!shard->connection().prepare("SELECT 1 FROM sqlite_stmt")) {
        MESSAGE("this SQLite does not tell of its statements, left out");
        return;
    }
    CHECK(inserts() == "2 0 0");
    for (int64_t id = 1; id <= 10; ++id) {
        REQUIRE(shard->begin());
        REQUIRE(shard->insert(row(id, "a")));
        REQUIRE(shard->commit());
    }
    CHECK(inserts() == "2 10 0");
}

TEST_CASE("shard database: rows held back when a transaction fails are not in the next one") {
    Shard shard;
    REQUIRE(shard->begin());
    for (int64_t id = 1; id <= 5; ++id) {
        REQUIRE(shard->insert(row(id, "a")));
    }
    shard->rollBack();
    REQUIRE(shard->begin());
    REQUIRE(shard->insert(row(6, "b")));
    REQUIRE(shard->commit());
    CHECK(shard.ask("SELECT group_concat(id) FROM events") == "6");
    CHECK(shard.ask("SELECT group_concat(event_type) FROM event_types") == "b");
}

TEST_CASE("shard database: receipts of earlier lifetimes are merged with, not repeated") {
    Shard shard;
    for (uint64_t first = 1; first <= 41; first += 10) {
        REQUIRE(shard->begin());
        shard->account(3, {first, first + 9}, std::nullopt);
        REQUIRE(shard->commit());
        shard.reopen();
    }
    CHECK(shard.ask("SELECT count(*) || ' ' || min(first_sequence) || ' ' || max(last_sequence) "
                    "FROM receipts") == "1 1 50");
}

TEST_CASE("shard database: receipts in any order end up merged") {
    Shard shard;
    for (const base::Interval interval :
         {base::Interval{21, 30}, {1, 10}, {41, 50}, {11, 20}, {35, 37}}) {
        REQUIRE(shard->begin());
        shard->account(0, interval, std::nullopt);
        REQUIRE(shard->commit());
    }
    CHECK(shard.ask("SELECT group_concat(first_sequence || '-' || last_sequence) FROM receipts") ==
          "1-30,35-37,41-50");
}

TEST_CASE("shard database: a type is catalogued once, whoever brings it and however often") {
    Shard shard;
    for (int64_t round = 0; round < 3; ++round) {
        REQUIRE(shard->begin());
        REQUIRE(shard->insert(row(round * 3 + 1, "a")));
        REQUIRE(shard->insert(row(round * 3 + 2, "b")));
        REQUIRE(shard->insert(row(round * 3 + 3, "a")));
        REQUIRE(shard->commit());
        shard.reopen();
    }
    CHECK(shard.ask("SELECT group_concat(event_type) FROM event_types") == "a,b");
}

TEST_CASE("shard database: more types than are remembered are catalogued all the same") {
    Shard shard;
    std::vector<std::string> types;
    for (size_t index = 0; index < kKnownTypesMax + 10; ++index) {
        types.push_back(base::cat("t", index));
    }
    REQUIRE(shard->begin());
    int64_t id = 0;
    for (const std::string& type : types) {
        REQUIRE(shard->insert(row(++id, type)));
    }
    REQUIRE(shard->insert(row(++id, types.front())));
    REQUIRE(shard->commit());
    CHECK(shard.ask("SELECT count(*) FROM event_types") == base::cat(kKnownTypesMax + 10));
}

TEST_CASE("shard database: after a full disk the next smaller transaction is stored") {
    Shard shard;
    REQUIRE(shard->connection().execute("PRAGMA max_page_count=30"));
    const std::vector<uint8_t> payload(1'000'000, 1);
    REQUIRE(shard->begin());
    EventRow large = row(1, "a");
    large.payload = payload;
    auto outcome = shard->insert(large);
    outcome = outcome ? shard->commit() : outcome;
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == base::ErrorKind::Io);
    shard->rollBack();
    REQUIRE(shard->begin());
    REQUIRE(shard->insert(row(2, "a")));
    REQUIRE(shard->commit());
    CHECK(shard.ask("SELECT group_concat(id) FROM events") == "2");
}

}  // namespace
}  // namespace evd::store
