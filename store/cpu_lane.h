#pragma once

#include "common/base/interval_set.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace evd::store {

// What the store knows of one cpu's sequence numbers in this boot, and which runs it may take next.
//
// This is where "exactly once" is decided (Ruling S2). A run is cut down to what is not accounted
// for yet; one that touches numbers which are still queued must come again, because neither
// "stored" nor "not stored" is true of them. Runs of a cpu are committed in order
// (capnp/ingest.capnp): after a failed commit nothing behind it is taken until the failed run has
// come again, so that what is accounted for never has a hole that a restarted collector might take
// for its resume point.
//
// Pure. Owned by the EventStore, on its thread.
class CpuLane {
  public:
    // epoch: at least that of every lane of this cpu before it, since writers remember for good up
    // to which epoch everything of a cpu is given up.
    explicit CpuLane(base::IntervalSet accounted, uint32_t epoch = 1)
        : accounted_(std::move(accounted)), epoch_(epoch) {}

    enum class Verdict { Take, AlreadyHeld, ComeAgain };
    struct Admission {
        Verdict verdict = Verdict::Take;
        std::vector<base::Interval> wanted;  // with Take: what is new
    };
    // With Take, the wanted numbers count as queued until each is committed or failed.
    Admission admit(base::Interval run);

    void committed(base::Interval interval);
    // These are accounted for, whatever was said of them before: a commit that failed is in the
    // database after all.
    void found(const base::IntervalSet& held);
    // epoch is the one under which the interval was queued. What was queued behind a failure is
    // given up under the same epoch; only the first report of an epoch begins a new one.
    void failed(base::Interval interval, uint32_t epoch);
    // A new collector resumes from the holdings; nothing is owed to it in a certain order.
    void forgetFailures() { must_come_first_.reset(); }

    uint32_t epoch() const { return epoch_; }
    bool isIdle() const { return queued_.empty(); }
    const base::IntervalSet& accounted() const { return accounted_; }
    // The contiguous run of accounted numbers that ends at the greatest; nothing when there is
    // none.
    std::optional<base::Interval> newestAccounted() const;

  private:
    base::IntervalSet accounted_;
    base::IntervalSet queued_;
    std::optional<uint64_t> must_come_first_;
    uint32_t epoch_;
};

}  // namespace evd::store
