#pragma once

#include "common/wire/metric_window.h"
#include "store/field_counters.h"
#include "store/use_thresholds.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

inline constexpr size_t kDesiredRollupsMax = 32;  // each is computed for every series
inline constexpr UseThresholds kRollupThresholds{int64_t{48} * 3600 * 1'000'000'000, 50, 5};
inline constexpr uint32_t kRollupWindowSecondsMax = 366 * 24 * 3600;

// What a rollup is of: an aggregate over windows of one length, of all series (Spec §7.4).
struct RollupKind {
    wire::RollupFunction function = wire::RollupFunction::Avg;
    uint32_t window_seconds = 0;
    auto operator<=>(const RollupKind&) const = default;

    int64_t windowNs() const { return int64_t{window_seconds} * 1'000'000'000; }
};
using RollupKinds = std::vector<RollupKind>;
// Shared with the builder, and never changed.
using RollupKindsView = std::shared_ptr<const RollupKinds>;

// The kind by the identifiers of Spec §13; nothing for an unknown function, no window, or one above
// kRollupWindowSecondsMax.
std::optional<RollupKind> rollupKind(uint8_t function, uint32_t window_seconds);

// As eventd-meta.db has it (Spec §3.3, function_window): "avg_3600".
std::string rollupKindText(const RollupKind& kind);
std::optional<RollupKind> parseRollupKind(std::string_view text);

// Which rollups are computed ahead: the rollup registry (Spec §7.4).
//
// The rule of IndexPolicy for pairs of function and window: in at create_threshold questions within
// the rolling window, out below drop_threshold. By count, then by name; at most kDesiredRollupsMax.
// Pure: wall time is an argument. Lives on the policy thread, which persists state().
class RollupPolicy {
  public:
    using Settings = UseThresholds;
    struct State {
        std::vector<CounterRecord> counters;
        int64_t counted_until_ns = 0;
        RollupKinds desired;  // the most wanted first
    };

    explicit RollupPolicy(Settings settings);

    void restore(const State& state, int64_t now_ns);
    State state(int64_t now_ns) const;
    void configure(Settings settings, int64_t now_ns);

    void count(const RollupKind& kind, uint64_t queries, int64_t now_ns);
    const RollupKinds& recompute(int64_t now_ns);
    const RollupKinds& desired() const { return desired_; }

  private:
    Settings settings_;
    FieldCounters counters_;
    RollupKinds desired_;
};

}  // namespace evd::store
