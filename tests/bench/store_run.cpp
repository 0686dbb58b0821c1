#include "tests/bench/store_run.h"

#include "common/base/clock.h"
#include "store/event_store.h"
#include "tests/unit/store/event_bytes.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace evd::bench {

namespace {

// As the collector has it (collector/ring/batch_window.h).
constexpr size_t kRunsUnansweredMax = 8;

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

struct Run {
    uint16_t cpu;
    uint64_t first;
    std::vector<uint8_t> events;
};

Run makeRun(uint16_t cpu, uint64_t first, uint64_t events) {
    Run run{cpu, first, {}};
    for (uint64_t sequence = first; sequence < first + events; ++sequence) {
        test::EventSketch event;
        event.sequence = sequence;
        event.cpu = cpu;
        event.type = "bench.event";
        event.payload.assign(kStorePayloadBytes, 0x61);
        test::appendEvent(run.events, event);
    }
    return run;
}

}  // namespace

StoreFigures runStore(const std::string& folder, uint64_t rows, uint64_t events_per_run,
                      uint16_t shards) {
    const base::SystemClock clock;
    Loop loop;
    base::Guid boot;
    boot.bytes.fill(7);
    auto opened = store::EventStore::open({folder, shards, {}, 4'096'000}, boot, clock, loop);
    EVD_CHECK(opened.ok(), "the bench's store");
    store::EventStore& event_store = *opened.value();
    EVD_CHECK(event_store.attach(shards).ok(), "the bench's shard");
    while (!event_store.isIdle()) {
        loop.waitAndPump(event_store);
    }
    std::vector<Run> runs;
    for (uint64_t made = 0; made < rows; made += events_per_run) {
        runs.push_back(makeRun(static_cast<uint16_t>(runs.size() % shards),
                               runs.size() / shards * events_per_run + 1, events_per_run));
    }
    size_t unanswered = 0;
    const int64_t begun_ns = clock.monotonicNs();
    for (const Run& run : runs) {
        while (unanswered >= kRunsUnansweredMax * shards) {
            loop.waitAndPump(event_store);
        }
        event_store.write({run.cpu,
                           run.first,
                           run.first + events_per_run - 1,
                           static_cast<uint32_t>(events_per_run),
                           {},
                           run.events},
                          std::make_unique<CountedAnswer>(unanswered));
    }
    while (!event_store.isIdle()) {
        loop.waitAndPump(event_store);
    }
    const int64_t elapsed_ns = clock.monotonicNs() - begun_ns;
    StoreFigures figures;
    figures.rows_per_second =
        static_cast<double>(runs.size() * events_per_run) * 1e9 / static_cast<double>(elapsed_ns);
    figures.commits = loop.notices;
    figures.measures = event_store.measures();
    event_store.stopWriters();
    return figures;
}

}  // namespace evd::bench
