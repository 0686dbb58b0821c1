// Files that rot, vanish or are somebody else's: what the store does about them at start and at run
// time (Rulings S6, S10).

#include "tests/fault/scenarios.h"

#include "common/base/text.h"
#include "common/db/schema.h"
#include "common/db/sqlite.h"
#include "common/db/store_files.h"
#include "store/database_files.h"
#include "tests/support/put_aside_files.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

namespace evd::test {
namespace {

namespace fs = std::filesystem;

constexpr StoreWorld::Shape kTwoShards{.shards = 2, .cpus = 2};

// Two shards with something in each, closed.
void fill(StoreWorld& world) {
    FaultyVfs::instance().disarm();
    REQUIRE(world.start());
    world.emitEverywhere(3);
    REQUIRE(world.finish());
}

void checkBooks(const StoreWorld& world) {
    for (const std::string& violation : world.violations(StoreWorld::Expect::Everything)) {
        FAIL_CHECK(violation);
    }
}

std::vector<std::string> names(const StoreWorld& world) {
    std::vector<std::string> names;
    const auto files = db::discoverEventStores(world.folder());
    REQUIRE(files);
    for (const db::StoreFile& file : files.value()) {
        names.push_back(file.name);
    }
    return names;
}

int64_t countIn(const std::string& path, const std::string& sql) {
    auto connection = db::Connection::openForReading(path);
    REQUIRE(connection);
    auto query = connection.value()->prepare(sql);
    REQUIRE(query);
    REQUIRE(query.value()->step().value());
    return query.value()->columnInteger(0);
}

TEST_CASE("damaged store: a shard corrupt at start is put aside, a healthy one tells (Ruling S6)") {
    StoreWorld world(kTwoShards);
    fill(world);
    dropSchema(world.shardPath(1));
    world.emitEverywhere(3);
    REQUIRE(world.finish());
    const auto found = names(world);
    REQUIRE(found.size() == 3);
    CHECK(db::isQuarantined(found.at(1)));
    CHECK(fs::exists(base::cat(world.folder(), "/", found.at(1), "-wal")));
    CHECK(countIn(base::cat(world.folder(), "/", found.at(1)),
                  "SELECT count(*) FROM events WHERE sequence IS NOT NULL") > 0);
    CHECK(countIn(world.shardPath(0),
                  "SELECT count(*) FROM events WHERE event_type = 'synthetic.storage_error'") == 1);
    checkBooks(world);
}

TEST_CASE("damaged store: a shard found corrupt at run time is put aside at once (Ruling S6)") {
    StoreWorld world(kTwoShards);
    fill(world);
    damageIndex(world.shardPath(1));
    REQUIRE(world.start());
    world.emitEverywhere(3);
    REQUIRE(world.deliverAll(3));
    CHECK(databasesPutAside(world.folder()).size() == 1);
    CHECK(countIn(world.shardPath(0),
                  "SELECT count(*) FROM events WHERE event_type = 'synthetic.storage_error'") >= 1);
    REQUIRE(world.finish());
    checkBooks(world);
}

TEST_CASE("damaged store: when all shards are corrupt new ones take over") {
    StoreWorld world(kTwoShards);
    fill(world);
    dropSchema(world.shardPath(0));
    damageIndex(world.shardPath(1));
    world.emitEverywhere(3);
    REQUIRE(world.finish());
    CHECK(databasesPutAside(world.folder()).size() == 2);
    CHECK(world.records("synthetic.storage_error") >= 2);
    checkBooks(world);
}

TEST_CASE("damaged store: what cannot be put aside is neither lost nor half moved") {
    for (uint64_t at = 1; at <= 6; ++at) {
        CAPTURE(at);
        StoreWorld world(kTwoShards);
        fill(world);
        damageIndex(world.shardPath(1));
        FaultyVfs::instance().arm({FaultKind::FolderError, at, 1});
        CHECK(world.start());
        world.emitEverywhere(2);
        world.deliver();
        FaultyVfs::instance().disarm();
        REQUIRE(world.finish());
        checkBooks(world);
    }
}

TEST_CASE("damaged store: a damaged page of events does not hide what receipts say") {
    StoreWorld world({.shards = 1, .cpus = 1, .numbers_per_run = 400});
    fill(world);
    const int64_t page =
        countIn(world.shardPath(0), "SELECT rootpage FROM sqlite_master WHERE name = 'events'");
    {
        std::fstream file(world.shardPath(0), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp((page - 1) * db::kPageBytes);
        const std::string garbage(db::kPageBytes, 'x');
        file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
    }
    CHECK(world.start());
    REQUIRE(world.isRunning());
    CHECK(world.store().holdings().front().held.greatest() == 1'200);
    world.kill();
}

TEST_CASE("damaged store: what could not be read when the store began is not taken in again") {
    // Three looks at the first shard before it is opened, and two vain attempts to open it.
    for (uint64_t hits = 1; hits <= 5; ++hits) {
        CAPTURE(hits);
        StoreWorld world(kTwoShards);
        fill(world);
        world.rereadRings();
        FaultyVfs::instance().arm({FaultKind::OpenError, 1, hits});
        world.start();
        REQUIRE(world.finish());
        FaultyVfs::instance().disarm();
        checkBooks(world);
    }
}

TEST_CASE("damaged store: a shard of unknown version is left alone, its share goes to others") {
    StoreWorld world(kTwoShards);
    fill(world);
    executeRaw(world.shardPath(0), "UPDATE metadata SET value = '77' WHERE key = 'schema_version'");
    const int64_t rows = countIn(world.shardPath(0), "SELECT count(*) FROM events");
    world.emitEverywhere(3);
    REQUIRE(world.finish());
    CHECK(countIn(world.shardPath(0), "SELECT count(*) FROM events") == rows);
    executeRaw(world.shardPath(1), "UPDATE metadata SET value = '77' WHERE key = 'schema_version'");
    world.emitEverywhere(3);
    REQUIRE(world.finish());
    CHECK(names(world) == std::vector<std::string>{"shard-0000.db", "shard-0001.db",
                                                   "shard-0002.db", "shard-0003.db"});
    checkBooks(world);
}

TEST_CASE("damaged store: a shard that cannot be opened does not keep the others from working") {
    StoreWorld world(kTwoShards);
    fill(world);
    // No file of that name can be opened, by nobody: also root is told so.
    fs::rename(world.shardPath(0), world.shardPath(0) + ".away");
    fs::create_directory(world.shardPath(0));
    CHECK(world.start());
    world.emitEverywhere(3);
    CHECK(world.deliverAll(2));
    world.shutDown();
    CHECK(countIn(world.shardPath(1),
                  "SELECT count(*) FROM events WHERE event_type = 'synthetic.storage_error'") == 1);
    fs::remove(world.shardPath(0));
    fs::rename(world.shardPath(0) + ".away", world.shardPath(0));
    checkBooks(world);
}

TEST_CASE("damaged store: a folder that vanishes is waited for, nothing is promised meanwhile") {
    StoreWorld world(kTwoShards);
    REQUIRE(world.start());
    world.emitEverywhere(3);
    REQUIRE(world.deliverAll(1));
    const uint64_t before = world.answered(0);
    const std::string away = world.folder() + ".away";
    fs::rename(world.folder(), away);
    world.emitEverywhere(3);
    CHECK_FALSE(world.deliverAll(2));
    CHECK(world.answered(0) == before);
    fs::rename(away, world.folder());
    CHECK(world.deliverAll(3));
    REQUIRE(world.finish());
    checkBooks(world);
}

TEST_CASE("damaged store: a shard that is removed while in use is made anew, and that is told") {
    StoreWorld world(kTwoShards);
    REQUIRE(world.start());
    world.emitEverywhere(3);
    REQUIRE(world.deliverAll(1));
    for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(world.shardPath(1) + suffix);
    }
    world.emitEverywhere(3);
    REQUIRE(world.deliverAll(3));
    CHECK(countIn(world.shardPath(1), "SELECT count(*) FROM events WHERE sequence IS NOT NULL") ==
          3 * 22);
    CHECK(world.records("synthetic.storage_error") == 1);
    world.shutDown();
}

TEST_CASE("damaged store: a folder that is a file is an error, not a crash") {
    StoreWorld world(kTwoShards);
    std::ofstream(world.folder()) << "not a folder";
    CHECK_FALSE(world.start());
    fs::remove(world.folder());
    world.emitEverywhere(1);
    REQUIRE(world.finish());
    checkBooks(world);
}

TEST_CASE("damaged store: ids go on behind a file that could not be read at first, however far") {
    StoreWorld world(kTwoShards);
    fill(world);
    // As after a skip that only this file was told of.
    const int64_t last_id = 2 * store::kUnreadableIdSkip + 100;
    executeRaw(
        world.shardPath(0),
        base::cat("INSERT OR REPLACE INTO metadata(key, value) VALUES ('last_id', '", last_id, "')")
            .c_str());
    FaultyVfs::instance().arm({FaultKind::OpenError, 1, 3});
    REQUIRE(world.start());
    FaultyVfs::instance().disarm();
    const int64_t rows = countIn(world.shardPath(0), "SELECT count(*) FROM events");
    world.emitEverywhere(1);
    REQUIRE(world.finish());
    CHECK(countIn(world.shardPath(0), "SELECT count(*) FROM events") > rows);
    CHECK(countIn(world.shardPath(0),
                  "SELECT id FROM events WHERE event_type = 'synthetic.startup' ORDER BY id DESC "
                  "LIMIT 1") > last_id);
    checkBooks(world);
}

TEST_CASE("damaged store: putting aside that fails half-way leaves no log without a database") {
    for (uint64_t at = 1; at <= 3; ++at) {
        CAPTURE(at);
        StoreWorld world(kTwoShards);
        fill(world);
        REQUIRE(fs::exists(world.shardPath(0) + "-wal"));
        REQUIRE(fs::exists(world.shardPath(0) + "-shm"));
        FaultyVfs::instance().arm({FaultKind::FolderError, at, 1});
        CHECK_FALSE(store::quarantine(world.shardPath(0), 5));
        FaultyVfs::instance().disarm();
        for (const auto& entry : fs::directory_iterator(world.folder())) {
            CHECK(entry.path().string().find(".corrupt-") == std::string::npos);
        }
    }
}

}  // namespace
}  // namespace evd::test
