// How fast events come in, how long the slowest of them take, and that bursts lose nothing.

#include "common/base/text.h"
#include "tests/bench/bare_loop.h"
#include "tests/bench/group_under_test.h"
#include "tests/support/exactly_once.h"
#include "tests/support/raw_query.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <filesystem>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr double kSteadyPerSecond = 100'000;
constexpr uint32_t kRowsPerTransaction = 10'000;
constexpr uint64_t kBareRowsMax = 4'000'000;
constexpr double kTailPerSecond = 20'000;
constexpr uint32_t kTailBatch = 20;
// A ring of 4 MiB holds 14,563 events of 288 bytes (77 of header, 11 of type, 200 of payload).
constexpr uint64_t kBurstEvents = 14'500;
constexpr int kBursts = 100;

double storeBytes(const test::StateFolder& state) {
    return static_cast<double>(fs::file_size(state.below("events/shard-0000.db")));
}

}  // namespace

void benchIngest(Figures& figures) {
    const double seconds = benchSeconds(60);
    uint64_t steady_lost = 0;
    {
        const test::StateFolder state;
        test::Group group(state, quietOptions());
        EVD_CHECK(group.waitReady(), "the group did not become ready");
        const auto steady = feed(state, {.seconds = seconds, .per_second = kSteadyPerSecond});
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
    const auto full = feed(state, {.seconds = seconds});
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
    EVD_CHECK(report.violations.empty(), "an event was doubled or lost without a record");
}

// Ring to durable (quality §1): from the emit's answer, which means that the event is in
// its ring, to the moment a reader finds it committed.
void benchTail(Figures& figures) {
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType,
                          kPayloadBytes - kPayloadFrameBytes);
    StoredRows stored(state.below("events/shard-0000.db"));
    const uint64_t before = stored.count();
    struct Waiting {
        uint64_t last;
        int64_t since_ns;
    };
    std::deque<Waiting> waiting;
    std::vector<double> took_ms;
    uint64_t emitted = 0;
    const int64_t start = nowNs();
    const auto end = start + static_cast<int64_t>(benchSeconds(30) * 1e9);
    while (nowNs() < end || !waiting.empty()) {
        const double due = static_cast<double>(nowNs() - start) / 1e9 * kTailPerSecond;
        if (nowNs() < end && static_cast<double>(emitted) < due) {
            emitted += emitter.emit(emitted + 1, kTailBatch).acknowledged;
            waiting.push_back({emitted, nowNs()});
            continue;
        }
        const uint64_t rows = stored.count() - before;
        while (!waiting.empty() && waiting.front().last <= rows) {
            took_ms.push_back(static_cast<double>(nowNs() - waiting.front().since_ns) / 1e6);
            waiting.pop_front();
        }
        test::pauseMs(0);
    }
    figures.push_back({"tail.p50", percentile(took_ms, 50), "ms", 0, "", ""});
    figures.push_back({"tail.p99", percentile(took_ms, 99), "ms", 0, "", "20"});
    figures.push_back({"tail.max", percentile(took_ms, 100), "ms", 0, "", ""});
}

// The collector is stopped while the ring is filled, so that it is full whatever the speed.
void benchBurst(Figures& figures) {
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType,
                          kPayloadBytes - kPayloadFrameBytes);
    StoredRows stored(state.below("events/shard-0000.db"));
    uint64_t emitted = 0;
    std::vector<double> drained_ms;
    for (int burst = 0; burst < kBursts; ++burst) {
        const uint64_t before = stored.count();
        EVD_CHECK(group.signalChild("eventd-collector", SIGSTOP), "there is no collector");
        const uint64_t first = emitted;
        while (emitted - first < kBurstEvents) {
            const auto left = static_cast<uint32_t>(
                std::min<uint64_t>(kBurstEvents - (emitted - first), test::kEmitBatchMax));
            emitted += emitter.emit(emitted + 1, left).acknowledged;
        }
        const int64_t start = nowNs();
        EVD_CHECK(group.signalChild("eventd-collector", SIGCONT), "the collector has gone");
        while (stored.count() - before < kBurstEvents && nowNs() - start < 10'000'000'000) {
            test::pauseMs(1);
        }
        drained_ms.push_back(static_cast<double>(nowNs() - start) / 1e6);
    }
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    EVD_CHECK(report.violations.empty(), "an event was doubled or lost without a record");
    figures.push_back({"burst.lost", static_cast<double>(report.lost), "events",
                       static_cast<double>(emitted), "emitted", "0"});
    figures.push_back({"burst.drained_p50", percentile(drained_ms, 50), "ms", 0, "", ""});
    figures.push_back({"burst.drained_max", percentile(drained_ms, 100), "ms", 0, "", ""});
}

// Full speed with no, one and two secondary indexes.
void benchIndexes(Figures& figures) {
    constexpr std::array<const char*, 3> kFields = {"", "event_type", "process_guid"};
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    double without = 0;
    for (size_t indexes = 0; indexes < kFields.size(); ++indexes) {
        if (indexes > 0) {
            test::RawQuery query(state.below("run/query.sock"));
            EVD_CHECK(query.countRecords(cat("EVENTS INDEX ", kFields.at(indexes)), 5000),
                      "the index was refused");
            EVD_CHECK(waitForIndex(state.below("events/shard-0000.db"), kFields.at(indexes)),
                      "the index was not built");
        }
        const auto run = feed(state, {.seconds = benchSeconds(15)});
        without = indexes == 0 ? run.events_per_second : without;
        figures.push_back({cat("indexes.", indexes, "_secondary"), run.events_per_second,
                           "events/s", without, "without", ""});
    }
}

}  // namespace evd::bench
