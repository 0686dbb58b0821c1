#include "store/shard_writer.h"

#include "common/base/fd.h"
#include "store/shard_files.h"

#include "tests/support/fake_clock.h"
#include "tests/support/wait_until.h"
#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace evd::store {
namespace {

using test::RunSketch;

class Reports final : public WriterListener {
  public:
    void reported(ShardReport report) override {
        const std::lock_guard lock(mutex_);
        reports_.push_back(std::move(report));
        changed_.notify_all();
    }
    void committed(const wire::CommitNotice& notice) override {
        const std::lock_guard lock(mutex_);
        notices_.push_back(notice);
    }
    // Reports until that many tickets have been told of.
    std::vector<ShardReport> wait(size_t tickets) {
        std::unique_lock lock(mutex_);
        REQUIRE(changed_.wait_for(lock, std::chrono::seconds(20), [&] {
            size_t seen = 0;
            for (const ShardReport& report : reports_) {
                seen += report.committed.size() + report.given_up.size();
            }
            return seen >= tickets;
        }));
        return std::exchange(reports_, {});
    }
    // Takes the report away, so that the next call waits for the next one.
    bool waitForRoom() {
        std::unique_lock lock(mutex_);
        const auto has_room = [](const ShardReport& report) { return report.has_room; };
        const bool came = changed_.wait_for(lock, std::chrono::seconds(20), [&] {
            return std::any_of(reports_.begin(), reports_.end(), has_room);
        });
        std::erase_if(reports_, has_room);
        return came;
    }
    std::vector<wire::CommitNotice> notices() {
        const std::lock_guard lock(mutex_);
        return notices_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<ShardReport> reports_;
    std::vector<wire::CommitNotice> notices_;
};

const base::SystemClock kSystemClock;
constexpr int kIndexLookMs = 1;

class Fixture {
  public:
    explicit Fixture(uint64_t rows_max = 10'000, int64_t checkpoint_bytes = 4'000'000,
                     const base::Clock& given_clock = kSystemClock)
        : clock(given_clock) {
        auto opened = openShard(directory.path(), 0, boot, clock);
        REQUIRE(opened);
        writer = std::make_unique<ShardWriter>(
            ShardWriter::Options{
                0, directory.path(), boot, {rows_max, 100'000'000}, checkpoint_bytes},
            std::move(opened.value().database), allocator, clock, reports);
    }
    WriteItem item(uint64_t ticket, const RunSketch& sketch, uint32_t epoch = 1) const {
        auto slices = checkRun(sketch.run(), 8);
        REQUIRE(slices);
        REQUIRE(slices.value().size() == 1);
        return {ticket, {sketch.run().cpu, epoch, slices.value().front(), std::nullopt, 5}, {}};
    }
    void push(WriteItem item) { REQUIRE(writer->tryPush(item)); }
    bool waitForIndexes(size_t present, int64_t limit_ms = test::kPatienceMs) const {
        return test::waitUntil(
            limit_ms, [&] { return writer->figures().indexes.present == present; }, kIndexLookMs);
    }
    std::string ask(const std::string& sql) const { return test::askFile(path(), sql); }
    std::string path() const { return directory / "shard-0000.db"; }

    test::TemporaryDirectory directory;
    const base::Clock& clock;
    base::Guid boot;
    SequenceAllocator allocator{0};
    Reports reports;
    std::unique_ptr<ShardWriter> writer;
};

TEST_CASE("shard writer: an item alone is committed at once, noticed and reported") {
    Fixture fixture;
    const RunSketch run(0, 1, 3);
    fixture.push(fixture.item(7, run));
    const auto reports = fixture.reports.wait(1);
    CHECK(reports.front().committed == std::vector<uint64_t>{7});
    CHECK_FALSE(reports.front().failure);
    REQUIRE(fixture.reports.notices().size() == 1);
    CHECK(fixture.reports.notices().front().last_id == 3);
    CHECK(fixture.reports.notices().front().stable_id == 3);
    CHECK(fixture.ask("SELECT count(*) FROM events") == "3");
}

TEST_CASE("shard writer: a database that was removed is made anew, and who has it open is told") {
    Fixture fixture;
    const RunSketch first(0, 1, 3);
    fixture.push(fixture.item(1, first));
    (void)fixture.reports.wait(1);
    for (const char* suffix : {"", "-wal", "-shm"}) {
        REQUIRE(::unlink((fixture.path() + suffix).c_str()) == 0);
    }
    const RunSketch second(0, 4, 5);
    fixture.push(fixture.item(2, second));
    CHECK(fixture.reports.wait(1).front().committed == std::vector<uint64_t>{2});
    CHECK(fixture.ask("SELECT count(*) FROM events WHERE sequence IS NOT NULL") == "2");
    const ShardGate::Turn turn(fixture.writer->gate());
    CHECK(fixture.writer->gate().replacements() == 1);
}

// As one that was opened while the file system was read-only.
TEST_CASE("shard writer: a connection that cannot write is given up for a new one") {
    Fixture fixture;
    fixture.writer.reset();
    auto opened = openShard(fixture.directory.path(), 0, fixture.boot, fixture.clock);
    REQUIRE(opened);
    REQUIRE(opened.value().database->connection().execute("PRAGMA query_only=ON"));
    fixture.writer = std::make_unique<ShardWriter>(
        ShardWriter::Options{
            0, fixture.directory.path(), fixture.boot, {10'000, 100'000'000}, 4'000'000},
        std::move(opened.value().database), fixture.allocator, fixture.clock, fixture.reports);
    const RunSketch run(0, 1, 3);
    fixture.push(fixture.item(1, run));
    CHECK(fixture.reports.wait(1).front().given_up == std::vector<uint64_t>{1});
    fixture.push(fixture.item(2, run, /*epoch=*/2));
    CHECK(fixture.reports.wait(1).front().committed == std::vector<uint64_t>{2});
    CHECK(fixture.ask("SELECT count(*) FROM events") == "3");
}

TEST_CASE("shard writer: what is queued when it is stopped is still written") {
    Fixture fixture;
    std::vector<RunSketch> runs;
    for (uint64_t run = 0; run < 20; ++run) {
        runs.emplace_back(0, run * 10 + 1, run * 10 + 10);
    }
    for (uint64_t run = 0; run < 20; ++run) {
        fixture.push(fixture.item(run, runs.at(run)));
    }
    fixture.writer->stop();
    CHECK(fixture.ask("SELECT count(*) FROM events") == "200");
    WriteItem late = fixture.item(99, runs.front());
    CHECK_FALSE(fixture.writer->tryPush(late));
}

TEST_CASE("shard writer: a full queue refuses, and says when there is room again") {
    Fixture fixture(100);
    std::vector<RunSketch> runs;
    for (uint64_t run = 0; run < 2'000; ++run) {
        runs.emplace_back(0, run * 50 + 1, run * 50 + 50, std::vector<wire::Gap>{}, "a", 400);
    }
    uint64_t pushed = 0;
    bool was_refused = false;
    for (const RunSketch& run : runs) {
        WriteItem item = fixture.item(pushed, run);
        if (!fixture.writer->tryPush(item)) {
            CHECK(item.isSlice());
            was_refused = true;
            break;
        }
        ++pushed;
    }
    CHECK(was_refused);
    CHECK(fixture.reports.waitForRoom());
    fixture.writer->stop();
    CHECK(fixture.ask("SELECT count(*) FROM events") == base::cat(pushed * 50));
}

TEST_CASE("shard writer: no transaction holds more rows than MaxBatchSize") {
    Fixture fixture(100);
    std::vector<RunSketch> runs;
    for (uint64_t run = 0; run < 30; ++run) {
        runs.emplace_back(0, run * 30 + 1, run * 30 + 30);
    }
    uint64_t ticket = 0;
    for (const RunSketch& run : runs) {
        WriteItem item = fixture.item(ticket, run);
        while (!fixture.writer->tryPush(item)) {
            REQUIRE(fixture.reports.waitForRoom());
        }
        ++ticket;
    }
    fixture.writer->stop();
    for (const wire::CommitNotice& notice : fixture.reports.notices()) {
        CHECK(notice.last_id - notice.first_id + 1 <= 100);
    }
    CHECK(fixture.ask("SELECT count(*) FROM events") == "900");
}

TEST_CASE("shard writer: a failed transaction gives up its cpus' queued work, not that of others") {
    Fixture fixture;
    // Another writer's lock makes the transaction fail after the bounded wait; SQLite calls it
    // Busy.
    auto blocker = db::Connection::openForWriting(fixture.path());
    REQUIRE(blocker);
    REQUIRE(blocker.value()->execute("BEGIN IMMEDIATE"));
    const RunSketch first(0, 1, 5);
    const RunSketch behind(0, 6, 9);
    const RunSketch other(1, 1, 4);
    fixture.push(fixture.item(1, first));
    const auto failed = fixture.reports.wait(1);
    REQUIRE(failed.front().failure);
    CHECK(failed.front().failure->kind == base::ErrorKind::Busy);
    CHECK(failed.front().given_up == std::vector<uint64_t>{1});
    REQUIRE(blocker.value()->execute("ROLLBACK"));
    fixture.push(fixture.item(2, behind, /*epoch=*/1));
    fixture.push(fixture.item(3, other, /*epoch=*/1));
    fixture.push(fixture.item(4, first, /*epoch=*/2));
    fixture.push(fixture.item(5, behind, /*epoch=*/2));
    fixture.writer->stop();
    std::vector<uint64_t> committed;
    std::vector<uint64_t> given_up;
    for (const ShardReport& report : fixture.reports.wait(4)) {
        committed.insert(committed.end(), report.committed.begin(), report.committed.end());
        given_up.insert(given_up.end(), report.given_up.begin(), report.given_up.end());
    }
    CHECK(committed == std::vector<uint64_t>{3, 4, 5});
    CHECK(given_up == std::vector<uint64_t>{2});
    CHECK(fixture.ask("SELECT count(*) FROM events") == "13");
}

TEST_CASE("shard writer: void ids let the stable id go on and somebody is told") {
    Fixture fixture;
    SequenceAllocator::Reservation elsewhere;
    auto blocker = db::Connection::openForWriting(fixture.path());
    REQUIRE(blocker);
    const RunSketch run(0, 1, 5);
    // Fails at the commit, after ids were reserved: a deferred foreign key would do it too, but a
    // missing table for the receipts is simpler.
    REQUIRE(blocker.value()->execute("DROP VIEW receipts_readable; DROP TABLE receipts"));
    fixture.push(fixture.item(1, run));
    const auto failed = fixture.reports.wait(1);
    CHECK(failed.front().failure);
    CHECK(fixture.allocator.stableId() == 5);
    REQUIRE_FALSE(fixture.reports.notices().empty());
    CHECK(fixture.reports.notices().back().stable_id == 5);
    CHECK(fixture.ask("SELECT count(*) FROM events") == "0");
}

TEST_CASE(
    "shard writer: a database found corrupt is put aside and a fresh one goes on (Ruling S6)") {
    Fixture fixture;
    const RunSketch first(0, 1, 500, {}, "a", 200);
    fixture.push(fixture.item(1, first));
    fixture.reports.wait(1);
    fixture.writer->stop();
    // Tear the root page of the timestamp index: the next insert must meet it.
    {
        const auto root = base::parseU64(
            fixture.ask("SELECT rootpage FROM sqlite_schema WHERE name = 'idx_events_timestamp'"));
        REQUIRE(root);
        auto connection = db::Connection::openForWriting(fixture.path());
        REQUIRE(connection);
        REQUIRE(connection.value()->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
        const auto page = static_cast<off_t>(connection.value()->pageBytes());
        connection.value().reset();
        const base::Fd file(::open(fixture.path().c_str(), O_WRONLY | O_CLOEXEC));
        const std::vector<uint8_t> junk(static_cast<size_t>(page), 0xee);
        REQUIRE(::pwrite(file.get(), junk.data(), junk.size(),
                         static_cast<off_t>(root.value() - 1) * page) == page);
    }
    auto opened = openShard(fixture.directory.path(), 0, fixture.boot, fixture.clock);
    REQUIRE(opened);
    REQUIRE(opened.value().database != nullptr);
    fixture.writer = std::make_unique<ShardWriter>(
        ShardWriter::Options{0, fixture.directory.path(), fixture.boot, {}, 4'000'000},
        std::move(opened.value().database), fixture.allocator, fixture.clock, fixture.reports);
    const RunSketch second(0, 501, 600);
    fixture.push(fixture.item(2, second));
    const auto failed = fixture.reports.wait(1);
    REQUIRE(failed.front().failure);
    CHECK(failed.front().failure->kind == base::ErrorKind::Corrupt);
    CHECK(failed.front().trouble.find(".corrupt-") != std::string::npos);
    fixture.push(fixture.item(3, second, /*epoch=*/2));
    const auto stored = fixture.reports.wait(1);
    CHECK(stored.front().committed == std::vector<uint64_t>{3});
    CHECK(fixture.ask("SELECT count(*) FROM events") == "100");
    const auto files = db::discoverEventStores(fixture.directory.path());
    REQUIRE(files);
    REQUIRE(files.value().size() == 2);
    CHECK(test::askFile(files.value().front().path, "SELECT count(payload) FROM events") == "500");
}

TEST_CASE("shard writer: the log is checkpointed once it is longer than the threshold") {
    Fixture fixture(10'000, 1'000'000);
    std::vector<RunSketch> runs;
    for (uint64_t run = 0; run < 24; ++run) {
        runs.emplace_back(0, run * 900 + 1, run * 900 + 900, std::vector<wire::Gap>{}, "a", 500);
    }
    for (uint64_t run = 0; run < runs.size(); ++run) {
        fixture.push(fixture.item(run, runs.at(run)));
        fixture.reports.wait(1);
    }
    fixture.writer->stop();
    CHECK(fixture.writer->figures().rows_written == 24 * 900);
    // Patience and one batch; without checkpoints it would be about 14 MB.
    CHECK(fixture.writer->figures().wal_bytes < 6'000'000);
}

TEST_CASE("shard writer: a reader's snapshot shows as a blocked checkpoint until it is gone") {
    Fixture fixture(10'000, 100'000);
    std::vector<RunSketch> runs;
    for (uint64_t run = 0; run < 6; ++run) {
        runs.emplace_back(0, run * 400 + 1, run * 400 + 400, std::vector<wire::Gap>{}, "a", 500);
    }
    uint64_t pushed = 0;
    // The checkpoints are another thread's; an idle writer looks after them every second.
    const auto becomesBlocked = [&](bool blocked) {
        for (int i = 0; i < 2; ++i, ++pushed) {
            fixture.push(fixture.item(pushed, runs.at(pushed)));
            fixture.reports.wait(1);
        }
        return test::waitUntil(test::kPatienceMs, [&] {
            return fixture.writer->figures().checkpoint_blocked == blocked;
        });
    };
    CHECK(becomesBlocked(false));
    {
        auto reader = db::Connection::openForReading(fixture.path());
        REQUIRE(reader);
        auto snapshot = reader.value()->prepare("SELECT id FROM events");
        REQUIRE(snapshot);
        REQUIRE(snapshot.value()->step());
        CHECK(becomesBlocked(true));
    }
    CHECK(becomesBlocked(false));
    fixture.writer->stop();
    CHECK(fixture.writer->figures().rows_written == 6 * 400);
}

// Spec §3.3: a build is interrupted by what arrives, which is stored at once, and is done later.
TEST_CASE("shard writer: indexes are built in quiet periods, and events never wait for them") {
    Fixture fixture;
    const auto field = indexField("event_type");
    REQUIRE(field);
    std::vector<RunSketch> runs;
    for (uint64_t run = 0; run < 60; ++run) {
        runs.emplace_back(0, run * 500 + 1, run * 500 + 500);
    }
    fixture.writer->wantIndexes(
        std::make_shared<const DesiredIndexes>(DesiredIndexes{field.value()}));
    for (uint64_t run = 0; run < runs.size(); ++run) {
        fixture.push(fixture.item(run, runs.at(run)));
        const auto reports = fixture.reports.wait(1);
        CHECK(reports.back().committed == std::vector<uint64_t>{run});
    }
    CHECK(fixture.waitForIndexes(1));
    CHECK(fixture.ask("SELECT count(*) FROM sqlite_master WHERE name = 'idx_events_event_type'") ==
          "1");
    CHECK(fixture.ask("SELECT count(*) FROM events INDEXED BY idx_events_event_type "
                      "WHERE event_type = 'test.event'") == "30000");
    fixture.writer->wantIndexes(std::make_shared<const DesiredIndexes>());
    CHECK(fixture.waitForIndexes(0));
}

// A trickle is no pressure (docs/decisions/0005).
TEST_CASE("shard writer: an index that is overdue is built although records keep coming") {
    constexpr int64_t kBetweenNs = BuildSchedule::kQuietNs / 2;
    constexpr int64_t kMomentMs = 50;
    constexpr auto kRecords = static_cast<uint64_t>(2 * BuildSchedule::kPatienceNs / kBetweenNs);
    test::FakeClock clock;
    Fixture fixture(10'000, 4'000'000, clock);
    fixture.writer->wantIndexes(
        std::make_shared<const DesiredIndexes>(DesiredIndexes{indexField("cpu_id").value()}));
    uint64_t record = 0;
    for (; record < kRecords && fixture.writer->figures().indexes.present == 0; ++record) {
        clock.advanceMs(kBetweenNs / base::kNsPerMs);
        const RunSketch run(0, record + 1, record + 1);
        fixture.push(fixture.item(record, run));
        CHECK(fixture.reports.wait(1).back().committed == std::vector<uint64_t>{record});
        // Between two records the writer has a moment; when the index is overdue, a slow machine
        // has a longer one.
        (void)fixture.waitForIndexes(1, record < kRecords / 2 ? 0 : kMomentMs);
    }
    CHECK(fixture.writer->figures().indexes.present == 1);
    fixture.writer->stop();
    CHECK(fixture.ask("SELECT count(*) FROM events") == std::to_string(record));
}

TEST_CASE("shard writer: full batches while the ring is too full shed every index at once") {
    Fixture fixture(100);
    fixture.writer->wantIndexes(
        std::make_shared<const DesiredIndexes>(DesiredIndexes{indexField("cpu_id").value()}));
    REQUIRE(fixture.waitForIndexes(1));
    fixture.writer->noteRingFill(90);
    const RunSketch full(0, 1, 100);
    fixture.push(fixture.item(1, full));
    (void)fixture.reports.wait(1);
    fixture.writer->stop();
    CHECK(fixture.writer->figures().indexes.present == 0);
    CHECK(fixture.writer->figures().indexes.shed == 1);
    CHECK(fixture.ask("SELECT count(*) FROM events") == "100");
}

}  // namespace
}  // namespace evd::store
