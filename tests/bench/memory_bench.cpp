// What the group holds in memory with nothing to do, and at most while each kind of record comes in
// faster than it can be stored.

#include "common/base/check.h"
#include "common/base/thread.h"
#include "tests/bench/bench_records.h"
#include "tests/bench/record_sender.h"

#include <algorithm>
#include <atomic>

namespace evd::bench {

namespace {

constexpr double kSeconds = 15;
constexpr int kSettleMs = 2'000;
constexpr int kLookMs = 100;
constexpr uint32_t kBatch = 100;

// Looks at the group's memory on a thread of its own, from its birth until it is asked.
class MemoryWatch {
  public:
    explicit MemoryWatch(const test::Group& group)
        : pids_(groupPids(group)), thread_("memory-watch", [this] { run(); }) {}
    // The most that was held, in MiB (PSS).
    double stop() {
        is_over_ = true;
        thread_.join();
        return most_mib_;
    }

  private:
    void run() {
        while (!is_over_) {
            most_mib_ = std::max(most_mib_, memoryMib(pids_));
            test::pauseMs(kLookMs);
        }
    }

    const std::vector<int> pids_;
    double most_mib_ = 0;
    std::atomic<bool> is_over_ = false;
    base::Thread thread_;
};

double idleMib() {
    const test::StateFolder state;
    test::Group group(state, {});
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    test::pauseMs(kSettleMs);
    return memoryMib(groupPids(group));
}

template <typename Load>
double mostMib(Load load) {
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    MemoryWatch watch(group);
    load(state);
    const double most_mib = watch.stop();
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    return most_mib;
}

void feedEvents(const test::StateFolder& state) {
    (void)feed(state, {.seconds = benchSeconds(kSeconds)});
}

void floodLines(const test::StateFolder& state) {
    const Lines lines;
    StoredRows rows(state.below("logs.db"), "logs");
    (void)sendRecords(
        state.below("run/log.sock"), rows, {0, kBatch},
        [&](wire::RecordDatagram& datagram, uint64_t number) { lines.add(datagram, number); });
}

void floodSamples(const test::StateFolder& state) {
    const Samples samples;
    StoredRows rows(state.below("metrics.db"), "samples");
    (void)sendRecords(
        state.below("run/metric.sock"), rows, {0, kBatch},
        [&](wire::RecordDatagram& datagram, uint64_t number) { samples.add(datagram, number); });
}

void floodBoth(const test::StateFolder& state) {
    base::Thread lines("flood-lines", [&] { floodLines(state); });
    floodSamples(state);
    lines.join();
}

}  // namespace

void benchMemory(Figures& figures) {
    figures.push_back({"memory.idle", idleMib(), "MiB", 0, "", "64"});
    figures.push_back(
        {"memory.events at full speed, most", mostMib(feedEvents), "MiB", 0, "", "128"});
    figures.push_back({"memory.lines flooded, most", mostMib(floodLines), "MiB", 0, "", "128"});
    figures.push_back({"memory.samples flooded, most", mostMib(floodSamples), "MiB", 0, "", "128"});
    figures.push_back(
        {"memory.lines and samples flooded, most", mostMib(floodBoth), "MiB", 0, "", ""});
}

}  // namespace evd::bench
