#include "store/retention.h"

#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>

namespace evd::store {
namespace {

using test::RunSketch;
using test::StoreFixture;

constexpr int64_t kPatienceNs = 60 * base::kNsPerSecond;  // then something is broken

std::map<std::string, int64_t> measuresOf(EventStore& store) {
    std::map<std::string, int64_t> measures;
    for (const wire::Measure& measure : store.measures()) {
        measures.emplace(measure.name, measure.value);
    }
    return measures;
}

// Calls step() until it answers true; false when patience ends.
template <typename Step>
bool until(const base::Clock& clock, Step step) {
    const int64_t begun_ns = clock.monotonicNs();
    while (!step()) {
        if (clock.monotonicNs() - begun_ns > kPatienceNs) {
            return false;
        }
    }
    return true;
}

// No file may become longer than that while it lives: to SQLite a full disk.
class FullDisk {
  public:
    explicit FullDisk(rlim_t file_bytes_max) : restore_(::signal(SIGXFSZ, SIG_IGN)) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &unlimited_) == 0);
        const rlimit small{file_bytes_max, unlimited_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    }
    ~FullDisk() {
        (void)::setrlimit(RLIMIT_FSIZE, &unlimited_);
        ::signal(SIGXFSZ, restore_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

  private:
    rlimit unlimited_{};
    sighandler_t restore_;
};

TEST_CASE("retention: it deletes beside live writers, no batch fails and nothing comes twice") {
    StoreFixture fixture(2, 2);
    EventStore& store = fixture.openAndAttach();
    uint64_t next = 1;
    uint32_t days = 1;
    constexpr uint64_t kRows = 200;
    const bool done = until(fixture.clock, [&] {
        // The fixture's events are from a fixed day in the past: each is due at once. Other limits
        // are a reason to look at once.
        store.configureRetention({days = 3 - days, 0, 0});
        for (const uint16_t cpu : {uint16_t{0}, uint16_t{1}}) {
            REQUIRE(fixture.write(RunSketch(cpu, next, next + kRows - 1, {}, "a.b", 300)) == "ok");
        }
        next += kRows;
        return measuresOf(store).at("retention.deleted_rows") > 5'000;
    });
    CHECK(done);
    const auto measures = measuresOf(store);
    CHECK(measures.at("shard.0.failed_batches") == 0);
    CHECK(measures.at("shard.1.failed_batches") == 0);
    CHECK(measures.at("retention.left_databases") == 0);
    CHECK(measures.at("retention.worst_pause_us") >= 0);
    MESSAGE(base::cat("worst pause ", measures.at("retention.worst_pause_us"), " us"));
    // Deleted, but not forgotten.
    CHECK(fixture.write(RunSketch(0, 1, kRows)) == "ok");
    CHECK(measuresOf(store).at("duplicate_events") == kRows);
    fixture.shutDown();
    CHECK(fixture.total("SELECT count(*) FROM receipts") == 2);
    CHECK(fixture.ask(0, "PRAGMA integrity_check") == "ok");
    fixture.openAndAttach();
    CHECK(fixture.store().holdings().at(1).held.greatest() == next - 1);
}

TEST_CASE("retention: on a full disk it is woken, deletes, and the same run is stored (Spec §11)") {
    StoreFixture fixture;
    EventStore& store = fixture.openAndAttach();
    constexpr uint64_t kRows = 1'000;
    uint64_t next = 1;
    const FullDisk disk(4 * 1024 * 1024);
    const auto writeNext = [&] {
        const std::string answer =
            fixture.write(RunSketch(0, next, next + kRows - 1, {}, "a.b", 500));
        next += answer == "ok" ? kRows : 0;
        return answer;
    };
    // Where only the log is full, the next run finds it emptied.
    REQUIRE(until(fixture.clock, [&] { return writeNext() == "busy" && writeNext() == "busy"; }));
    // Without limits it looks, and touches nothing.
    CHECK(until(fixture.clock, [&] { return measuresOf(store).at("retention.runs") > 0; }));
    CHECK(measuresOf(store).at("retention.deleted_rows") == 0);
    store.configureRetention({0, 1024 * 1024, 0});
    const uint64_t full_at = next;
    CHECK(until(fixture.clock, [&] {
        (void)writeNext();
        return next > full_at + 20 * kRows;
    }));
    CHECK(measuresOf(store).at("retention.deleted_rows") > 0);
    CHECK(std::filesystem::file_size(fixture.shardPath(0)) <= 4 * 1024 * 1024);
    CHECK(fixture.ask(0, "PRAGMA integrity_check") == "ok");
    // What is left is the end of the sequence, without a hole.
    CHECK(fixture.ask(0,
                      "SELECT max(sequence) - min(sequence) + 1 - count(*) FROM events WHERE "
                      "sequence IS NOT NULL") == "0");
    CHECK(fixture.ask(0, "SELECT max(sequence) FROM events") == base::cat(next - 1));
}

TEST_CASE("retention: it ends at once with the store, also while it sweeps") {
    StoreFixture fixture;
    EventStore& store = fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 1'000)) == "ok");
    store.configureRetention({1, 0, 0});
    fixture.shutDown();
    CHECK(fixture.storedEvents() <= 1'000);
    CHECK(fixture.ask(0, "SELECT count(*) FROM events WHERE event_type = 'synthetic.shutdown'") ==
          "1");
}

TEST_CASE("retention: a restart is known as one when its last event was deleted (Spec §3.5)") {
    StoreFixture fixture;
    fixture.openAndAttach();
    CHECK(fixture.write(RunSketch(0, 1, 20)) == "ok");
    fixture.shutDown();
    fixture.damage(0, "DELETE FROM events");
    fixture.openAndAttach();
    CHECK(fixture.ask(0,
                      "SELECT substr(hex(payload), instr(hex(payload), '72657374617274') + 14, "
                      "2) FROM events WHERE event_type = 'synthetic.startup'") == "C3");
}

}  // namespace
}  // namespace evd::store
