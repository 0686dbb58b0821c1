#include "store/event_store.h"

#include "common/base/fd.h"
#include "common/base/text.h"

#include "tests/support/wait_until.h"
#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cerrno>
#include <climits>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace evd::store {
namespace {

using test::RunSketch;
using test::StoreFixture;

TEST_CASE("event store: a run is answered ok and is then in its shard, column by column") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 3, {}, "a.b", 5)) == "ok");
    CHECK(fixture.ask(0, "SELECT count(*) FROM events WHERE event_type = 'a.b'") == "3");
    CHECK(fixture.ask(0,
                      "SELECT hex(boot_id) || ' ' || (timestamp - 1767225600000000000) || ' ' || "
                      "cpu_id || ' ' || sequence || ' ' || origin_class || ' ' || "
                      "hex(substr(effective_token_guid, 1, 1)) || "
                      "hex(substr(true_token_guid, 1, 1)) || hex(substr(process_guid, 1, 1)) || "
                      "' ' || hex(payload) FROM events WHERE sequence = 2") ==
          "07070707070707070707070707070707 2 0 2 0 010203 C0C0C0C0C0");
    CHECK(fixture.ask(0, "SELECT group_concat(event_type) FROM event_types") ==
          "a.b,synthetic.startup");
}

TEST_CASE("event store: an event without payload has NULL there (Spec §3.1, Ruling K5)") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 1, {}, "a.b", 0)) == "ok");
    CHECK(fixture.ask(0, "SELECT payload IS NULL FROM events WHERE sequence = 1") == "1");
}

TEST_CASE("event store: ids grow with sequence over all rows, gap records in their place") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 100, {{10, 20, 0, 5}, {50, 50, 0, 5}})) == "ok");
    CHECK(fixture.ask(0,
                      "SELECT group_concat(id || coalesce(':' || sequence, ':gap')) FROM "
                      "(SELECT * FROM events WHERE cpu_id = 0 ORDER BY id LIMIT 12)") ==
          "2:1,3:2,4:3,5:4,6:5,7:6,8:7,9:8,10:9,11:gap,12:21,13:22");
    CHECK(fixture.ask(0,
                      "SELECT count(*) FROM events WHERE event_type = 'synthetic.gap' AND "
                      "sequence IS NULL AND origin_class IS NULL AND process_guid IS NULL") == "2");
    CHECK(fixture.store().stableId() == 1 + 88 + 2);
}

TEST_CASE("event store: a gap and the events behind it are accounted for together") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 30, {{1, 20, 0, 5}})) == "ok");
    CHECK(fixture.ask(0,
                      "SELECT cpu_id || ' ' || first_sequence || ' ' || last_sequence "
                      "FROM receipts") == "0 1 30");
    CHECK(fixture.store().resumePoints() == std::vector<wire::ResumePoint>{{0, 30}});
}

TEST_CASE("event store: a run that comes again is answered ok and stored once") {
    StoreFixture fixture;
    fixture.openAndAttach();
    const RunSketch run(0, 1, 50, {{5, 6, 0, 1}});
    CHECK(fixture.write(run) == "ok");
    CHECK(fixture.write(run) == "ok");
    CHECK(fixture.storedEvents() == 48);
    CHECK(fixture.total("SELECT count(*) FROM events WHERE event_type = 'synthetic.gap'") == 1);
}

TEST_CASE("event store: of a run that overlaps what is held only the new part is stored") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 20)) == "ok");
    CHECK(fixture.write(RunSketch(0, 11, 40, {{18, 25, 0, 1}})) == "ok");
    CHECK(fixture.ask(0,
                      "SELECT count(*) || ' ' || count(DISTINCT sequence) FROM events WHERE "
                      "sequence IS NOT NULL") == "35 35");
    CHECK(fixture.ask(0, "SELECT count(*) FROM receipts") == "1");
}

TEST_CASE("event store: a malformed run is refused whole and stores nothing") {
    StoreFixture fixture;
    fixture.openAndAttach();
    RunSketch run(0, 1, 50);
    run.bytes().back() = 0;
    run.bytes().push_back(1);
    CHECK(fixture.write(run) == "invalid");
    CHECK(fixture.write(RunSketch(1, 1, 5)) == "invalid");
    CHECK(fixture.storedEvents() == 0);
    CHECK(fixture.write(RunSketch(0, 1, 50)) == "ok");
}

TEST_CASE("event store: a run larger than MaxBatchSize is answered once, when all is committed") {
    StoreFixture fixture(0, 1, 100);
    fixture.openAndAttach();
    const RunSketch run(0, 1, 3'500);
    CHECK(fixture.write(run) == "ok");
    CHECK(fixture.storedEvents() == 3'500);
    CHECK(fixture.answers.count() == 1);
}

TEST_CASE("event store: each cpu has its shard and its receipts") {
    StoreFixture fixture(0, 3);
    fixture.openAndAttach();
    for (uint16_t cpu = 0; cpu < 3; ++cpu) {
        CHECK(fixture.write(RunSketch(cpu, 1, 10u + cpu)) == "ok");
        CHECK(fixture.ask(cpu, "SELECT count(*) FROM events WHERE sequence IS NOT NULL") ==
              base::cat(10 + cpu));
    }
    CHECK(fixture.store().resumePoints() ==
          std::vector<wire::ResumePoint>{{0, 10}, {1, 11}, {2, 12}});
    CHECK(fixture.total("SELECT count(DISTINCT id) FROM events") == 1 + 10 + 11 + 12);
}

TEST_CASE("event store: one writer thread for each shard, whatever the cpus (Spec §2.3)") {
    using Names = std::multiset<std::string>;
    const auto writers = [] {
        Names names;
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
            std::ifstream file(task.path() / "comm");
            std::string name;
            std::getline(file, name);
            if (name.starts_with("shard-") &&
                name.find_first_not_of("0123456789", 6) == name.npos) {
                names.insert(name);
            }
        }
        return names;
    };
    StoreFixture few(2, 4);
    few.openAndAttach();
    // A thread gives itself its name.
    CHECK(test::waitUntil(test::kPatienceMs, [&] {
        return writers() == Names{"shard-0", "shard-1"};
    }));
    few.kill();
    StoreFixture many(3, 1);
    many.openAndAttach();
    CHECK(test::waitUntil(test::kPatienceMs, [&] {
        return writers() == Names{"shard-0", "shard-1", "shard-2"};
    }));
}

TEST_CASE("event store: a shard that cannot write yet holds up no other (Spec §2.3, §3.2)") {
    StoreFixture fixture(2, 2);
    fixture.openAndAttach();
    // Somebody else writes to the first database: its writer waits, on a connection of its own.
    auto other = db::Connection::openForWriting(fixture.shardPath(0));
    REQUIRE(other);
    REQUIRE(other.value()->execute("BEGIN IMMEDIATE"));
    const RunSketch waiting(0, 1, 10);
    fixture.store().write(waiting.run(), fixture.answers.next());
    const RunSketch independent(1, 1, 10);
    fixture.store().write(independent.run(), fixture.answers.next());
    fixture.loop.runUntil(fixture.store(), [&] { return fixture.answers.at(1) != "none"; });
    CHECK(fixture.answers.at(1) == "ok");
    CHECK(fixture.answers.at(0) == "none");
    CHECK(fixture.ask(1, "SELECT count(*) FROM events WHERE sequence IS NOT NULL") == "10");
    CHECK(fixture.ask(0, "SELECT count(*) FROM events WHERE sequence IS NOT NULL") == "0");
    REQUIRE(other.value()->execute("ROLLBACK"));
    fixture.loop.runUntilIdle(fixture.store());
    CHECK(fixture.write(waiting) == "ok");
    CHECK(fixture.storedEvents() == 20);
}

TEST_CASE("event store: writers keep their databases open between batches (Spec §14.1)") {
    StoreFixture fixture;
    fixture.openAndAttach();
    const base::Fd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    REQUIRE(::inotify_add_watch(watch.get(), fixture.shardPath(0).c_str(), IN_OPEN | IN_CLOSE) >=
            0);
    for (uint64_t run = 0; run < 5; ++run) {
        CHECK(fixture.write(RunSketch(0, run * 10 + 1, run * 10 + 10)) == "ok");
    }
    char event[sizeof(inotify_event) + NAME_MAX + 1];
    CHECK(::read(watch.get(), event, sizeof(event)) == -1);
    CHECK(errno == EAGAIN);
    fixture.kill();
    CHECK(::read(watch.get(), event, sizeof(event)) > 0);  // the watch does see a closed one
}

TEST_CASE("event store: with several shards per cpu runs take turns (Ruling S11)") {
    StoreFixture fixture(3, 1);
    fixture.openAndAttach();
    for (uint64_t run = 0; run < 6; ++run) {
        CHECK(fixture.write(RunSketch(0, run * 10 + 1, run * 10 + 10)) == "ok");
    }
    for (uint16_t shard = 0; shard < 3; ++shard) {
        CHECK(fixture.ask(shard, "SELECT count(*) FROM events WHERE sequence IS NOT NULL") == "20");
        CHECK(fixture.ask(shard, "SELECT count(*) FROM receipts") == "2");
    }
}

TEST_CASE("event store: runs sent without waiting are all stored, whatever the shards") {
    for (const uint16_t shards : {uint16_t{1}, uint16_t{2}, uint16_t{5}}) {
        CAPTURE(shards);
        StoreFixture fixture(shards, 2, 200);
        fixture.openAndAttach();
        std::vector<RunSketch> runs;
        for (uint64_t run = 0; run < 60; ++run) {
            for (uint16_t cpu = 0; cpu < 2; ++cpu) {
                runs.emplace_back(cpu, run * 70 + 1, run * 70 + 70);
            }
        }
        for (const RunSketch& run : runs) {
            fixture.store().write(run.run(), fixture.answers.next());
        }
        fixture.loop.runUntilIdle(fixture.store());
        for (size_t index = 0; index < fixture.answers.count(); ++index) {
            CHECK(fixture.answers.at(index) == "ok");
        }
        CHECK(fixture.storedEvents() == 60 * 70 * 2);
        CHECK(fixture.total("SELECT count(DISTINCT cpu_id * 100000 + sequence) FROM events WHERE "
                            "sequence IS NOT NULL") == 60 * 70 * 2);
    }
}

TEST_CASE("event store: a killed store's successor holds what was answered and takes the rest") {
    StoreFixture fixture;
    fixture.openAndAttach();
    const RunSketch first(0, 1, 20);
    const RunSketch second(0, 21, 40);
    CHECK(fixture.write(first) == "ok");
    fixture.kill();
    CHECK(fixture.open().resumePoints() == std::vector<wire::ResumePoint>{{0, 20}});
    REQUIRE(fixture.store().attach(1));
    fixture.loop.runUntilIdle(fixture.store());
    CHECK(fixture.store().holdings().front().held.intervals() ==
          std::vector<base::Interval>{{1, 20}});
    CHECK(fixture.write(first) == "ok");
    CHECK(fixture.write(second) == "ok");
    CHECK(fixture.storedEvents() == 40);
    CHECK(fixture.total("SELECT count(*) - count(DISTINCT id) FROM events") == 0);
}

TEST_CASE("event store: another number of shards finds what the earlier ones hold (Ruling S2)") {
    StoreFixture wide(4, 1);
    wide.openAndAttach();
    for (uint64_t run = 0; run < 8; ++run) {
        CHECK(wide.write(RunSketch(0, run * 10 + 1, run * 10 + 10)) == "ok");
    }
    wide.kill();
    auto narrow =
        EventStore::open({wide.folder(), 1, {}, 4'000'000}, wide.boot, wide.clock, wide.loop);
    REQUIRE(narrow);
    REQUIRE(narrow.value()->attach(1));
    wide.loop.runUntilIdle(*narrow.value());
    CHECK(narrow.value()->holdings().front().held.intervals() ==
          std::vector<base::Interval>{{1, 80}});
    const RunSketch all(0, 1, 90);
    narrow.value()->write(all.run(), wide.answers.next());
    wide.loop.runUntilIdle(*narrow.value());
    CHECK(wide.storedEvents() == 90);
}

TEST_CASE("event store: a new boot begins with nothing held, the old one's events stay") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 20)) == "ok");
    fixture.shutDown();
    fixture.boot.bytes.fill(8);
    CHECK(fixture.openAndAttach().resumePoints().empty());
    CHECK(fixture.write(RunSketch(0, 1, 5)) == "ok");
    CHECK(fixture.storedEvents() == 25);
}

TEST_CASE("event store: startup says whether the boot is the same, shutdown where it stopped") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 20)) == "ok");
    fixture.shutDown();
    CHECK(fixture.ask(0, "SELECT value FROM metadata WHERE key = 'last_sequence_0'") == "20");
    CHECK(fixture.ask(0, "SELECT event_type FROM events ORDER BY id DESC LIMIT 1") ==
          "synthetic.shutdown");
    fixture.openAndAttach();
    // In the payload's msgpack, the key `restart` is followed by false (C2) or true (C3).
    const std::string restart =
        "SELECT group_concat(substr(hex(payload), instr(hex(payload), '72657374617274') + 14, 2)) "
        "FROM (SELECT * FROM events WHERE event_type = 'synthetic.startup' ORDER BY id)";
    CHECK(fixture.ask(0, restart) == "C2,C3");
}

TEST_CASE("event store: ids never come again, even when retention has deleted the last rows") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 20)) == "ok");
    const int64_t stable = fixture.store().stableId();
    fixture.shutDown();
    fixture.damage(0, "DELETE FROM events");
    CHECK(fixture.open().stableId() == stable + 1);
}

TEST_CASE("event store: a full disk is Busy, stores nothing, and goes on when there is room") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 10)) == "ok");
    rlimit unlimited{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
    const auto restore = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{200 * 1024, unlimited.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const RunSketch large(0, 11, 3'000, {}, "a.b", 500);
    const RunSketch behind(0, 3'001, 3'005);
    fixture.store().write(large.run(), fixture.answers.next());
    fixture.store().write(behind.run(), fixture.answers.next());
    fixture.loop.runUntilIdle(fixture.store());
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &unlimited) == 0);
    ::signal(SIGXFSZ, restore);
    CHECK(fixture.answers.at(1) == "busy");
    CHECK(fixture.answers.at(2) == "busy");
    CHECK(fixture.write(behind) == "busy");
    CHECK(fixture.write(large) == "ok");
    CHECK(fixture.write(behind) == "ok");
    CHECK(fixture.storedEvents() == 3'005);
    CHECK(fixture.ask(0, "SELECT count(*) FROM receipts") == "1");
    // Ruling S10: with one shard, the error is recorded once the shard can write again.
    CHECK(fixture.ask(0,
                      "SELECT count(*) FROM events WHERE event_type = 'synthetic.storage_error'") ==
          "1");
}

TEST_CASE("event store: a notice follows every commit and tells what became visible") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 20)) == "ok");
    const auto notices = fixture.loop.notices();
    REQUIRE(notices.size() >= 2);
    CHECK(notices.back().shard == 0);
    CHECK(notices.back().first_id == 2);
    CHECK(notices.back().last_id == 21);
    CHECK(notices.back().stable_id == 21);
    CHECK(notices.back().newest_timestamp_ns == 1'767'225'600'000'000'020);
}

TEST_CASE("event store: nothing is taken before hello and while draining") {
    StoreFixture fixture;
    fixture.open();
    const RunSketch run(0, 1, 2);
    fixture.store().write(run.run(), fixture.answers.next());
    CHECK(fixture.answers.last() == "gone");
    REQUIRE(fixture.store().attach(1));
    fixture.loop.runUntilIdle(fixture.store());
    fixture.store().refuseRuns();
    CHECK(fixture.write(run) == "gone");
}

TEST_CASE("event store: hello with no cpus or too many is refused") {
    StoreFixture fixture;
    fixture.open();
    CHECK(fixture.store().attach(0).error().kind == base::ErrorKind::Invalid);
    CHECK(fixture.store().attach(kCpusMax + 1).error().kind == base::ErrorKind::Invalid);
}

TEST_CASE("event store: a collector with another number of rings is served by the same shards") {
    StoreFixture fixture(2, 2);
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(1, 1, 5)) == "ok");
    REQUIRE(fixture.store().attach(4));
    CHECK(fixture.store().holdings().size() == 4);
    CHECK(fixture.store().holdings().at(1).held.greatest() == 5);
    CHECK(fixture.write(RunSketch(3, 1, 5)) == "ok");
    REQUIRE(fixture.store().attach(1));
    REQUIRE(fixture.store().attach(4));
    CHECK(fixture.store().holdings().at(3).held.greatest() == 5);
}

TEST_CASE("event store: sequences and times beyond SQLite's integers are clamped (Ruling S11)") {
    StoreFixture fixture;
    fixture.openAndAttach();
    const uint64_t huge = uint64_t{1} << 63;
    std::vector<uint8_t> bytes;
    test::appendEvent(bytes, {.sequence = huge, .timestamp_ns = 0});
    const EventRun run{0, huge, huge, 1, {}, bytes};
    fixture.store().write(run, fixture.answers.next());
    fixture.loop.runUntilIdle(fixture.store());
    CHECK(fixture.answers.last() == "ok");
    CHECK(fixture.ask(0,
                      "SELECT count(*) FROM events WHERE sequence = 9223372036854775807 AND "
                      "timestamp = 9223372036854775807") == "1");
    CHECK(fixture.open().resumePoints().size() == 1);
}

TEST_CASE("event store: measures tell of every shard and of what was refused") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 20)) == "ok");
    CHECK(fixture.write(RunSketch(0, 1, 20)) == "ok");
    CHECK(fixture.write(RunSketch(9, 1, 20)) == "invalid");
    std::map<std::string, int64_t> measures;
    for (const wire::Measure& measure : fixture.store().measures()) {
        measures.emplace(measure.name, measure.value);
    }
    CHECK(measures.at("shard.0.rows_written") == 21);
    CHECK(measures.at("shard.0.wal_bytes") > 0);
    CHECK(measures.at("shard.0.file_bytes") > 0);
    CHECK(measures.at("stored_events") == 20);
    CHECK(measures.at("duplicate_events") == 20);
    CHECK(measures.at("refused_runs") == 1);
    CHECK(measures.at("stable_id") == 21);
}

// Receipts are the disk's word, not ours: what cannot be is a damaged database (Ruling S6).
TEST_CASE("event store: a shard with an impossible receipt is put aside and made anew") {
    for (const char* receipt :
         {"0, 50, 10", "0, 0, 5", "0, -7, 5", "-1, 50, 60", "70000, 50, 60"}) {
        CAPTURE(receipt);
        StoreFixture fixture;
        fixture.openAndAttach();
        CHECK(fixture.write(RunSketch(0, 1, 20)) == "ok");
        fixture.shutDown();
        fixture.damage(0, base::cat("INSERT INTO receipts(cpu_id, first_sequence, last_sequence, "
                                    "boot_id) SELECT ",
                                    receipt, ", boot_id FROM receipts LIMIT 1"));
        fixture.openAndAttach();
        CHECK(fixture.write(RunSketch(0, 21, 30)) == "ok");
        CHECK(fixture.total("SELECT count(*) FROM events WHERE sequence IS NOT NULL") == 30);
        CHECK(fixture.ask(0, "SELECT count(*) FROM events WHERE sequence IS NOT NULL") == "10");
    }
}

}  // namespace
}  // namespace evd::store
