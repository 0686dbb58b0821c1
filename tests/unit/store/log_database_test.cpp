#include "store/log_database.h"

#include "common/wire/log_record.h"
#include "store/record_check.h"

#include "tests/unit/store/record_fixture.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::store {
namespace {

using test::RecordFixture;

TEST_CASE("log database: a record is stored as it came, with boot and job id (Spec §5.1)") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    RecordBatch batch = fixture.make.begun(1);
    batch.logs.records.push_back({42, "nginx", true, "it broke", test::guidOf(3)});
    batch.logs.records.push_back({43, "nginx", false, "", std::nullopt});
    CHECK(fixture.write(std::move(batch)) == "ok");
    CHECK(fixture.ask("SELECT id || ',' || hex(boot_id) || ',' || timestamp || ',' || origin || "
                      "',' || is_error || ',' || message || ',' || hex(job_id) FROM logs WHERE id "
                      "= 1") ==
          base::cat("1,", std::string(32, '0').replace(0, 32, "07070707070707070707070707070707"),
                    ",42,nginx,1,it broke,03030303030303030303030303030303"));
    CHECK(fixture.ask("SELECT job_id IS NULL AND message = '' AND is_error = 0 FROM logs WHERE id "
                      "= 2") == "1");
    CHECK(fixture.ask("SELECT group_concat(origin) FROM log_origins") == "nginx");
}

TEST_CASE("log database: malformed records are skipped and counted, the rest is stored") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    const std::string longest(wire::kLogOriginBytesMax, 'o');
    const std::string too_long(wire::kLogOriginBytesMax + 1, 'o');
    RecordBatch batch = fixture.make.begun(1);
    batch.logs.records = {{1, "", false, "no origin", {}},
                          {2, "a\xff", false, "not UTF-8", {}},
                          {3, "a", false, "not\xc0 UTF-8", {}},
                          {4, too_long, false, "too long", {}},
                          {5, longest, false, "long enough", {}}};
    CHECK(fixture.write(std::move(batch)) == "ok");
    CHECK(fixture.ask("SELECT group_concat(message) FROM logs") == "long enough");
    CHECK(fixture.measure("logs.rows") == 1);
    CHECK(fixture.measure("logs.skipped_records") == 4);
}

TEST_CASE("log database: a batch of nothing but malformed records is done with, too") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    RecordBatch batch = fixture.make.begun(3);
    batch.logs.records = {{1, "", false, "", {}}};
    CHECK(fixture.write(std::move(batch)) == "ok");
    CHECK(fixture.write(fixture.make.begun(4)) == "ok");
    CHECK(fixture.loop.notices().empty());
    CHECK(fixture.open().attach(test::guidOf(9)) == 4);
}

TEST_CASE("log database: 100,000 rows in one batch are one transaction with ascending ids") {
    RecordFixture fixture(RecordFixture::Kind::Logs, 100'000);
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(1, 100'000)) == "ok");
    CHECK(fixture.ask("SELECT count(*) || ' ' || min(id) || ' ' || max(id) FROM logs") ==
          "100000 1 100000");
    CHECK(fixture.ask("SELECT count(*) FROM logs WHERE timestamp <> 999 + id") == "0");
    const auto notices = fixture.loop.notices();
    REQUIRE(notices.size() == 1);
    CHECK(notices.front().store == wire::CommitNotice::Store::Logs);
    CHECK(notices.front().first_id == 1);
    CHECK(notices.front().last_id == 100'000);
    CHECK(notices.front().stable_id == 100'000);
    CHECK(notices.front().newest_timestamp_ns == 1'000 + 99'999);
}

TEST_CASE("log database: more origins than are remembered are all in the catalogue") {
    RecordFixture fixture(RecordFixture::Kind::Logs, 100'000);
    fixture.openAndAttach();
    RecordBatch batch = fixture.make.begun(1);
    for (size_t origin = 0; origin < kKnownOriginsMax + 100; ++origin) {
        batch.logs.records.push_back({1, fixture.make.keep(base::cat("o", origin)), false, "", {}});
    }
    CHECK(fixture.write(std::move(batch)) == "ok");
    CHECK(fixture.ask("SELECT count(*) FROM log_origins") == base::cat(kKnownOriginsMax + 100));
    CHECK(fixture.ask("SELECT count(*) FROM logs WHERE origin NOT IN (SELECT origin FROM "
                      "log_origins)") == "0");
}

TEST_CASE("log database: ids go on behind those that retention took away") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(1, 3)) == "ok");
    fixture.close();
    fixture.damage("DELETE FROM logs; INSERT INTO metadata VALUES ('last_id', '3')");
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(2, 1)) == "ok");
    CHECK(fixture.ask("SELECT id FROM logs") == "4");
}

TEST_CASE("log database: NORMAL durability, WAL, and the specified file (Spec §5.2)") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.open();
    CHECK(fixture.ask("PRAGMA journal_mode") == "wal");
    CHECK(fixture.ask("SELECT value FROM metadata WHERE key = 'schema_version'") == "1");
    auto database = LogDatabase::open(fixture.path(), test::guidOf(7), 0);
    REQUIRE(database);
    auto mode = database.value()->connection().prepare("PRAGMA synchronous");
    REQUIRE(mode);
    REQUIRE(mode.value()->step().value());
    CHECK(mode.value()->columnInteger(0) == 1);
}

}  // namespace
}  // namespace evd::store
