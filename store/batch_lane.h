#pragma once

#include <cstdint>

namespace evd::store {

// What the store knows of one sender's numbered batches of one kind, and which it may take next
// (capnp/ingest.capnp, RecordIngest).
//
// The last number is all that a database keeps, so "stored" must mean "and everything before it is
// stored or given up": batches are taken in ascending order, and after a failed commit everything
// that the sender had sent behind it, not yet knowing, is refused too. The first refused batch that
// comes again, under its number, ends that: the sender sends in order, and nothing until all that
// was on its way is answered.
//
// Pure. Owned by a RecordStore, on its thread.
class BatchLane {
  public:
    enum class Verdict { Take, AlreadyStored, ComeAgain };

    // last_stored 0: nothing of the sender is stored. epoch: at least that of the lane before it,
    // since a writer remembers for good up to which epoch everything is given up.
    explicit BatchLane(uint64_t last_stored = 0, uint32_t epoch = 1)
        : last_stored_(last_stored), last_taken_(last_stored), epoch_(epoch) {}

    // With Take, the number counts as under way until it is committed or failed.
    Verdict admit(uint64_t number);
    void committed(uint64_t number);
    // epoch is the one under which the batch was taken. What was queued behind a failure is given
    // up under the same epoch; only the first report of an epoch begins a new one.
    void failed(uint64_t number, uint32_t epoch);

    uint32_t epoch() const { return epoch_; }
    uint64_t lastStored() const { return last_stored_; }

  private:
    uint64_t last_stored_;
    uint64_t last_taken_;
    uint64_t last_refused_ = 0;
    bool has_failed_ = false;  // until one that was refused comes again
    uint32_t epoch_;
};

}  // namespace evd::store
