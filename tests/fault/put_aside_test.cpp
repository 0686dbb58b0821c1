// Databases that are put aside while they are in use, and those that only seem damaged because the
// disk refuses to be read for a while: what they hold is neither lost nor stored again.

#include "tests/fault/scenarios.h"

#include "collector/ingest/send_queue.h"
#include "common/base/text.h"
#include "common/db/schema.h"
#include "common/db/store_files.h"
#include "store/database_files.h"
#include "store/failed_reads.h"
#include "store/put_aside.h"
#include "tests/support/log_index_head.h"
#include "tests/support/put_aside_files.h"
#include "tests/support/wait_until.h"
#include "tests/unit/store/record_fixture.h"
#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

namespace evd::test {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kForLong = ~uint64_t{0} / 2;

// Garbage where the table's first page is in the file; what is in the log or in a cache stays.
void damageTable(const std::string& path, int64_t page_bytes, const std::string& table) {
    const auto page = base::parseU64(
        askFile(path, base::cat("SELECT rootpage FROM sqlite_schema WHERE name = '", table, "'")));
    REQUIRE(page);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp((static_cast<int64_t>(page.value()) - 1) * page_bytes);
    const std::string garbage(static_cast<size_t>(page_bytes), 'x');
    file.write(garbage.data(), page_bytes);
    REQUIRE(file.flush());
}

// A store of one shard with numbers 1 to 10 of cpu 0, opened anew, so that nothing but what a start
// touches is in its writer's cache.
struct ReopenedStore : StoreFixture {
    ReopenedStore() : StoreFixture(/*shards=*/1) {
        FaultyVfs::instance().disarm();
        openAndAttach();
        REQUIRE(write(RunSketch(0, 1, 10)) == "ok");
        shutDown();
        openAndAttach();
    }
    // A commit of numbers 11 to 20 of which nothing reaches the disk; the pages that it changed are
    // no longer in the writer's cache.
    void failOnce() {
        FaultyVfs::instance().arm({FaultKind::WriteError, 1, 1});
        REQUIRE(write(RunSketch(0, 11, 20)) == "busy");
        FaultyVfs::instance().disarm();
    }
    // The same of which all is in the log, and the disk says that it is not; then the database is
    // damaged, and nothing can take the place of the commit in the log.
    void failInDoubt() {
        FaultyVfs& disk = FaultyVfs::instance();
        disk.arm({FaultKind::SyncError, 1, 1});
        REQUIRE(write(RunSketch(0, 11, 20)) == "busy");
        damageTable(shardPath(0), db::kPageBytes, "receipts");
        disk.arm({FaultKind::WriteError, 1, kForLong});
        disk.armAlso({FaultKind::TruncateError, 1, kForLong});
    }
    // The same in a sound database, and the store dies; the reader keeps what looks through the log
    // from being done, until it goes.
    std::unique_ptr<db::Connection> dieInDoubt() {
        auto reader = db::Connection::openForReading(shardPath(0));
        REQUIRE(reader);
        REQUIRE(db::askInteger(*reader.value(), "SELECT count(*) FROM events"));
        FaultyVfs::instance().arm({FaultKind::SyncError, 1, 1});
        REQUIRE(write(RunSketch(0, 11, 20)) == "busy");
        FaultyVfs::instance().disarm();
        kill();
        return std::move(reader).value();
    }
    ~ReopenedStore() { FaultyVfs::instance().disarm(); }
    ReopenedStore(const ReopenedStore&) = delete;
    ReopenedStore& operator=(const ReopenedStore&) = delete;
};

TEST_CASE(
    "put aside: a commit that failed is not stored again when the database holds it after all") {
    for (const bool is_restart : {false, true}) {
        CAPTURE(is_restart);
        ReopenedStore fixture;
        FaultyVfs& disk = FaultyVfs::instance();
        fixture.failInDoubt();
        CHECK(fixture.write(RunSketch(0, 11, 20)) == "busy");
        CHECK(databasesPutAside(fixture.folder()).size() == 1);
        CHECK(fixture.store().holdings().front().held.greatest() == 20);
        disk.disarm();
        if (is_restart) {
            fixture.kill();
            fixture.openAndAttach();
        }
        CHECK(fixture.write(RunSketch(0, 11, 20)) == "ok");
        CHECK(fixture.write(RunSketch(0, 15, 30)) == "ok");
        CHECK(fixture.storedEvents() == 30);
    }
}

// Whoever has the database open keeps its log from being recovered, and a start does not see what
// its predecessor died over. When that reader goes, it is there.
TEST_CASE("put aside: a commit that comes to light between a start's first look and its hello") {
    ReopenedStore fixture;
    auto reader = fixture.dieInDoubt();
    fixture.open();
    reader.reset();
    REQUIRE(fixture.store().attach(1));
    fixture.loop.runUntilIdle(fixture.store());
    CHECK(fixture.store().holdings().front().held.greatest() == 20);
    CHECK(fixture.write(RunSketch(0, 11, 20)) == "ok");
    CHECK(fixture.write(RunSketch(0, 21, 30)) == "ok");
    CHECK(fixture.storedEvents() == 30);
    CHECK(fixture.total("SELECT count(*) FROM events WHERE event_type = 'synthetic.startup'") == 3);
}

// The same of a database that nobody writes to any more: nothing will ever take the place of that
// commit in its log.
TEST_CASE("put aside: what a reader keeps from coming to light is known at the next start") {
    ReopenedStore fixture;
    auto reader = fixture.dieInDoubt();
    REQUIRE(store::quarantine(fixture.shardPath(0), 1));
    fixture.openAndAttach();
    CHECK(fixture.store().holdings().front().held.greatest() == 20);
    CHECK(fixture.write(RunSketch(0, 11, 20)) == "ok");
    CHECK(fixture.write(RunSketch(0, 21, 30)) == "ok");
    reader.reset();
    CHECK(fixture.storedEvents() == 30);
}

TEST_CASE("put aside: one that cannot be read is asked again before anything is stored") {
    for (const uint64_t failures : {uint64_t{1}, uint64_t{store::PutAside::kAttemptsMax - 1}}) {
        CAPTURE(failures);
        ReopenedStore fixture;
        FaultyVfs& disk = FaultyVfs::instance();
        fixture.failInDoubt();
        disk.armAlso({FaultKind::OpenError, 1, kForLong});
        for (uint64_t attempt = 0; attempt < failures; ++attempt) {
            CHECK(fixture.write(RunSketch(0, 11, 20)) == "busy");
        }
        disk.disarm();
        CHECK(fixture.write(RunSketch(0, 11, 30)) == "ok");
        CHECK(fixture.storedEvents() == 30);
    }
}

TEST_CASE("put aside: reads that fail for a moment put nothing aside") {
    for (const uint64_t hits : {1, 2, 7}) {
        CAPTURE(hits);
        ReopenedStore fixture;
        fixture.failOnce();
        FaultyVfs::instance().arm({FaultKind::ReadError, 1, hits});
        std::string outcome;
        for (uint64_t attempt = 0; outcome != "ok" && attempt <= hits; ++attempt) {
            outcome = fixture.write(RunSketch(0, 11, 20));
        }
        CHECK(outcome == "ok");
        CHECK(FaultyVfs::instance().injected() == hits);
        CHECK(databasesPutAside(fixture.folder()).empty());
        CHECK(fixture.storedEvents() == 20);
    }
}

TEST_CASE("put aside: a database that stays unreadable is given up, and what it holds counts") {
    ReopenedStore fixture;
    fixture.failOnce();
    FaultyVfs::instance().arm({FaultKind::ReadError, 1, kForLong});
    const int64_t begun_ns = fixture.clock.monotonicNs();
    while (databasesPutAside(fixture.folder()).empty()) {
        REQUIRE(fixture.write(RunSketch(0, 11, 20)) == "busy");
        REQUIRE(fixture.clock.monotonicNs() - begun_ns < 3 * store::FailedReads::kPatienceNs);
        pauseMs(100);
    }
    CHECK(fixture.clock.monotonicNs() - begun_ns >= store::FailedReads::kPatienceNs);
    FaultyVfs::instance().disarm();
    std::string outcome;
    for (int attempt = 0; outcome != "ok" && attempt < 3; ++attempt) {
        outcome = fixture.write(RunSketch(0, 5, 20));
    }
    CHECK(outcome == "ok");
    CHECK(fixture.storedEvents() == 20);
}

TEST_CASE("put aside: pages that could not be read when the store began are not taken in again") {
    constexpr StoreWorld::Shape kTwoShards{.shards = 2, .cpus = 2};
    for (uint64_t at = 1; at <= 40; ++at) {
        CAPTURE(at);
        FaultyVfs::instance().disarm();
        StoreWorld world(kTwoShards);
        REQUIRE(world.start());
        world.emitEverywhere(3);
        REQUIRE(world.finish());
        world.rereadRings();
        FaultyVfs::instance().arm({FaultKind::ReadError, at, 2});
        world.start();
        REQUIRE(world.finish());
        FaultyVfs::instance().disarm();
        for (const std::string& violation : world.violations(StoreWorld::Expect::Everything)) {
            FAIL_CHECK(violation);
        }
        CHECK(databasesPutAside(world.folder()).empty());
    }
}

// SQLite removes them by name when the last connection closes. A database may have been put aside
// by then, and the name be that of its successor, which is in use.
TEST_CASE("put aside: a connection that could not be opened takes no log away") {
    ReopenedStore fixture;
    fixture.kill();
    const std::string path = fixture.shardPath(0);
    uint64_t failed = 0;
    for (uint64_t at = 1; at <= 10; ++at) {
        CAPTURE(at);
        FaultyVfs::instance().arm({FaultKind::ReadError, at, 1});
        failed += db::Connection::openForWriting(path) ? 0 : 1;
        FaultyVfs::instance().disarm();
        CHECK(fs::exists(path + "-wal"));
        CHECK(fs::exists(path + "-shm"));
    }
    CHECK(failed > 0);
}

// A store that has heard nothing of these batches, on a database that holds them: somebody else
// said hello in between.
void forgetBatches(RecordFixture& fixture) {
    REQUIRE(fixture.store().attach(guidOf(8)) == 0);
    REQUIRE(fixture.store().attach(guidOf(9)) == 0);
}

TEST_CASE("put aside: a batch of records that is held is not stored again") {
    for (const auto kind : {RecordFixture::Kind::Logs, RecordFixture::Kind::Metrics}) {
        FaultyVfs::instance().disarm();
        RecordFixture fixture(kind);
        fixture.openAndAttach();
        CHECK(fixture.write(fixture.batch(1, 5)) == "ok");
        CHECK(fixture.write(fixture.batch(2, 5)) == "ok");
        forgetBatches(fixture);
        CHECK(fixture.write(fixture.batch(2, 5)) == "ok");
        CHECK(fixture.ask(fixture.countSql()) == "10");
    }
}

TEST_CASE("put aside: nor is one that is held by a database that stayed unreadable") {
    FaultyVfs& disk = FaultyVfs::instance();
    disk.disarm();
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.batch(1, 5)) == "ok");
    CHECK(fixture.write(fixture.batch(2, 5)) == "ok");
    disk.arm({FaultKind::WriteError, 1, 1});
    CHECK(fixture.write(fixture.batch(3, 5)) == "busy");
    disk.arm({FaultKind::ReadError, 1, kForLong});
    CHECK(waitUntil(4 * store::FailedReads::kPatienceNs / base::kNsPerMs, [&] {
        (void)fixture.write(fixture.batch(3, 5));
        pauseMs(100);
        return databasesPutAside(fixture.folder()).size() == 1;
    }));
    disk.disarm();
    forgetBatches(fixture);
    CHECK(waitUntil(kPatienceMs, [&] { return fixture.write(fixture.batch(2, 5)) == "ok"; }));
    CHECK(fixture.write(fixture.batch(3, 5)) == "ok");
    CHECK(fixture.ask(fixture.countSql()) == "5");
}

// A store that dies when a batch is in the log and not yet in its index leaves it to whoever looks
// through the log, and nobody does while queryd has the database open.
TEST_CASE("put aside: nor one that a reader keeps from coming to light") {
    for (const auto kind : {RecordFixture::Kind::Logs, RecordFixture::Kind::Metrics}) {
        for (const bool is_unreadable : {false, true}) {
            CAPTURE(is_unreadable);
            FaultyVfs& disk = FaultyVfs::instance();
            disk.disarm();
            RecordFixture fixture(kind);
            fixture.openAndAttach();
            CHECK(fixture.write(fixture.batch(1, 5)) == "ok");
            auto reader = db::Connection::openForReading(fixture.path());
            REQUIRE(reader);
            REQUIRE(db::askInteger(*reader.value(), fixture.countSql()));
            const std::string head = logIndexHeadOf(fixture.path());
            CHECK(fixture.write(fixture.batch(2, 5)) == "ok");
            const std::string aside = base::cat(db::quarantinePrefix(fixture.path()), "1.db");
            REQUIRE(fs::exists(fixture.path() + "-wal"));
            fixture.close();
            setLogIndexHead(fixture.path(), head);
            REQUIRE(store::moveDatabase(fixture.path(), aside));
            if (is_unreadable) {
                disk.arm({FaultKind::OpenError, 1, 1});
            }
            fixture.openAndAttach();
            disk.disarm();
            CHECK(fixture.write(fixture.batch(2, 5)) == "ok");
            CHECK(fixture.write(fixture.batch(3, 5)) == "ok");
            reader.value().reset();
            CHECK(fixture.ask(fixture.countSql()) == "5");
            CHECK(askFile(aside, fixture.countSql()) == "10");
        }
    }
}

// A store that dies has not answered its last batches, and the next one may find the file corrupt.
TEST_CASE("put aside: nor one that is held by a database that a start could not read") {
    FaultyVfs& disk = FaultyVfs::instance();
    for (const FaultKind kind : {FaultKind::OpenError, FaultKind::ReadError}) {
        uint64_t injected = 0;
        for (uint64_t at = 1; at <= 25; ++at) {
            CAPTURE(at);
            disk.disarm();
            RecordFixture fixture(RecordFixture::Kind::Metrics);
            fixture.openAndAttach();
            CHECK(fixture.write(fixture.batch(1, 5)) == "ok");
            fixture.close();
            const std::string aside = base::cat(db::quarantinePrefix(fixture.path()), "1.db");
            REQUIRE(store::moveDatabase(fixture.path(), aside));
            disk.arm({kind, at, 1});
            fixture.openAndAttach();
            injected += disk.injected();
            disk.disarm();
            CHECK(fixture.write(fixture.batch(1, 5)) == "ok");
            CHECK(fixture.write(fixture.batch(2, 5)) == "ok");
            CHECK(fixture.ask(fixture.countSql()) == "5");
            CHECK(askFile(aside, fixture.countSql()) == "5");
        }
        CHECK(injected > 0);
    }
}

// What eventd-ingest has sent and not got an answer to, of five records each.
class QueueingSender {
  public:
    explicit QueueingSender(RecordFixture& fixture) : fixture_(fixture) {}

    void add() { queue_.add(5, 1); }
    std::string send() {
        const auto* const kept = queue_.startNext();
        REQUIRE(kept != nullptr);
        const uint64_t number = kept->number;
        const std::string answer = fixture_.write(fixture_.batch(number, kept->batch));
        if (answer == "ok") {
            queue_.finish(number);
        } else {
            queue_.postpone(number);
        }
        return answer;
    }
    // The store dies before it answers.
    void sendInVain() {
        const auto* const kept = queue_.startNext();
        REQUIRE(kept != nullptr);
        CHECK(fixture_.write(fixture_.batch(kept->number, kept->batch)) == "ok");
        fixture_.close();
        queue_.disconnect();
    }
    // Whether the store knows what was sent in vain.
    bool resume() {
        const uint64_t known = queue_.storedThrough(fixture_.store().attach(guidOf(9)));
        if (known != 0) {
            queue_.finish(known);
        }
        return known != 0;
    }

  private:
    RecordFixture& fixture_;
    collector::SendQueue<size_t> queue_{SIZE_MAX};
};

// Whether the start could not read what was put aside, so that it was refused at first.
bool sendsOnceOverUnreadable(RecordFixture::Kind kind, uint64_t at, uint64_t refusals) {
    FaultyVfs& disk = FaultyVfs::instance();
    disk.disarm();
    RecordFixture fixture(kind);
    fixture.openAndAttach();
    QueueingSender sender(fixture);
    sender.add();
    CHECK(sender.send() == "ok");
    sender.add();
    sender.sendInVain();
    const std::string aside = base::cat(db::quarantinePrefix(fixture.path()), "1.db");
    REQUIRE(store::moveDatabase(fixture.path(), aside));
    disk.arm({FaultKind::OpenError, at, 1});
    fixture.open();
    disk.disarm();
    const bool is_known = sender.resume();
    if (!is_known) {
        disk.arm({FaultKind::OpenError, 1, refusals});
        for (uint64_t refusal = 0; refusal < refusals; ++refusal) {
            CHECK(sender.send() == "busy");
        }
        disk.disarm();
        CHECK(sender.send() == "ok");
    }
    sender.add();
    CHECK(sender.send() == "ok");
    CHECK(fixture.ask(fixture.countSql()) == "5");
    CHECK(askFile(aside, fixture.countSql()) == "10");
    return !is_known;
}

TEST_CASE("put aside: nor one that was refused while the database could not be read") {
    for (const auto kind : {RecordFixture::Kind::Logs, RecordFixture::Kind::Metrics}) {
        for (const uint64_t refusals : {uint64_t{1}, uint64_t{store::PutAside::kAttemptsMax - 1}}) {
            int refused = 0;
            for (uint64_t at = 1; at <= 25; ++at) {
                CAPTURE(refusals);
                CAPTURE(at);
                refused += sendsOnceOverUnreadable(kind, at, refusals) ? 1 : 0;
            }
            CHECK(refused > 0);
        }
    }
}

}  // namespace
}  // namespace evd::test
