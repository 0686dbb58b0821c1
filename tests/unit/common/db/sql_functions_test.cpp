#include "common/db/sql_functions.h"

#include "common/db/schema.h"
#include "common/db/sqlite.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::db {
namespace {

class Shard {
  public:
    Shard() {
        auto created = Connection::createForWriting(path(), kPageBytes);
        REQUIRE(created);
        connection_ = std::move(created).value();
        REQUIRE(createEventSchema(*connection_, 1));
    }
    std::string path() const { return directory_ / "shard-0000.db"; }
    Connection& connection() { return *connection_; }
    std::string one(std::string_view sql) { return oneOf(*connection_, sql); }

    static std::string oneOf(Connection& connection, std::string_view sql) {
        auto query = connection.prepare(sql);
        REQUIRE(query);
        auto row = query.value()->step();
        REQUIRE(row);
        REQUIRE(row.value());
        return std::string(query.value()->columnText(0));
    }

    // One event {"a": value} whose value is the msgpack in hex.
    void insert(int64_t id, const std::string& value_hex) {
        REQUIRE(connection_->execute(
            "INSERT INTO events(id, boot_id, timestamp, event_type, payload) VALUES (" +
            std::to_string(id) + ", zeroblob(16), 0, 't', x'81a161" + value_hex + "')"));
    }

  private:
    test::TemporaryDirectory directory_;
    std::unique_ptr<Connection> connection_;
};

constexpr const char* kPayloadIndex =
    "CREATE INDEX idx_events_payload_a ON events(msgpack_extract(payload, '$.a'))";

}  // namespace

TEST_CASE("sql functions: each value has the SQL type that belongs to it") {
    Shard shard;
    const auto typeOf = [&](const std::string& hex) {
        return shard.one("SELECT typeof(msgpack_extract(x'81a161" + hex + "', '$.a'))");
    };
    CHECK(typeOf("01") == "integer");
    CHECK(typeOf("c3") == "integer");
    CHECK(typeOf("cf8000000000000000") == "real");
    CHECK(typeOf("cb3fe0000000000000") == "real");
    CHECK(typeOf("a0") == "text");
    CHECK(typeOf("c400") == "blob");
    CHECK(typeOf("90") == "blob");
    CHECK(typeOf("c0") == "null");
    CHECK(typeOf("cb7ff8000000000000") == "null");
}

TEST_CASE("sql functions: arguments of another type give NULL and end no question") {
    Shard shard;
    for (const char* call :
         {"msgpack_extract(NULL, '$.a')", "msgpack_extract('text', '$.a')",
          "msgpack_extract(x'81a16101', NULL)", "msgpack_extract(x'81a16101', 7)",
          "msgpack_extract(x'', '')", "msgpack_to_json('{}')", "msgpack_to_json(NULL)",
          "msgpack_to_json(x'')", "guid_text('x')", "guid_text(1.5)", "guid_blob(x'00')",
          "guid_blob(NULL)"}) {
        CAPTURE(call);
        CHECK(shard.one(std::string("SELECT ") + call + " IS NULL") == "1");
    }
}

TEST_CASE("sql functions: text with a zero byte stays whole") {
    Shard shard;
    CHECK(shard.one("SELECT hex(msgpack_extract(x'81a161a3780079', '$.a'))") == "780079");
}

// Spec §3.3: expression indexes on msgpack_extract, used by the optimiser.
TEST_CASE("sql functions: a payload index is built, kept and used") {
    Shard shard;
    shard.insert(1, "05");
    REQUIRE(shard.connection().execute(kPayloadIndex));
    shard.insert(2, "07");
    CHECK(shard.one("SELECT id FROM events WHERE msgpack_extract(payload, '$.a') = 7") == "2");
    auto plan = shard.connection().prepare(
        "EXPLAIN QUERY PLAN SELECT id FROM events WHERE msgpack_extract(payload, '$.a') > 5");
    REQUIRE(plan);
    REQUIRE(plan.value()->step());
    CHECK(plan.value()->columnText(3).find("idx_events_payload_a") != std::string_view::npos);
    CHECK(shard.one("PRAGMA integrity_check") == "ok");
}

TEST_CASE("sql functions: numbers around 2^63 keep their order in an index") {
    Shard shard;
    REQUIRE(shard.connection().execute(kPayloadIndex));
    shard.insert(1, "cfffffffffffffffff");  // 2^64-1
    shard.insert(2, "cf7fffffffffffffff");  // 2^63-1
    shard.insert(3, "cf8000000000000000");  // 2^63
    shard.insert(4, "ff");
    CHECK(shard.one("SELECT group_concat(id, '') FROM (SELECT id FROM events INDEXED BY "
                    "idx_events_payload_a WHERE msgpack_extract(payload, '$.a') IS NOT NULL "
                    "ORDER BY msgpack_extract(payload, '$.a'))") == "4231");
}

TEST_CASE("sql functions: readers and writers have them from the start") {
    Shard shard;
    REQUIRE(shard.connection().execute(kPayloadIndex));
    shard.insert(1, "05");
    auto writer = Connection::openForWriting(shard.path());
    REQUIRE(writer);
    CHECK(writer.value()->execute("DELETE FROM events"));
    auto reader = Connection::openForReading(shard.path());
    REQUIRE(reader);
    CHECK(Shard::oneOf(*reader.value(), "SELECT msgpack_to_json(x'81a16105')") == R"({"a":5})");
}

// TRUSTED_SCHEMA is off on our connections; only innocuous functions work in a view.
TEST_CASE("sql functions: a view may use them though the schema is not trusted") {
    Shard shard;
    REQUIRE(shard.connection().execute(
        "CREATE VIEW json AS SELECT msgpack_to_json(payload) AS j FROM events"));
    shard.insert(1, "05");
    CHECK(shard.one("SELECT j FROM json") == R"({"a":5})");
}

}  // namespace evd::db
