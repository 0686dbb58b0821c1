// Figures of the whole group against limits measured in the same run on the same disk.
//
//   group_bench [ingest] [latency] [idle]        EVENTD_BENCH_SECONDS shortens the long parts
//
// ingest   a steady 100,000 events/s of 200 bytes on one ring, then as fast as the store takes them
//          (the producer holds at most half a ring of events that are not yet stored), then the
//          bare SQLite loop. All three share the two processors and the disk.
// latency  one event at a time, until a question finds it, and until a stream delivers it.
// idle     memory and processor time of a group that has nothing to do but its sensors.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "tests/bench/bare_loop.h"
#include "tests/bench/figures.h"
#include "tests/support/emitter.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"
#include "tests/support/raw_query.h"

#include <sqlite3.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr const char* kEventType = "bench.event";
constexpr uint32_t kPayloadBytes = 200;
// What the test payload has around its padding: map, two keys, a nine-byte number, a bin header.
constexpr uint32_t kPayloadFrameBytes = 18;
constexpr double kSteadyPerSecond = 100'000;
constexpr uint64_t kUnstoredMax = 6'000;  // about half of a 4 MiB ring
constexpr uint32_t kRowsPerTransaction = 10'000;
constexpr uint64_t kBareRowsMax = 4'000'000;
constexpr int kLatencySamples = 300;

double secondsFromEnvironment(double otherwise) {
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

// Looks at how many rows are committed, from outside, through a read-only connection.
class StoredRows {
  public:
    explicit StoredRows(const std::string& path) {
        sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READONLY, nullptr);
        sqlite3_prepare_v2(db_, "SELECT max(id) FROM events", -1, &query_, nullptr);
    }
    ~StoredRows() {
        sqlite3_finalize(query_);
        sqlite3_close(db_);
    }
    StoredRows(const StoredRows&) = delete;
    StoredRows& operator=(const StoredRows&) = delete;

    uint64_t count() {
        uint64_t rows = 0;
        if (sqlite3_step(query_) == SQLITE_ROW) {
            rows = static_cast<uint64_t>(sqlite3_column_int64(query_, 0));
        }
        sqlite3_reset(query_);
        return rows;
    }

  private:
    sqlite3* db_ = nullptr;
    sqlite3_stmt* query_ = nullptr;
};

struct IngestRun {
    double events_per_second = 0;
    uint64_t emitted = 0;
    double memory_mib = 0;
};

// Emits for `seconds` at most `per_second` (0: no pace of its own), never further ahead of the
// store than kUnstoredMax when unpaced, then waits until everything is stored.
IngestRun feed(test::Group& group, const test::StateFolder& state, double seconds,
               double per_second) {
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType,
                          kPayloadBytes - kPayloadFrameBytes);
    StoredRows stored(state.below("events/shard-0000.db"));
    const uint64_t before = stored.count();
    const int64_t start = nowNs();
    const auto elapsed = [&] { return static_cast<double>(nowNs() - start) / 1e9; };
    IngestRun run;
    while (elapsed() < seconds) {
        const bool ahead = per_second > 0
                               ? static_cast<double>(run.emitted) > elapsed() * per_second
                               : run.emitted > stored.count() - before + kUnstoredMax;
        if (ahead) {
            test::pauseMs(per_second > 0 ? 1 : 0);
            continue;
        }
        run.emitted += emitter.emit(run.emitted + 1, test::kEmitBatchMax).acknowledged;
    }
    run.memory_mib = memoryMib(groupPids(group));
    while (stored.count() - before < run.emitted && elapsed() < seconds + 10) {
        test::pauseMs(1);
    }
    run.events_per_second = static_cast<double>(run.emitted) / elapsed();
    return run;
}

double storeBytes(const test::StateFolder& state) {
    return static_cast<double>(fs::file_size(state.below("events/shard-0000.db")));
}

void benchIngest(std::vector<Figure>& figures) {
    const double seconds = secondsFromEnvironment(60);
    uint64_t steady_lost = 0;
    {
        const test::StateFolder state;
        test::Group group(state, quietOptions());
        EVD_CHECK(group.waitReady(), "the group did not become ready");
        const auto steady = feed(group, state, seconds, kSteadyPerSecond);
        EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
        steady_lost = test::checkExactlyOnce(state.below("events"), kEventType).lost;
        figures.push_back({"ingest.steady", steady.events_per_second, "events/s", kSteadyPerSecond,
                           "offered", "no gap"});
        figures.push_back(
            {"ingest.steady_lost", static_cast<double>(steady_lost), "events", 0, "", "0"});
    }
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    const auto full = feed(group, state, seconds, 0);
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    const uint64_t rows = std::min(full.emitted, kBareRowsMax);
    const auto bare = runBareLoop(state.below("bare.db"), rows, kRowsPerTransaction, kPayloadBytes);
    figures.push_back({"ingest.full_speed", full.events_per_second, "events/s",
                       bare.rows_per_second, "bare SQLite loop", "ratio 0.6"});
    figures.push_back(
        {"ingest.full_speed_lost", static_cast<double>(report.lost), "events", 0, "", "0"});
    figures.push_back({"ingest.bytes_per_event",
                       storeBytes(state) / static_cast<double>(report.events), "bytes",
                       bare.bytes_per_row, "bare SQLite loop", "ratio 1.05"});
    figures.push_back({"ingest.memory_full_load", full.memory_mib, "MiB", 0, "", "128"});
    EVD_CHECK(report.violations.empty(), "an event was doubled or lost without a record");
}

// Milliseconds from the start of the emit until a question's answer includes the event.
double askUntilFound(test::Emitter& emitter, const std::string& query_socket, uint64_t number) {
    const int64_t start = nowNs();
    emitter.emit(number, 1);
    while (true) {
        test::RawQuery query(query_socket);
        const auto found = query.countRecords(
            cat("EVENTS ", kEventType, " WHERE n == ", number, " SINCE 1m ago TAKE 1"), 5000);
        if (found.value_or(0) > 0) {
            return static_cast<double>(nowNs() - start) / 1e6;
        }
    }
}

void benchLatency(std::vector<Figure>& figures) {
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType,
                          kPayloadBytes - kPayloadFrameBytes);
    const std::string query_socket = state.below("run/query.sock");
    std::vector<double> asked;
    std::vector<double> streamed;
    uint64_t number = 0;
    for (int i = 0; i < kLatencySamples; ++i) {
        asked.push_back(askUntilFound(emitter, query_socket, ++number));
        test::pauseMs(10);
    }
    test::RawQuery stream(query_socket);
    stream.send(cat("EVENTS ", kEventType, " TAKE 1 STREAM"));
    (void)stream.receive(5000);
    for (int i = 0; i < kLatencySamples; ++i) {
        const int64_t start = nowNs();
        emitter.emit(++number, 1);
        const auto message = stream.receive(5000);
        EVD_CHECK(message.has_value(), "the stream ended");
        streamed.push_back(static_cast<double>(nowNs() - start) / 1e6);
        test::pauseMs(10);
    }
    figures.push_back({"latency.ask_p50", percentile(asked, 50), "ms", 0, "", "5"});
    figures.push_back({"latency.ask_p99", percentile(asked, 99), "ms", 0, "", ""});
    figures.push_back({"latency.stream_p50", percentile(streamed, 50), "ms", 0, "", "5"});
    figures.push_back({"latency.stream_p99", percentile(streamed, 99), "ms", 0, "", ""});
}

void benchIdle(std::vector<Figure>& figures) {
    const double seconds = secondsFromEnvironment(30);
    const test::StateFolder state;
    test::Group group(state, {});
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    test::pauseMs(2000);
    const auto pids = groupPids(group);
    const double before = processorSeconds(pids);
    test::pauseMs(static_cast<int>(seconds * 1000));
    const double used = processorSeconds(pids) - before;
    figures.push_back({"idle.processor", used / seconds * 100, "% of one", 0, "", "0.5"});
    figures.push_back({"idle.memory", memoryMib(pids), "MiB", 0, "", "64"});
}

}  // namespace

}  // namespace evd::bench

int main(int count, char** arguments) {
    const std::vector<std::string_view> wanted(arguments + 1, arguments + count);
    const auto chosen = [&](std::string_view name) {
        return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    };
    std::vector<evd::bench::Figure> figures;
    if (chosen("ingest")) {
        evd::bench::benchIngest(figures);
    }
    if (chosen("latency")) {
        evd::bench::benchLatency(figures);
    }
    if (chosen("idle")) {
        evd::bench::benchIdle(figures);
    }
    evd::bench::printTable(figures);
    const std::string json = evd::base::cat(EVD_BIN_FOLDER, "/../bench.json");
    return evd::bench::writeJson(figures, json) ? 0 : 1;
}
