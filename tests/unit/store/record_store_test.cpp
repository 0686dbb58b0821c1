#include "store/record_store.h"

#include "tests/support/put_aside_files.h"
#include "tests/support/wait_until.h"
#include "tests/unit/store/record_fixture.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace evd::store {
namespace {

using test::databasesPutAside;
using test::RecordFixture;

TEST_CASE("record store: its folders are made, and nobody who said no hello is heard") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.open();
    CHECK(fixture.write(fixture.make.logs(1, 1)) == "invalid");
    CHECK(fixture.store().attach(test::guidOf(9)) == 0);
    CHECK(fixture.write(fixture.make.logs(0, 1)) == "invalid");
    CHECK(fixture.write(fixture.make.logs(1, 1)) == "ok");
    CHECK(fixture.measure("logs.refused_batches") == 2);
}

TEST_CASE("record store: nobody but its user and group may read the files") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(1, 1)) == "ok");
    for (const char* suffix : {"", "-wal", "-shm"}) {
        const auto status = std::filesystem::status(fixture.path() + suffix);
        CHECK((status.permissions() & std::filesystem::perms::others_all) ==
              std::filesystem::perms::none);
    }
}

TEST_CASE("record store: a batch that is stored is not stored again, before and after a restart") {
    for (const auto kind : {RecordFixture::Kind::Logs, RecordFixture::Kind::Metrics}) {
        RecordFixture fixture(kind);
        fixture.openAndAttach();
        CHECK(fixture.write(fixture.batch(1, 10)) == "ok");
        CHECK(fixture.write(fixture.batch(2, 10)) == "ok");
        CHECK(fixture.write(fixture.batch(2, 10)) == "ok");
        CHECK(fixture.write(fixture.batch(1, 10)) == "ok");
        CHECK(fixture.open().attach(test::guidOf(9)) == 2);
        CHECK(fixture.write(fixture.batch(2, 10)) == "ok");
        CHECK(fixture.write(fixture.batch(3, 10)) == "ok");
        CHECK(fixture.ask(fixture.countSql()) == "30");
        // Another incarnation begins at 1.
        CHECK(fixture.open().attach(test::guidOf(8)) == 0);
    }
}

TEST_CASE("record store: the same sender says hello again on a new connection") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(5, 10)) == "ok");
    CHECK(fixture.store().attach(test::guidOf(9)) == 5);
    CHECK(fixture.write(fixture.make.logs(5, 10)) == "ok");
    CHECK(fixture.ask("SELECT count(*) FROM logs") == "10");
}

TEST_CASE("record store: whenever it dies, each batch is stored once, whole or not at all") {
    constexpr uint32_t kSeed = 20261120;
    RecordFixture fixture(RecordFixture::Kind::Logs, 100);
    std::mt19937 random(kSeed);
    CAPTURE(kSeed);
    for (int round = 0; round < 12; ++round) {
        const size_t notices = 1 + random() % 6;
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            // As a sender that missed every answer: all from the last known number on, again.
            RecordStore& store = fixture.open();
            const uint64_t stored = store.attach(test::guidOf(9));
            for (uint64_t number = stored; number < stored + 20; ++number) {
                (void)fixture.send(fixture.make.logs(std::max<uint64_t>(number, 1), 30));
            }
            while (fixture.loop.notices().size() < notices && !store.isIdle()) {
                store.pump();
            }
            ::_exit(0);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(status == 0);
    }
    const uint64_t last = fixture.open().attach(test::guidOf(9));
    CHECK(last > 12);
    CHECK(fixture.ask("SELECT count(*) FROM logs") == base::cat(last * 30));
    CHECK(fixture.ask("SELECT max(id) FROM logs") == base::cat(last * 30));
}

TEST_CASE("record store: many batches at once are answered in order and bounded by the queue") {
    RecordFixture fixture(RecordFixture::Kind::Logs, 100);
    fixture.openAndAttach();
    std::vector<std::shared_ptr<std::string>> answers;
    for (uint64_t number = 1; number <= 200; ++number) {
        answers.push_back(fixture.send(fixture.make.logs(number, 40)));
    }
    fixture.loop.runUntilIdle(fixture.store());
    for (const auto& answer : answers) {
        CHECK(*answer == "ok");
    }
    CHECK(fixture.ask("SELECT count(*) FROM logs") == "8000");
    CHECK(fixture.measure("logs.batch_rows") <= 100);
}

TEST_CASE("record store: a draining store takes nothing in and writes out what it has") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    RecordStore& store = fixture.openAndAttach();
    (void)fixture.send(fixture.make.logs(1, 100));
    store.refuseBatches();
    CHECK(fixture.write(fixture.make.logs(2, 1)) == "gone");
    store.stopWriter();
    CHECK(fixture.ask("SELECT count(*) FROM logs") == "100");
    fixture.close();
}

TEST_CASE("record store: its log is checkpointed above the threshold (Spec §5.2, §7.2)") {
    for (const auto kind : {RecordFixture::Kind::Logs, RecordFixture::Kind::Metrics}) {
        RecordFixture fixture(kind);
        fixture.openAndAttach();
        uint64_t number = 0;
        const auto add = [&](size_t rows) { return fixture.write(fixture.batch(++number, rows)); };
        // Without checkpoints it never becomes shorter. With them it begins anew with the first
        // commit that finds it moved.
        while (fixture.ownMeasure("wal_bytes") < 4'000'000) {
            REQUIRE(add(5'000) == "ok");
        }
        CHECK(test::waitUntil(test::kPatienceMs, [&] {
            REQUIRE(add(1) == "ok");
            return fixture.ownMeasure("wal_bytes") < 2'000'000;
        }));
    }
}

TEST_CASE("record store: one of unknown version is only read, and its batches are lost") {
    for (const auto kind : {RecordFixture::Kind::Logs, RecordFixture::Kind::Metrics}) {
        RecordFixture fixture(kind);
        fixture.open();
        fixture.close();
        fixture.damage("UPDATE metadata SET value = '99' WHERE key = 'schema_version'");
        fixture.openAndAttach();
        REQUIRE(fixture.loop.failures.size() == 1);
        CHECK(fixture.loop.failures.front().find("schema version 99") != std::string::npos);
        CHECK(fixture.write(fixture.batch(1, 5)) == "invalid");
        CHECK(fixture.ownMeasure("lost_records") == 5);
        CHECK(fixture.store().gate() == nullptr);
        CHECK(fixture.ask("SELECT value FROM metadata WHERE key = 'schema_version'") == "99");
        CHECK(databasesPutAside(fixture.folder()).empty());
    }
}

TEST_CASE("record store: one that is corrupt at start is put aside and made anew (Ruling S6)") {
    for (const auto kind : {RecordFixture::Kind::Logs, RecordFixture::Kind::Metrics}) {
        RecordFixture fixture(kind);
        fixture.openAndAttach();
        CHECK(fixture.write(fixture.batch(1, 5)) == "ok");
        fixture.close();
        fixture.corrupt();
        fixture.openAndAttach();
        REQUIRE(fixture.loop.failures.size() == 1);
        CHECK(fixture.loop.failures.front().starts_with(fixture.isLogs() ? "log: " : "metric: "));
        REQUIRE(databasesPutAside(fixture.folder()).size() == 1);
        const std::string count = fixture.countSql();
        CHECK(test::askFile(databasesPutAside(fixture.folder()).front(), count) == "5");
        CHECK(fixture.ownMeasure("quarantined_files") == 1);
        CHECK(fixture.ask(count) == "0");
        CHECK(fixture.write(fixture.batch(2, 3)) == "ok");
        CHECK(fixture.ask(count) == "3");
    }
}

// A store that dies has not answered its last batches; the next one may find the file corrupt.
TEST_CASE("record store: what lies in a database that was put aside is not stored again") {
    for (const auto kind : {RecordFixture::Kind::Logs, RecordFixture::Kind::Metrics}) {
        RecordFixture fixture(kind);
        fixture.openAndAttach();
        CHECK(fixture.write(fixture.batch(1, 5)) == "ok");
        CHECK(fixture.write(fixture.batch(2, 5)) == "ok");
        // The second one put aside holds no batch at all.
        for (size_t times = 1; times <= 2; ++times) {
            fixture.close();
            fixture.corrupt();
            CHECK(fixture.open().attach(test::guidOf(9)) == 2);
            CHECK(databasesPutAside(fixture.folder()).size() == times);
        }
        CHECK(fixture.write(fixture.batch(2, 5)) == "ok");
        CHECK(fixture.write(fixture.batch(3, 5)) == "ok");
        CHECK(fixture.ask(fixture.countSql()) == "5");
        // Somebody else has stored nothing here.
        CHECK(fixture.open().attach(test::guidOf(8)) == 0);
    }
}

TEST_CASE("record store: a file that is no database is put aside as it is") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    std::filesystem::create_directories(fixture.folder());
    std::ofstream(fixture.path()) << std::string(5'000, 'x');
    fixture.openAndAttach();
    CHECK(databasesPutAside(fixture.folder()).size() == 1);
    CHECK(fixture.write(fixture.make.logs(1, 3)) == "ok");
}

TEST_CASE("record store: a database that is taken away while in use is made anew") {
    RecordFixture fixture(RecordFixture::Kind::Logs);
    fixture.openAndAttach();
    CHECK(fixture.write(fixture.make.logs(1, 3)) == "ok");
    std::filesystem::remove(fixture.path());
    CHECK(fixture.write(fixture.make.logs(2, 2)) == "ok");
    CHECK(fixture.loop.failures.size() == 1);
    // Its ids go on.
    CHECK(fixture.ask("SELECT min(id) || ' ' || max(id) FROM logs") == "4 5");
}

class GivenAnswer final : public RunAnswer {
  public:
    explicit GivenAnswer(std::vector<std::string>& given) : given_(given) {}
    void give(base::Result<void> outcome) override { given_.push_back(outcome ? "ok" : "refused"); }

  private:
    std::vector<std::string>& given_;
};

TEST_CASE(
    "record store: a batch of our own is stored beside the sender's, whose numbers it leaves") {
    RecordFixture fixture(RecordFixture::Kind::Metrics);
    fixture.openAndAttach();
    std::vector<std::string> given;
    fixture.store().writeOwn(fixture.make.gauges(kOwnBatch, 3),
                             std::make_unique<GivenAnswer>(given));
    // One at a time: the next one is newer anyway.
    fixture.store().writeOwn(fixture.make.gauges(kOwnBatch, 3),
                             std::make_unique<GivenAnswer>(given));
    CHECK(given == std::vector<std::string>{"refused"});
    CHECK(fixture.write(fixture.make.gauges(1, 2)) == "ok");
    fixture.loop.runUntilIdle(fixture.store());
    CHECK(given == std::vector<std::string>{"refused", "ok"});
    fixture.store().writeOwn(fixture.make.gauges(kOwnBatch, 3),
                             std::make_unique<GivenAnswer>(given));
    fixture.loop.runUntilIdle(fixture.store());
    CHECK(fixture.ask("SELECT count(*) FROM samples") == "8");
    CHECK(fixture.open().attach(test::guidOf(9)) == 1);
}

}  // namespace
}  // namespace evd::store
