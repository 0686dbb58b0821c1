#pragma once

#include <cstdint>

namespace evd::store {

// Decides how much retention deletes at a time and how long it rests in between (Spec §3.4, §11
// writer thread stall during retention).
//
// A batch should hold the shard for kHoldWantedNs and no longer. Its size doubles while batches are
// quick and halves when one was slow. After each, retention rests kRestPerHold times as long as it
// held the shard, so that a writer loses a small share of its time at most. While writers are kept
// waiting, batches are half as long and rests up to kPressureMax times; not less than that, because
// retention that a busy writer can stop does not keep a store within its limits. Pure.
class RetentionPace {
  public:
    static constexpr uint64_t kRowsMin = 16;
    static constexpr uint64_t kRowsFirst = 64;
    static constexpr uint64_t kRowsMax = 4096;
    static constexpr int64_t kHoldWantedNs = 2'000'000;
    static constexpr int64_t kRestPerHold = 4;
    static constexpr int64_t kRestMinNs = 500'000;
    static constexpr int64_t kRestMaxNs = 250'000'000;
    static constexpr int64_t kPressureMax = 4;

    uint64_t rows() const { return rows_; }
    // A batch of rows() has held the shard that long.
    void took(int64_t hold_ns, bool writer_waited);
    int64_t restNs() const;

  private:
    uint64_t rows_ = kRowsFirst;
    int64_t last_hold_ns_ = 0;
    int64_t pressure_ = 1;  // doubles with each batch that a writer waited for
};

}  // namespace evd::store
