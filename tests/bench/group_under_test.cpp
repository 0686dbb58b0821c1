#include "tests/bench/group_under_test.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "tests/support/sqlite_shell.h"

#include <algorithm>
#include <cstdlib>

namespace evd::bench {

namespace {

using base::cat;

constexpr uint64_t kUnstoredMax = 6'000;  // about half of a 4 MiB ring
constexpr double kStoreSecondsMax = 10;
constexpr int64_t kIndexWaitSeconds = 120;

}  // namespace

double benchSeconds(double otherwise) {
    const char* text = std::getenv("EVENTD_BENCH_SECONDS");
    if (text == nullptr) {
        return otherwise;
    }
    const auto seconds = base::parseU64(text);
    return seconds.ok() && seconds.value() > 0 ? static_cast<double>(seconds.value()) : otherwise;
}

int64_t nowNs() {
    return base::SystemClock().monotonicNs();
}

std::vector<int> groupPids(const test::Group& group) {
    std::vector<int> pids = {group.pid()};
    for (const auto& child : group.children()) {
        pids.push_back(child.second);
    }
    return pids;
}

test::GroupOptions quietOptions() {
    test::GroupOptions options;
    options.values.push_back({"Linux", "KmesCpus", "dword", "1"});
    options.values.push_back({"", "StorageShards", "dword", "1"});
    options.values.push_back({"Linux", "Sensors", "multi", "[]"});
    return options;
}

StoredRows::StoredRows(const std::string& path, const std::string& table) {
    sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READONLY, nullptr);
    const std::string query = cat("SELECT max(rowid) FROM ", table);
    sqlite3_prepare_v2(db_, query.c_str(), -1, &query_, nullptr);
}

StoredRows::~StoredRows() {
    sqlite3_finalize(query_);
    sqlite3_close(db_);
}

uint64_t StoredRows::count() {
    uint64_t rows = 0;
    if (sqlite3_step(query_) == SQLITE_ROW) {
        rows = static_cast<uint64_t>(sqlite3_column_int64(query_, 0));
    }
    sqlite3_reset(query_);
    return rows;
}

IngestRun feed(const test::StateFolder& state, const Feed& feed) {
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType,
                          feed.payload_bytes - kPayloadFrameBytes);
    StoredRows stored(state.below("events/shard-0000.db"));
    const uint64_t before = stored.count();
    const int64_t start = nowNs();
    const auto elapsed = [&] { return static_cast<double>(nowNs() - start) / 1e9; };
    IngestRun run;
    while (elapsed() < feed.seconds && run.emitted < feed.events_max) {
        const bool ahead = feed.per_second > 0
                               ? static_cast<double>(run.emitted) > elapsed() * feed.per_second
                               : run.emitted > stored.count() - before + kUnstoredMax;
        if (ahead) {
            test::pauseMs(1);
            continue;
        }
        const auto batch = static_cast<uint32_t>(
            std::min<uint64_t>(feed.events_max - run.emitted, test::kEmitBatchMax));
        run.emitted += emitter.emit(run.emitted + 1, batch).acknowledged;
    }
    const double patience = elapsed() + kStoreSecondsMax;
    while (stored.count() - before < run.emitted && elapsed() < patience) {
        test::pauseMs(1);
    }
    run.events_per_second = static_cast<double>(run.emitted) / elapsed();
    return run;
}

bool waitForIndex(const std::string& path, const std::string& name) {
    const int64_t end = nowNs() + kIndexWaitSeconds * 1'000'000'000;
    while (nowNs() < end) {
        test::SqliteShell shell(path, {"-readonly"});
        const auto found = shell.ask(
            cat("SELECT count(*) FROM sqlite_schema WHERE name = 'idx_events_", name, "';"));
        if (found == "1") {
            return true;
        }
        test::pauseMs(100);
    }
    return false;
}

}  // namespace evd::bench
