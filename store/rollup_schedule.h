#pragma once

#include "common/base/clock.h"
#include "store/rollup_policy.h"

#include <cstdint>
#include <map>
#include <optional>

namespace evd::store {

// Decides what a rollup pass is due for (Spec §7.4).
//
// For each kind that is wanted it knows up to when everything has been looked at. A pass is due
// when another window has ended since, or when a sample has come late; it begins where the last
// one ended or at that sample. Windows that have just ended are left alone for kSettleNs, because
// most late samples are late by little. Passes over one kind are kSpacingNs apart, so that a sender
// whose clock is behind cannot keep the builder busy. Pure: wall time is an argument; one thread.
class RollupSchedule {
  public:
    static constexpr int64_t kSettleNs = 5 * base::kNsPerSecond;
    static constexpr int64_t kSpacingNs = 10 * base::kNsPerSecond;
    static constexpr int64_t kIdleNs = 60 * base::kNsPerSecond;  // nothing is wanted

    struct Due {
        RollupKind kind;
        int64_t from_ns = 0;
        int64_t until_ns = 0;
    };

    // The wanted kinds, the most wanted first. `through` says what is known of them from before;
    // kinds it does not name are looked at from the beginning of time.
    void want(const RollupKinds& kinds, const std::map<RollupKind, int64_t>& through);
    // A sample of that time came, and rollups of it may have been removed.
    void sampleCameLate(int64_t timestamp_ns);

    // What to do now; nothing when it is too early.
    std::optional<Due> next(int64_t now_ns) const;
    // How long until next() may have something.
    int64_t waitNs(int64_t now_ns) const;
    // A pass over all of it was begun, at that time. Late samples that come from then on count for
    // the next one.
    void begun(const Due& due, int64_t now_ns);
    // Up to when nothing is missing when the pass has gone through: what has come late since it was
    // begun lies behind.
    int64_t builtThroughNs(const Due& due) const;
    // It went through to its end; or not, and is due again.
    void finished(const Due& due);
    void failed(const Due& due);

  private:
    struct State {
        int64_t through_ns = 0;
        int64_t reach_ns = 0;  // of the pass that was begun last: it may be beyond that already
        std::optional<int64_t> late_from_ns;
        int64_t begun_ns = 0;
    };

    int64_t readyNs(const RollupKind& kind, const State& state) const;

    RollupKinds kinds_;
    std::map<RollupKind, State> states_;
};

}  // namespace evd::store
