#pragma once

#include "store/checkpointer.h"
#include "store/latency_window.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

namespace evd::store {

// What both kinds of writers tell of themselves.
struct WriterFigures {
    uint64_t rows_written = 0;
    uint64_t batch_rows = 0;  // of the last transaction
    int64_t wal_bytes = 0;
    bool checkpoint_blocked = false;  // a reader's snapshot keeps the log from shrinking
    uint64_t failed_batches = 0;
    LatencyWindow::Percentiles commit;

    // All but the rows written, which the stores name differently.
    void addMeasures(const std::function<void(std::string_view name, int64_t value)>& add) const;
};

// Counts a writer's transactions: how many rows, how many failures, how long commits took. The
// writer's thread adds, any thread asks.
class CommitMeter {
  public:
    void committed(uint64_t rows, int64_t commit_ns);
    void failed() { ++failed_batches_; }

    // With what the checkpointer knows of the log.
    WriterFigures figures(const Checkpointer& checkpointer) const;
    wire::Histogram seconds() const { return latency_.histogram(); }

  private:
    std::atomic<uint64_t> rows_written_{0};
    std::atomic<uint64_t> batch_rows_{0};
    std::atomic<uint64_t> failed_batches_{0};
    LatencyWindow latency_;
};

}  // namespace evd::store
