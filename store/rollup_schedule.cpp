#include "store/rollup_schedule.h"

#include <algorithm>
#include <limits>

namespace evd::store {

namespace {

constexpr int64_t kBeginningNs = std::numeric_limits<int64_t>::min() / 2;

}  // namespace

void RollupSchedule::want(const RollupKinds& kinds, const std::map<RollupKind, int64_t>& through) {
    kinds_ = kinds;
    for (const RollupKind& kind : kinds) {
        const auto known = through.find(kind);
        states_.try_emplace(kind, State{known == through.end() ? kBeginningNs : known->second,
                                        kBeginningNs, std::nullopt, kBeginningNs});
    }
    std::erase_if(states_, [&](const auto& entry) {
        return std::find(kinds.begin(), kinds.end(), entry.first) == kinds.end();
    });
}

void RollupSchedule::sampleCameLate(int64_t timestamp_ns) {
    for (auto& [kind, state] : states_) {
        if (timestamp_ns < std::max(state.through_ns, state.reach_ns)) {
            state.late_from_ns = std::min(state.late_from_ns.value_or(timestamp_ns), timestamp_ns);
        }
    }
}

int64_t RollupSchedule::readyNs(const RollupKind& kind, const State& state) const {
    const bool is_new = state.through_ns == kBeginningNs;
    const int64_t next_end_ns = is_new || state.late_from_ns
                                    ? kBeginningNs
                                    : state.through_ns + kind.windowNs() + kSettleNs;
    return std::max(next_end_ns, state.begun_ns + kSpacingNs);
}

std::optional<RollupSchedule::Due> RollupSchedule::next(int64_t now_ns) const {
    for (const RollupKind& kind : kinds_) {
        const State& state = states_.at(kind);
        if (readyNs(kind, state) <= now_ns) {
            return Due{kind, std::min(state.through_ns, state.late_from_ns.value_or(now_ns)),
                       wire::windowStart(now_ns - kSettleNs, kind.windowNs())};
        }
    }
    return std::nullopt;
}

int64_t RollupSchedule::waitNs(int64_t now_ns) const {
    int64_t wait_ns = kIdleNs;
    for (const RollupKind& kind : kinds_) {
        wait_ns = std::min(wait_ns, readyNs(kind, states_.at(kind)) - now_ns);
    }
    return std::max<int64_t>(wait_ns, 0);
}

void RollupSchedule::begun(const Due& due, int64_t now_ns) {
    State& state = states_.at(due.kind);
    state.late_from_ns.reset();
    state.begun_ns = now_ns;
    state.reach_ns = due.until_ns;
}

int64_t RollupSchedule::builtThroughNs(const Due& due) const {
    const auto state = states_.find(due.kind);
    const auto late_from_ns =
        state == states_.end() ? std::optional<int64_t>() : state->second.late_from_ns;
    return std::min(due.until_ns, late_from_ns.value_or(due.until_ns));
}

void RollupSchedule::finished(const Due& due) {
    const auto state = states_.find(due.kind);
    if (state != states_.end()) {
        state->second.through_ns = due.until_ns;
    }
}

void RollupSchedule::failed(const Due& due) {
    const auto state = states_.find(due.kind);
    if (state != states_.end()) {
        state->second.late_from_ns =
            std::min(state->second.late_from_ns.value_or(due.from_ns), due.from_ns);
    }
}

}  // namespace evd::store
