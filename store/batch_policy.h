#pragma once

#include <cstdint>

namespace evd::store {

// Decides when a writer ends its transaction (Spec §2.4, adaptive batch sizing).
//
// Committing often keeps little at risk, committing rarely saves fsyncs. The policy commits at once
// when nothing more is waiting, and otherwise goes on until the batch is as large as the load calls
// for. That size follows from three smoothed figures - arrivals per second, the cost of a commit,
// the cost of an insert - and moves by at most kGrowth per batch upwards and kShrink downwards, so
// that bursts do not make it swing between extremes. The limits of the settings hold always.
//
// Pure: time and numbers are arguments. Used by one writer on its thread; limits may be changed
// between two batches.
class BatchPolicy {
  public:
    struct Limits {
        uint64_t rows_max = 10'000;            // MaxBatchSize
        int64_t latency_ns_max = 100'000'000;  // MaxBatchLatencyMs
    };
    enum class Decision { Continue, Commit };

    static constexpr double kGrowth = 2.0;
    static constexpr double kShrink = 0.7;
    // How far back the figures look; longer than a burst between two commits, shorter than a
    // person.
    static constexpr double kSmoothingNs = 250e6;

    explicit BatchPolicy(Limits limits) : limits_(limits) {}
    void setLimits(Limits limits) { limits_ = limits; }

    // The first record of a batch has been taken.
    void begin(int64_t now_ns) { begun_ns_ = now_ns; }

    // After each insert: whether to commit now. `waiting_rows` are in the queue.
    Decision decide(int64_t now_ns, uint64_t batch_rows, uint64_t waiting_rows) const;

    // Whether that many more rows may join the batch. The first always may.
    bool fits(uint64_t batch_rows, uint64_t more_rows) const {
        return batch_rows == 0 || batch_rows + more_rows <= limits_.rows_max;
    }

    struct Outcome {
        uint64_t rows = 0;
        uint64_t waiting_rows = 0;  // at the end of the commit
        int64_t insert_ns = 0;      // spent inserting, waiting excluded
        int64_t commit_ns = 0;
    };
    void committed(int64_t now_ns, const Outcome& outcome);

    // Rows after which a batch is committed although more are waiting.
    uint64_t targetRows() const;

  private:
    double wantedRows() const;

    Limits limits_;
    int64_t begun_ns_ = 0;
    int64_t last_commit_ns_ = -1;
    uint64_t last_waiting_rows_ = 0;
    double rows_per_ns_ = 0;
    double insert_ns_per_row_ = 0;
    double commit_ns_ = 0;
    double target_rows_ = 1;
};

}  // namespace evd::store
