#include "store/shard_indexes.h"

#include "common/base/text.h"
#include "common/db/schema.h"
#include "common/db/statements.h"
#include "store/database_files.h"
#include "store/shard_database.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::store {
namespace {

IndexField field(std::string_view path) {
    auto checked = indexField(path);
    REQUIRE(checked);
    return checked.value();
}

DesiredIndexesView wanted(std::initializer_list<std::string_view> paths) {
    DesiredIndexes desired;
    for (const std::string_view path : paths) {
        desired.push_back(field(path));
    }
    return std::make_shared<const DesiredIndexes>(desired);
}

class Fixture {
  public:
    explicit Fixture(int rows = 100) {
        auto created = db::Connection::createForWriting(directory / "x.db", 4096);
        REQUIRE(created);
        REQUIRE(db::createEventSchema(*created.value(), 0));
        created.value().reset();
        auto opened = db::Connection::openForWriting(directory / "x.db");
        REQUIRE(opened);
        connection = std::move(opened).value();
        REQUIRE(connection->execute(base::cat(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ", rows,
            ") INSERT INTO events(id, boot_id, timestamp, cpu_id, event_type, payload) "
            "SELECT i, x'00', i, i % 7, 'type' || i % 50, x'81a16101' FROM n")));
        REQUIRE(indexes.discover(*connection));
    }
    // As long as there is something to do.
    void converge() {
        while (indexes.waitNs(now_ns)) {
            now_ns += *indexes.waitNs(now_ns);
            tend();
        }
    }
    void tend() {
        REQUIRE(indexes.tend(
            *connection, [this] { return now_ns; }, [] { return false; }));
    }
    void commit(uint64_t rows, uint32_t ring_percent = 0) {
        now_ns += 10'000'000;
        indexes.noteRingFill(ring_percent);
        REQUIRE(indexes.committed(*connection, now_ns, {rows, 0, 1000, false}));
    }
    std::string present() {
        auto query = connection->prepare(
            "SELECT coalesce(group_concat(substr(name, 12), ' '), '') FROM (SELECT name FROM "
            "sqlite_master WHERE type = 'index' AND tbl_name = 'events' ORDER BY rootpage)");
        REQUIRE(query);
        REQUIRE(query.value()->step().value());
        return std::string(query.value()->columnText(0));
    }

    test::TemporaryDirectory directory;
    std::unique_ptr<db::Connection> connection;
    int64_t now_ns = 1'000'000'000'000;
    ShardIndexes indexes{0, {}};
};

TEST_CASE("shard indexes: nothing known to be wanted, nothing touched") {
    Fixture fixture;
    REQUIRE(fixture.connection->execute("CREATE INDEX idx_events_cpu_id ON events(cpu_id)"));
    REQUIRE(fixture.indexes.discover(*fixture.connection));
    CHECK_FALSE(fixture.indexes.waitNs(fixture.now_ns));
    CHECK(fixture.indexes.figures().present == 1);
}

TEST_CASE("shard indexes: what is wanted is made, header columns and payload fields alike") {
    Fixture fixture;
    fixture.indexes.want(wanted({"a", "event_type", "source.name"}));
    fixture.converge();
    CHECK(fixture.present() == "timestamp payload_a event_type payload_source_name");
    CHECK(fixture.indexes.figures().present == 3);
    CHECK(fixture.indexes.figures().wanted == 3);
    auto query = fixture.connection->prepare(
        "SELECT count(*) FROM events INDEXED BY idx_events_payload_a "
        "WHERE msgpack_extract(payload, '$.a') = 1");
    REQUIRE(query);
    REQUIRE(query.value()->step().value());
    CHECK(query.value()->columnInteger(0) == 100);
}

// Spec §11, disk full: a checkpoint must never need room that is not there.
TEST_CASE("shard indexes: the file has room for a new index before it is committed") {
    Fixture fixture(20'000);
    fixture.indexes.want(wanted({"event_type"}));
    fixture.converge();
    CHECK(fixture.indexes.figures().present == 1);
    const auto pages = db::askInteger(*fixture.connection, "PRAGMA page_count");
    REQUIRE(pages);
    CHECK(*pages.value() > 200);
    CHECK(fileBytes(fixture.directory / "x.db") >= *pages.value() * 4096);
}

TEST_CASE("shard indexes: what a shard has is found, what is not wanted goes, others stay") {
    Fixture fixture;
    REQUIRE(
        fixture.connection->execute("CREATE INDEX idx_events_cpu_id ON events(cpu_id);"
                                    "CREATE INDEX idx_events_boot_id ON events(boot_id);"
                                    "CREATE INDEX of_somebody_else ON events(boot_id)"));
    REQUIRE(fixture.indexes.discover(*fixture.connection));
    fixture.indexes.want(wanted({"cpu_id"}));
    fixture.converge();
    CHECK(fixture.present() == "timestamp cpu_id _else");
    CHECK(fixture.indexes.figures().present == 1);
}

TEST_CASE("shard indexes: the writer's page cache is sized by how many there are (Spec §14.1)") {
    Fixture fixture;
    const auto cache_kib = [&] {
        auto query = fixture.connection->prepare("PRAGMA cache_size");
        REQUIRE(query);
        REQUIRE(query.value()->step().value());
        return -query.value()->columnInteger(0);
    };
    CHECK(cache_kib() == kWriterCacheKib);
    fixture.indexes.want(wanted({"cpu_id", "a"}));
    fixture.converge();
    CHECK(cache_kib() == kWriterCacheKib + 2 * kCacheKibPerIndex);
    fixture.commit(10'000, 100);  // pressed hard: all of them go
    CHECK(fixture.present() == "timestamp");
    CHECK(cache_kib() == kWriterCacheKib);
}

TEST_CASE("shard indexes: not before it is quiet") {
    Fixture fixture;
    fixture.indexes.want(wanted({"cpu_id"}));
    fixture.commit(1);
    fixture.tend();
    CHECK(fixture.present() == "timestamp");
    fixture.now_ns += BuildSchedule::kQuietNs - 1;
    fixture.tend();
    CHECK(fixture.present() == "timestamp");
    fixture.now_ns += 1;
    fixture.tend();
    CHECK(fixture.present() == "timestamp cpu_id");
}

TEST_CASE("shard indexes: a build that work interrupts leaves nothing and is done later") {
    Fixture fixture(20'000);
    fixture.indexes.want(wanted({"event_type"}));
    int looks = 0;
    REQUIRE(fixture.indexes.tend(
        *fixture.connection, [&] { return fixture.now_ns; }, [&] { return ++looks > 5; }));
    CHECK(looks == 6);
    CHECK(fixture.present() == "timestamp");
    CHECK(fixture.indexes.figures().building == 0);
    CHECK(fixture.indexes.waitNs(fixture.now_ns) == 2 * BuildSchedule::kQuietNs);
    // The writer goes on as if nothing had been.
    REQUIRE(
        fixture.connection->execute("BEGIN IMMEDIATE; DELETE FROM events WHERE id = 1; COMMIT"));
    fixture.converge();
    CHECK(fixture.present() == "timestamp event_type");
}

TEST_CASE("shard indexes: an index on a payload can be interrupted too") {
    Fixture fixture(20'000);
    fixture.indexes.want(wanted({"a"}));
    int looks = 0;
    REQUIRE(fixture.indexes.tend(
        *fixture.connection, [&] { return fixture.now_ns; }, [&] { return ++looks > 20; }));
    CHECK(fixture.present() == "timestamp");
    fixture.converge();
    CHECK(fixture.present() == "timestamp payload_a");
}

TEST_CASE("shard indexes: pressure sheds the lowest priority first, one after the other") {
    Fixture fixture;
    fixture.indexes.want(wanted({"event_type", "cpu_id", "boot_id"}));
    fixture.converge();
    for (uint32_t batch = 0; batch < kBatchesJudgedMin; ++batch) {
        fixture.commit(1000);
    }
    CHECK(fixture.present() == "timestamp event_type cpu_id");
    CHECK(fixture.indexes.figures().shed == 1);
    for (uint32_t batch = 0; batch < kBatchesJudgedMin; ++batch) {
        fixture.commit(1000);
    }
    CHECK(fixture.present() == "timestamp event_type");
    CHECK(fixture.indexes.figures().shed == 2);
    CHECK(fixture.indexes.figures().present == 1);
}

TEST_CASE("shard indexes: with the ring too full everything goes but the timestamp's") {
    Fixture fixture;
    fixture.indexes.want(wanted({"event_type", "cpu_id", "a"}));
    fixture.converge();
    fixture.commit(999, 100);
    CHECK(fixture.indexes.figures().present == 3);
    fixture.commit(1000, 76);
    CHECK(fixture.present() == "timestamp");
    CHECK(fixture.indexes.figures().shed == 3);
}

TEST_CASE("shard indexes: when pressure is over they come back, highest priority first") {
    Fixture fixture;
    fixture.indexes.want(wanted({"event_type", "cpu_id"}));
    fixture.converge();
    fixture.commit(1000, 100);
    const int64_t shed_ns = fixture.now_ns;
    fixture.now_ns += 29'000'000'000;
    fixture.tend();
    CHECK(fixture.present() == "timestamp");
    fixture.now_ns = shed_ns + 31'000'000'000;
    fixture.tend();
    CHECK(fixture.present() == "timestamp event_type");
    CHECK(fixture.indexes.figures().shed == 1);
    fixture.converge();
    CHECK(fixture.present() == "timestamp event_type cpu_id");
    CHECK(fixture.indexes.figures().shed == 0);
}

TEST_CASE("shard indexes: what cannot be made is tried again after a rest") {
    Fixture fixture;
    fixture.indexes.want(wanted({"cpu_id"}));
    REQUIRE(fixture.connection->execute("PRAGMA query_only=ON"));
    fixture.tend();
    CHECK(fixture.indexes.waitNs(fixture.now_ns) == BuildSchedule::kFailureRestNs);
    REQUIRE(fixture.connection->execute("PRAGMA query_only=OFF"));
    fixture.converge();
    CHECK(fixture.present() == "timestamp cpu_id");
}

}  // namespace
}  // namespace evd::store
