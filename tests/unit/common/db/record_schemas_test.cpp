#include "common/db/log_schema.h"
#include "common/db/metric_schema.h"
#include "common/db/schema.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::db {
namespace {

using base::ErrorKind;

constexpr int64_t kCreatedNs = 1'700'000'000'123'456'789;

class Store {
  public:
    using Create = base::Result<void> (*)(Connection&, int64_t);

    explicit Store(Create create) {
        auto created = Connection::createForWriting(directory_.path() + "/a.db", kPageBytes);
        REQUIRE(created);
        connection_ = std::move(created).value();
        REQUIRE(create(*connection_, kCreatedNs));
    }
    Connection& connection() { return *connection_; }
    std::string one(const std::string& sql) {
        auto query = connection_->prepare(sql);
        REQUIRE(query);
        REQUIRE(query.value()->step().value());
        return std::string(query.value()->columnText(0));
    }
    std::string columns(const std::string& table) {
        return one(
            "SELECT group_concat(name || ' ' || type || ' ' || \"notnull\", ', ') FROM "
            "pragma_table_info('" +
            table + "')");
    }

  private:
    test::TemporaryDirectory directory_;
    std::unique_ptr<Connection> connection_;
};

TEST_CASE("log schema: the table and its indexes are the specification's, and job_id") {
    Store store(createLogSchema);
    CHECK(verifyLogSchema(store.connection()));
    CHECK(store.columns("logs") ==
          "id INTEGER 0, boot_id BLOB 1, timestamp INTEGER 1, origin TEXT 1, is_error INTEGER 1, "
          "message TEXT 1, job_id BLOB 0");
    CHECK(store.one("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = "
                    "'index' AND sql IS NOT NULL ORDER BY name)") ==
          "idx_logs_origin,idx_logs_timestamp");
    CHECK(store.one("SELECT value FROM metadata WHERE key = 'schema_version'") == "1");
    CHECK(store.one("SELECT value FROM metadata WHERE key = 'created_at'") ==
          "2023-11-14T22:13:20.123456789Z");
}

TEST_CASE("log schema: people read times and job ids") {
    Store store(createLogSchema);
    REQUIRE(store.connection().execute(
        "INSERT INTO logs(boot_id, timestamp, origin, is_error, message, job_id) VALUES "
        "(zeroblob(16), 1700000000000000042, 'sshd', 0, 'hello', "
        "x'33221100554477668899aabbccddeeff')"));
    CHECK(store.one("SELECT timestamp FROM logs_readable") == "2023-11-14T22:13:20.000000042Z");
    CHECK(store.one("SELECT job_id FROM logs_readable") ==
          "{00112233-4455-6677-8899-aabbccddeeff}");
    CHECK(store.one("SELECT count(*) FROM log_origins_readable") == "0");
}

TEST_CASE("metric schema: the tables are the specification's") {
    Store store(createMetricSchema);
    CHECK(verifyMetricSchema(store.connection()));
    CHECK(store.columns("series") ==
          "id INTEGER 0, name TEXT 1, labels TEXT 1, type INTEGER 1, label_hash INTEGER 1, "
          "boundaries_hash INTEGER 0");
    CHECK(store.columns("samples") ==
          "series_id INTEGER 1, timestamp INTEGER 1, value REAL 1, histogram_data BLOB 0");
    CHECK(store.columns("rollups") ==
          "id INTEGER 0, series_id INTEGER 1, function INTEGER 1, window_seconds INTEGER 1, "
          "window_start INTEGER 1, value REAL 1, sample_count INTEGER 1");
    CHECK(store.one("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = "
                    "'index' AND sql IS NOT NULL ORDER BY name)") ==
          "idx_samples_series_timestamp,idx_series_label_hash,idx_series_name");
}

TEST_CASE("metric schema: name, labels and boundaries are unique together (Spec §7.1)") {
    Store store(createMetricSchema);
    const auto insert = [&](const char* values) {
        return store.connection().execute(std::string("INSERT INTO series VALUES ") + values).ok();
    };
    CHECK(insert("(NULL, 'a', 'k=1', 2, 7, 100)"));
    CHECK_FALSE(insert("(NULL, 'a', 'k=1', 2, 8, 100)"));  // hashes of labels do not count
    CHECK(insert("(NULL, 'a', 'k=1', 2, 7, 101)"));
    CHECK(insert("(NULL, 'a', 'k=2', 2, 7, 100)"));
    CHECK(insert("(NULL, 'b', 'k=1', 2, 7, 100)"));
}

TEST_CASE("metric schema: one window of a series has one rollup of a function") {
    Store store(createMetricSchema);
    const std::string insert = "INSERT INTO rollups VALUES (NULL, 1, 0, 60, 0, 1.5, 4)";
    CHECK(store.connection().execute(insert));
    CHECK_FALSE(store.connection().execute(insert));
}

TEST_CASE("metric schema: people read names, labels and functions beside the numbers") {
    Store store(createMetricSchema);
    REQUIRE(store.connection().execute(
        "INSERT INTO series VALUES (5, 'cpu.usage', 'core=0', 1, 0, NULL);"
        "INSERT INTO samples VALUES (5, 1700000000000000042, 0.5, NULL);"
        "INSERT INTO rollups VALUES (1, 5, 4, 60, 1700000000000000000, 2.5, 4)"));
    CHECK(store.one("SELECT type FROM series_readable") == "gauge");
    CHECK(store.one("SELECT name || ' ' || labels || ' ' || timestamp FROM samples_readable") ==
          "cpu.usage core=0 2023-11-14T22:13:20.000000042Z");
    CHECK(store.one("SELECT function || ' ' || window_start FROM rollups_readable") ==
          "RATE 2023-11-14T22:13:20.000000000Z");
}

TEST_CASE("log and metric schema: another version is Unsupported, a missing part is Corrupt") {
    const auto check = [](Store::Create create, auto verify,
                          std::initializer_list<const char*> all) {
        for (const char* damage : all) {
            CAPTURE(damage);
            Store store(create);
            REQUIRE(store.connection().execute(damage));
            const auto verdict = verify(store.connection());
            REQUIRE_FALSE(verdict);
            CHECK(verdict.error().kind == ErrorKind::Corrupt);
        }
        Store store(create);
        REQUIRE(store.connection().execute("UPDATE metadata SET value = '2'"));
        const auto verdict = verify(store.connection());
        REQUIRE_FALSE(verdict);
        CHECK(verdict.error().kind == ErrorKind::Unsupported);
    };
    check(createLogSchema, verifyLogSchema,
          {"DROP TABLE logs", "DROP INDEX idx_logs_origin", "DROP INDEX idx_logs_timestamp",
           "DROP VIEW logs_readable; ALTER TABLE logs DROP COLUMN job_id", "DELETE FROM metadata"});
    check(createMetricSchema, verifyMetricSchema,
          {"DROP TABLE samples", "DROP TABLE series", "DROP TABLE rollups",
           "DROP INDEX idx_samples_series_timestamp", "DROP INDEX idx_series_name",
           "DROP INDEX idx_series_label_hash"});
}

TEST_CASE("log and metric schema: views of an earlier build are brought up to date") {
    Store logs(createLogSchema);
    REQUIRE(logs.connection().execute("DROP VIEW logs_readable; DROP TABLE log_origins"));
    REQUIRE(completeLogSchema(logs.connection()));
    CHECK(logs.one("SELECT count(*) FROM logs_readable") == "0");
    Store metrics(createMetricSchema);
    REQUIRE(metrics.connection().execute("DROP VIEW samples_readable"));
    REQUIRE(completeMetricSchema(metrics.connection()));
    CHECK(metrics.one("SELECT count(*) FROM samples_readable") == "0");
}

}  // namespace
}  // namespace evd::db
