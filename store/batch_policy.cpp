// While a commit takes C, the rate L brings L*C rows; inserting them takes I each, during which
// more come. A batch of L*C / (1 - L*I) rows therefore just keeps up. The policy aims at kMargin
// times that: most of the time goes into inserting then, and a commit that is slower than usual
// does not make the queue grow. When L*I nears one, inserting alone fills the thread and the
// largest batch allowed is right.
//
// A queue that is half full of what one batch may hold is pressure that the smoothed figures have
// not seen yet: throughput comes first (Spec §2.4), so the batch goes on.

#include "store/batch_policy.h"

#include <algorithm>
#include <cmath>

namespace evd::store {

namespace {

constexpr double kMargin = 2.0;
constexpr double kIdleShareMin = 0.05;  // below this share of free time the thread counts as full

double smooth(double old_value, double new_value, double weight) {
    return old_value + (new_value - old_value) * weight;
}

}  // namespace

BatchPolicy::Decision BatchPolicy::decide(int64_t now_ns, uint64_t batch_rows,
                                          uint64_t waiting_rows) const {
    if (batch_rows == 0) {
        return Decision::Continue;
    }
    if (waiting_rows == 0 || batch_rows >= limits_.rows_max ||
        now_ns - begun_ns_ >= limits_.latency_ns_max) {
        return Decision::Commit;
    }
    if (waiting_rows >= limits_.rows_max / 2) {
        return Decision::Continue;
    }
    return batch_rows >= targetRows() ? Decision::Commit : Decision::Continue;
}

void BatchPolicy::committed(int64_t now_ns, const Outcome& outcome) {
    const double rows = static_cast<double>(std::max<uint64_t>(outcome.rows, 1));
    if (last_commit_ns_ >= 0) {
        const double elapsed_ns =
            static_cast<double>(std::max<int64_t>(now_ns - last_commit_ns_, 1));
        const double weight = 1.0 - std::exp(-elapsed_ns / kSmoothingNs);
        const double arrived = static_cast<double>(outcome.rows + outcome.waiting_rows) -
                               static_cast<double>(last_waiting_rows_);
        rows_per_ns_ = smooth(rows_per_ns_, std::max(arrived, 0.0) / elapsed_ns, weight);
        insert_ns_per_row_ =
            smooth(insert_ns_per_row_, static_cast<double>(outcome.insert_ns) / rows, weight);
        commit_ns_ = smooth(commit_ns_, static_cast<double>(outcome.commit_ns), weight);
    } else {
        insert_ns_per_row_ = static_cast<double>(outcome.insert_ns) / rows;
        commit_ns_ = static_cast<double>(outcome.commit_ns);
    }
    last_commit_ns_ = now_ns;
    last_waiting_rows_ = outcome.waiting_rows;
    target_rows_ = std::clamp(wantedRows(), target_rows_ * kShrink, target_rows_ * kGrowth);
}

double BatchPolicy::wantedRows() const {
    const double idle_share = 1.0 - rows_per_ns_ * insert_ns_per_row_;
    const double rows_max = static_cast<double>(limits_.rows_max);
    const double wanted =
        idle_share < kIdleShareMin ? rows_max : kMargin * rows_per_ns_ * commit_ns_ / idle_share;
    return std::clamp(wanted, 1.0, rows_max);
}

uint64_t BatchPolicy::targetRows() const {
    return std::clamp<uint64_t>(static_cast<uint64_t>(target_rows_), 1, limits_.rows_max);
}

}  // namespace evd::store
