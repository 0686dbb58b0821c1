// Rows per second that one shard stores from ready-made runs of 200-byte payloads, against the bare
// loop of the same run on the same disk: what of SQLite's speed is left once runs are checked,
// routed, receipted and answered. `store_bench [rows [events per run [folder]]]`.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "store/event_store.h"

#include "tests/bench/bare_loop.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/store/event_bytes.h"

#include <sys/resource.h>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <vector>

namespace {

namespace base = evd::base;
namespace bench = evd::bench;
namespace store = evd::store;
namespace test = evd::test;
namespace wire = evd::wire;

// As the collector has it (collector/ring/batch_window.h).
constexpr size_t kRunsUnansweredMax = 8;
constexpr uint32_t kPayloadBytes = 200;

class Loop final : public store::EventStoreListener {
  public:
    void reportsWaiting() override {
        const std::lock_guard lock(mutex_);
        is_signalled_ = true;
        changed_.notify_one();
    }
    void committed(const wire::CommitNotice&) override { ++notices; }
    void waitAndPump(store::EventStore& store) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return is_signalled_; });
            is_signalled_ = false;
        }
        store.pump();
    }
    std::atomic<uint64_t> notices{0};

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_signalled_ = false;
};

class CountedAnswer final : public store::RunAnswer {
  public:
    explicit CountedAnswer(size_t& unanswered) : unanswered_(unanswered) { ++unanswered_; }
    void give(base::Result<void> outcome) override {
        EVD_CHECK(outcome.ok(), "every run is stored");
        --unanswered_;
    }

  private:
    size_t& unanswered_;
};

struct StoreFigures {
    double rows_per_second = 0;
    uint64_t commits = 0;
    std::vector<wire::Measure> measures;
};

StoreFigures runStore(const std::string& folder, uint64_t rows, uint64_t events_per_run) {
    const base::SystemClock clock;
    Loop loop;
    base::Guid boot;
    boot.bytes.fill(7);
    auto opened = store::EventStore::open({folder, 1, {}, 4'096'000}, boot, clock, loop);
    EVD_CHECK(opened.ok(), "the bench's store");
    store::EventStore& event_store = *opened.value();
    EVD_CHECK(event_store.attach(1).ok(), "the bench's shard");
    while (!event_store.isIdle()) {
        loop.waitAndPump(event_store);
    }
    std::vector<std::vector<uint8_t>> blobs;
    for (uint64_t first = 1; first <= rows; first += events_per_run) {
        std::vector<uint8_t>& blob = blobs.emplace_back();
        for (uint64_t sequence = first; sequence < first + events_per_run; ++sequence) {
            test::appendEvent(blob, {.sequence = sequence,
                                     .type = "bench.event",
                                     .payload = std::vector<uint8_t>(kPayloadBytes, 0x61)});
        }
    }
    size_t unanswered = 0;
    const int64_t begun_ns = clock.monotonicNs();
    uint64_t first = 1;
    for (const auto& blob : blobs) {
        while (unanswered >= kRunsUnansweredMax) {
            loop.waitAndPump(event_store);
        }
        event_store.write(
            {0, first, first + events_per_run - 1, static_cast<uint32_t>(events_per_run), {}, blob},
            std::make_unique<CountedAnswer>(unanswered));
        first += events_per_run;
    }
    while (!event_store.isIdle()) {
        loop.waitAndPump(event_store);
    }
    const int64_t elapsed_ns = clock.monotonicNs() - begun_ns;
    StoreFigures figures;
    figures.rows_per_second =
        static_cast<double>(first - 1) * 1e9 / static_cast<double>(elapsed_ns);
    figures.commits = loop.notices;
    figures.measures = event_store.measures();
    event_store.stopWriters();
    return figures;
}

// Of the whole process so far; steadier than wall time when the machine is shared.
double cpuSeconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

uint64_t argument(int count, char** values, int index, uint64_t otherwise) {
    const auto parsed = index < count ? base::parseU64(values[index]) : otherwise;
    return parsed.ok() ? parsed.value() : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
    const uint64_t rows = argument(argc, argv, 1, 1'000'000);
    const uint64_t events_per_run = argument(argc, argv, 2, 3'000);
    const test::TemporaryDirectory folder;
    const double begun = cpuSeconds();
    const auto bare = bench::runBareLoop(folder / "bare.db", rows, 10'000, kPayloadBytes);
    const double between = cpuSeconds();
    const auto stored = runStore(folder / "events", rows, events_per_run);
    std::printf("bare loop   %10.0f rows/s  %.0f bytes/row\n", bare.rows_per_second,
                bare.bytes_per_row);
    std::printf("store       %10.0f rows/s  ratio %.2f  %llu commits\n", stored.rows_per_second,
                stored.rows_per_second / bare.rows_per_second,
                static_cast<unsigned long long>(stored.commits));
    const double per_row = 1e9 / static_cast<double>(rows);
    std::printf("cpu a row   %10.0f ns bare  %.0f ns store, making the runs included\n",
                (between - begun) * per_row, (cpuSeconds() - between) * per_row);
    for (const wire::Measure& measure : stored.measures) {
        std::printf("  %-28s %lld\n", measure.name.c_str(), static_cast<long long>(measure.value));
    }
    return 0;
}
