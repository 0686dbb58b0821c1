// A write-ahead log that is held by readers who never all pause, and how it begins anew.

#include "queryd/exec/log_rest.h"

#include "common/base/thread.h"
#include "common/db/sqlite.h"
#include "queryd/exec/connection_cache.h"
#include "queryd/exec/read_snapshot.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace evd::queryd {
namespace {

constexpr uint64_t kLogBytes = 72 << 20;  // above what the store cuts a log to
constexpr int kMibs = 80;

// A database whose log is longer than kLogBytes, with a reader in it.
struct HeldLog {
    HeldLog() {
        writer = std::move(db::Connection::createForWriting(path, 4096).value());
        writer.reset();
        writer = std::move(db::Connection::openForWriting(path).value());
        REQUIRE(writer->execute("CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB)").ok());
        reader = std::move(db::Connection::openForReading(path).value());
        snapshot.emplace(*reader);
        REQUIRE(snapshot->begun().ok());
        for (int i = 0; i < kMibs; ++i) {
            write();
        }
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        file = {path, status.st_dev, status.st_ino};
        REQUIRE(logBytes() > kLogBytes);
    }
    // As the store does between two commits.
    void write() const {
        (void)writer->checkpointPassive();
        REQUIRE(writer->execute("INSERT INTO t(b) VALUES(zeroblob(1048576))").ok());
    }
    uint64_t logBytes() const {
        struct stat status {};
        return ::stat((path + "-wal").c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size)
                                                             : 0;
    }

    test::TemporaryDirectory folder;
    const std::string path = folder / "t.db";
    std::unique_ptr<db::Connection> writer;
    std::unique_ptr<db::Connection> reader;
    std::optional<ReadSnapshot> snapshot;
    DatabaseFile file;
};

TEST_CASE("log rest: who comes while a long log is held waits until it has begun anew") {
    HeldLog log;
    LogRest rest({kLogBytes, 1'000'000});
    const RunControl control;
    std::atomic<bool> has_entered = false;
    uint64_t bytes_then = 0;
    base::Thread second("second", [&] {
        const LogRest::Visit visit(rest, log.file, control);
        bytes_then = log.logBytes();
        has_entered = true;
    });
    log.write();  // The reader holds the log: it grows.
    CHECK(log.logBytes() > kLogBytes);
    CHECK_FALSE(has_entered);
    log.snapshot.reset();
    while (!has_entered) {
        log.write();
    }
    second.join();
    CHECK(bytes_then < kLogBytes);
}

// Whether one who comes now waits for the log, to no avail; the rest has two turns.
bool stalls(LogRest& rest, const HeldLog& log) {
    const base::SystemClock clock;
    const int64_t begin_ns = clock.monotonicNs();
    const LogRest::Visit visit(rest, log.file, RunControl());
    return clock.monotonicNs() - begin_ns >= 2 * LogRest::kRestTurnMs * base::kNsPerMs;
}

TEST_CASE("log rest: a log that nobody begins anew is given up until it has grown again") {
    const HeldLog log;
    LogRest rest({kLogBytes, 2});
    CHECK(stalls(rest, log));
    int again = 0;
    for (int i = 0; i < 5; ++i) {
        again += stalls(rest, log) ? 1 : 0;
    }
    CHECK(again < 5);
    for (int i = 0; i < kMibs; ++i) {
        log.write();
    }
    CHECK(stalls(rest, log));
}

TEST_CASE("log rest: a question that ends while it rests has not shown that resting is in vain") {
    const HeldLog log;
    LogRest rest({kLogBytes, 2});
    const std::atomic<bool> cancelled = true;
    RunControl ended;
    ended.cancelled = &cancelled;
    { const LogRest::Visit visit(rest, log.file, ended); }
    CHECK(stalls(rest, log));
}

TEST_CASE("log rest: a log that has begun anew is waited for again when it is long again") {
    HeldLog log;
    LogRest rest({kLogBytes, 2});
    CHECK(stalls(rest, log));
    log.snapshot.reset();
    while (log.logBytes() > kLogBytes) {
        log.write();
    }
    CHECK_FALSE(stalls(rest, log));
    log.snapshot.emplace(*log.reader);
    REQUIRE(log.snapshot->begun().ok());
    for (int i = 0; i < kMibs; ++i) {
        log.write();
    }
    CHECK(stalls(rest, log));
}

TEST_CASE("log rest: a short log keeps nobody waiting, and a question that ends does not wait on") {
    HeldLog log;
    const std::atomic<bool> cancelled = true;
    RunControl control;
    control.cancelled = &cancelled;
    LogRest held({kLogBytes, 1'000'000});
    const LogRest::Visit ended(held, log.file, control);
    LogRest patient({kLogBytes * 2, 1'000'000});
    const LogRest::Visit visit(patient, log.file, RunControl());
}

}  // namespace
}  // namespace evd::queryd
