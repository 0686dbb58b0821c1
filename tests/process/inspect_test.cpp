// People with the sqlite3 shell look into a store that is being written: whatever they do, events
// are stored exactly once, no transaction fails, and the write-ahead log is bounded again as soon
// as they have gone.

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/event_load.h"
#include "tests/support/exactly_once.h"
#include "tests/support/from_environment.h"
#include "tests/support/group.h"
#include "tests/support/sqlite_shell.h"
#include "tests/support/text_search.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <memory>
#include <optional>

namespace test = evd::test;
using evd::base::cat;

namespace {

constexpr const char* kEventType = "inspect.event";
constexpr test::EventPace kPace = {16, 4, 200};
constexpr int kSnapshotSecondsDefault = 4;

// Checkpoints are due at 100 x 4 KiB and put off to four times that under load; a batch more, and
// room for a slow machine. What a held snapshot collects in seconds is far more.
constexpr const char* kCheckpointPages = "100";
constexpr uint64_t kWalBytesBound = 2'500'000;

uint64_t secondsToHold() {
    return test::fromEnvironment("EVENTD_SNAPSHOT_SECONDS", kSnapshotSecondsDefault);
}

template <typename Holds>
bool comesTrue(const Holds& holds) {
    return test::waitUntil(test::kPatienceMs, holds);
}

// A group with one cpu and one shard, under load.
class LoadedGroup {
  public:
    LoadedGroup() : group_(state_, options()) {
        REQUIRE(group_.waitReady());
        load_ = std::make_unique<test::EventLoad>(state_.below("run/kmes.sock"), kEventType, kPace);
    }

    std::string shard() const { return state_.below("events/shard-0000.db"); }

    std::string statusText() const { return test::evctl(state_, {"-f", "table", "status"}).output; }
    // A figure of the shard as evctl shows it to programs; it comes with the store's heartbeat,
    // once a second.
    uint64_t figure(const std::string& name) const {
        std::optional<uint64_t> found;
        REQUIRE(comesTrue([&] { return (found = figureNow(name)).has_value(); }));
        return *found;
    }
    uint64_t emitted() const { return load_->acknowledgedCount(); }

    // Stops everything and proves that nobody has disturbed anything.
    void stopAndCheck() {
        load_->stop();
        const size_t emitted = load_->acknowledged().size();
        CHECK_FALSE(load_->wasRefused());
        CHECK(figure("failed_batches") == 0);
        CHECK(group_.stop() == 0);
        const auto report = test::checkExactlyOnce(state_.below("events"), kEventType);
        CHECK(report.violations.empty());
        CHECK(report.gap_records == 0);
        CHECK(report.numbers.size() == emitted);
        CHECK(report.distinct() == emitted);
    }

  private:
    std::optional<uint64_t> figureNow(const std::string& name) const {
        const auto answer = test::ask(state_, "status");
        return test::numberBehind(answer.output, cat("\"shard.0.", name, "\":"));
    }
    static test::GroupOptions options() {
        test::GroupOptions options;
        options.values.push_back({"Linux", "KmesCpus", "dword", "1"});
        options.values.push_back({"", "StorageShards", "dword", "1"});
        options.values.push_back({"", "WalCheckpointPages", "dword", kCheckpointPages});
        return options;
    }

    test::StateFolder state_;
    test::Group group_;
    std::unique_ptr<test::EventLoad> load_;
};

uint64_t countWith(test::SqliteShell& shell) {
    const std::string answer = shell.ask(
        cat("SELECT count(*) FROM events_readable WHERE event_type = '", kEventType, "';"));
    CAPTURE(answer);
    const auto number = evd::base::parseU64(answer);
    REQUIRE(number.ok());
    return number.value();
}

// Which file it is, and 0 when there is none.
ino_t fileOf(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

uint64_t bytesOf(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? static_cast<uint64_t>(found.st_size) : 0;
}

}  // namespace

TEST_CASE("inspect: shells that come, read and go under load disturb nothing") {
    LoadedGroup group;
    uint64_t before = 0;
    for (int visit = 0; visit < 20; ++visit) {
        test::SqliteShell shell(group.shard(), {"-readonly"});
        CHECK(comesTrue([&] { return countWith(shell) > before; }));
        before = countWith(shell);
        const std::string last =
            shell.ask("SELECT timestamp FROM events_readable ORDER BY id DESC LIMIT 1;");
        CHECK(last.starts_with("20"));
        CHECK(shell.ask("SELECT count(*) > 0 FROM receipts_readable;") == "1");
        CHECK(shell.quit() == 0);
    }
    group.stopAndCheck();
}

TEST_CASE("inspect: a snapshot that is held makes the log grow, says so, and nothing else") {
    LoadedGroup group;
    REQUIRE(comesTrue([&] { return group.figure("wal_bytes") > 0; }));
    test::SqliteShell holder(group.shard(), {"-readonly"});
    CHECK(holder.ask("BEGIN;") == "");
    const uint64_t held = countWith(holder);
    uint64_t wal_bytes = 0;
    uint64_t stored = held;
    for (uint64_t second = 0; second < secondsToHold() || wal_bytes < 2 * kWalBytesBound;
         ++second) {
        test::pauseMs(1000);
        test::SqliteShell other(group.shard(), {"-readonly"});
        CHECK(comesTrue([&] { return countWith(other) > stored; }));
        stored = countWith(other);
        wal_bytes = group.figure("wal_bytes");
        REQUIRE(second < 120 + secondsToHold());
    }
    CHECK(countWith(holder) == held);
    CHECK(comesTrue([&] { return group.figure("checkpoint_blocked") == 1; }));
    CHECK(group.statusText().find("checkpoint_blocked") != std::string::npos);
    CHECK(holder.ask("COMMIT;") == "");
    // The shell is still open; only its snapshot is gone.
    CHECK(comesTrue([&] {
        return group.figure("checkpoint_blocked") == 0 &&
               group.figure("wal_bytes") < kWalBytesBound;
    }));
    const uint64_t file_bytes = bytesOf(group.shard() + "-wal");
    const uint64_t emitted = group.emitted();
    CHECK(comesTrue([&] {
        CHECK(group.figure("wal_bytes") < kWalBytesBound);
        return group.emitted() > emitted + 8'000;  // in whole pages many times the bound
    }));
    CHECK(bytesOf(group.shard() + "-wal") <= file_bytes);
    CHECK(countWith(holder) > stored);
    group.stopAndCheck();
}

TEST_CASE("inspect: quitting a shell that may write leaves the log and the readers alone") {
    LoadedGroup group;
    test::SqliteShell reader(group.shard(), {"-readonly"});
    REQUIRE(comesTrue([&] { return countWith(reader) > 0; }));
    const ino_t log = fileOf(group.shard() + "-wal");
    const ino_t log_index = fileOf(group.shard() + "-shm");
    REQUIRE(log != 0);
    REQUIRE(log_index != 0);
    for (int visit = 0; visit < 10; ++visit) {
        test::SqliteShell shell(group.shard(), {});
        CHECK(countWith(shell) > 0);
        CHECK(shell.quit() == 0);
        CHECK(fileOf(group.shard() + "-wal") == log);
        CHECK(fileOf(group.shard() + "-shm") == log_index);
        const uint64_t before = countWith(reader);
        CHECK(comesTrue([&] { return countWith(reader) > before; }));
    }
    CHECK(reader.quit() == 0);
    group.stopAndCheck();
}
