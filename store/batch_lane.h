#pragma once

#include "common/base/clock.h"

#include <cstdint>
#include <optional>

namespace evd::store {

// What the store knows of one sender's numbered batches of one kind, and which it may take next
// (capnp/ingest.capnp, RecordIngest).
//
// The last number is all that a database keeps, so "stored" must mean "and everything before it is
// stored or given up": batches are taken in ascending order, and after a failed commit what the
// sender had sent behind it, not yet knowing, is refused too. The first batch that comes again ends
// that, because the sender sends again in order; so does, for a sender that drops what was refused,
// a new batch after kStragglersNs: by then all that was on its way has come.
//
// Pure. Owned by a RecordStore, on its thread.
class BatchLane {
  public:
    static constexpr int64_t kStragglersNs = base::kNsPerSecond;

    enum class Verdict { Take, AlreadyStored, ComeAgain };

    // last_stored 0: nothing of the sender is stored. epoch: at least that of the lane before it,
    // since a writer remembers for good up to which epoch everything is given up.
    explicit BatchLane(uint64_t last_stored = 0, uint32_t epoch = 1)
        : last_stored_(last_stored), last_taken_(last_stored), epoch_(epoch) {}

    // With Take, the number counts as under way until it is committed or failed.
    Verdict admit(uint64_t number, int64_t now_ns);
    void committed(uint64_t number);
    // epoch is the one under which the batch was taken. What was queued behind a failure is given
    // up under the same epoch; only the first report of an epoch begins a new one.
    void failed(uint64_t number, uint32_t epoch, int64_t now_ns);

    uint32_t epoch() const { return epoch_; }
    uint64_t lastStored() const { return last_stored_; }

  private:
    uint64_t last_stored_;
    uint64_t last_taken_;
    uint64_t last_refused_ = 0;
    std::optional<int64_t> failed_ns_;  // until a batch behind the failure is taken
    uint32_t epoch_;
};

}  // namespace evd::store
