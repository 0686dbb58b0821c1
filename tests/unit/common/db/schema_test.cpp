#include "common/db/schema.h"

#include "common/base/guid.h"
#include "common/base/text.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <limits>

namespace evd::db {
namespace {

using base::ErrorKind;

class Shard {
  public:
    Shard() {
        auto created = Connection::createForWriting(directory_.path() + "/a.db", kPageBytes);
        REQUIRE(created);
        connection_ = std::move(created).value();
        REQUIRE(createEventSchema(*connection_, 1'700'000'000'123'456'789));
    }
    Connection& connection() { return *connection_; }
    std::string one(std::string_view sql) {
        auto query = connection_->prepare(sql);
        REQUIRE(query);
        REQUIRE(query.value()->step().value());
        return std::string(query.value()->columnText(0));
    }

  private:
    test::TemporaryDirectory directory_;
    std::unique_ptr<Connection> connection_;
};

TEST_CASE("schema: a new shard passes its own check and says what it is") {
    Shard shard;
    CHECK(verifyEventSchema(shard.connection()));
    CHECK(shard.connection().pageBytes() == kPageBytes);
    CHECK(shard.one("SELECT value FROM metadata WHERE key = 'schema_version'") == "1");
    CHECK(shard.one("SELECT value FROM metadata WHERE key = 'created_at'") ==
          "2023-11-14T22:13:20.123456789Z");
}

TEST_CASE("schema: the event table has exactly the columns of the specification, in order") {
    Shard shard;
    CHECK(shard.one("SELECT group_concat(name || ' ' || type || ' ' || \"notnull\", ', ') "
                    "FROM pragma_table_info('events')") ==
          "id INTEGER 0, boot_id BLOB 1, timestamp INTEGER 1, cpu_id INTEGER 0, "
          "sequence INTEGER 0, origin_class INTEGER 0, event_type TEXT 1, "
          "effective_token_guid BLOB 0, true_token_guid BLOB 0, process_guid BLOB 0, "
          "payload BLOB 0");
    CHECK(
        shard.one("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL") ==
        "1");
}

TEST_CASE("schema: people read times and GUIDs in the readable views") {
    Shard shard;
    const auto guid = base::parseGuid("{00112233-4455-6677-8899-aabbccddeeff}");
    REQUIRE(guid);
    auto insert = shard.connection().prepare(
        "INSERT INTO events(id, boot_id, timestamp, event_type) VALUES (7, ?1, ?2, 'a.b')");
    REQUIRE(insert);
    insert.value()->bindBlob(1, guid.value().bytes);
    insert.value()->bindInteger(2, 1'700'000'000'000'000'042);
    REQUIRE(insert.value()->step());
    CHECK(shard.one("SELECT boot_id FROM events_readable") ==
          "{00112233-4455-6677-8899-aabbccddeeff}");
    CHECK(shard.one("SELECT timestamp FROM events_readable") == "2023-11-14T22:13:20.000000042Z");
    CHECK(shard.one("SELECT process_guid IS NULL FROM events_readable") == "1");
    CHECK(shard.one("SELECT count(*) FROM receipts_readable") == "0");
    CHECK(shard.one("SELECT count(*) FROM event_types_readable") == "0");
    CHECK(shard.one("SELECT count(*) FROM metadata_readable") == "2");
}

TEST_CASE("schema: another version is Unsupported") {
    Shard shard;
    REQUIRE(
        shard.connection().execute("UPDATE metadata SET value = '2' WHERE key = 'schema_version'"));
    const auto verdict = verifyEventSchema(shard.connection());
    REQUIRE_FALSE(verdict);
    CHECK(verdict.error().kind == ErrorKind::Unsupported);
}

TEST_CASE("schema: a missing table, column, index or version is Corrupt") {
    for (const char* damage :
         {"DROP TABLE events", "DROP TABLE metadata", "DELETE FROM metadata",
          "DROP INDEX idx_events_timestamp",
          "DROP VIEW events_readable; ALTER TABLE events DROP COLUMN payload"}) {
        CAPTURE(damage);
        Shard shard;
        REQUIRE(shard.connection().execute(damage));
        const auto verdict = verifyEventSchema(shard.connection());
        REQUIRE_FALSE(verdict);
        CHECK(verdict.error().kind == ErrorKind::Corrupt);
    }
}

TEST_CASE("schema: what we add is made where it is missing and left alone where it is not") {
    Shard shard;
    REQUIRE(
        shard.connection().execute("DROP VIEW receipts_readable; DROP TABLE receipts; "
                                   "INSERT INTO event_types VALUES ('a.b')"));
    REQUIRE(verifyEventSchema(shard.connection()));
    REQUIRE(completeEventSchema(shard.connection()));
    CHECK(shard.one("SELECT count(*) FROM receipts_readable") == "0");
    CHECK(shard.one("SELECT event_type FROM event_types") == "a.b");
    CHECK(completeEventSchema(shard.connection()));
}

TEST_CASE("schema: readable times are exact at the ends of their range and before the epoch") {
    Shard shard;
    for (const int64_t timestamp :
         {int64_t{0}, int64_t{999'999'999}, int64_t{-1}, int64_t{-1'000'000'000},
          int64_t{1'700'000'000'123'456'789}, std::numeric_limits<int64_t>::max()}) {
        CAPTURE(timestamp);
        REQUIRE(shard.connection().execute(
            base::cat("INSERT OR REPLACE INTO events(id, boot_id, timestamp, event_type) "
                      "VALUES (1, zeroblob(16), ",
                      timestamp, ", 't')")));
        CHECK(shard.one("SELECT timestamp FROM events_readable") == base::formatIsoTime(timestamp));
    }
}

TEST_CASE("schema: every table has a readable view with the same columns") {
    Shard shard;
    for (const char* table : {"events", "metadata", "receipts", "event_types"}) {
        CAPTURE(table);
        const auto columns = [&](const std::string& of) {
            return shard.one("SELECT group_concat(name) FROM pragma_table_info('" + of + "')");
        };
        CHECK(columns(table) == columns(std::string(table) + "_readable"));
    }
    CHECK(shard.one("SELECT count(*) FROM sqlite_schema WHERE type = 'table'") == "4");
}

TEST_CASE("schema: a view of an earlier build is brought up to date, and only then written") {
    Shard shard;
    REQUIRE(
        shard.connection().execute("DROP VIEW events_readable; "
                                   "CREATE VIEW events_readable AS SELECT id FROM events"));
    REQUIRE(completeEventSchema(shard.connection()));
    CHECK(shard.one("SELECT count(*) FROM pragma_table_info('events_readable')") == "11");
    const std::string version = shard.one("PRAGMA schema_version");
    REQUIRE(completeEventSchema(shard.connection()));
    CHECK(shard.one("PRAGMA schema_version") == version);
}

TEST_CASE("schema: a view that cannot be brought up to date does not keep the shard closed") {
    Shard shard;
    REQUIRE(
        shard.connection().execute("DROP VIEW events_readable; "
                                   "CREATE VIEW events_readable AS SELECT id FROM events; "
                                   "PRAGMA query_only=ON"));
    CHECK(completeEventSchema(shard.connection()));
    CHECK(shard.one("SELECT count(*) FROM pragma_table_info('events_readable')") == "1");
    CHECK(shard.connection().execute("PRAGMA query_only=OFF; BEGIN; COMMIT"));
}

}  // namespace
}  // namespace evd::db
