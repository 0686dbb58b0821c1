#include "store/rollup_policy.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <limits>

namespace evd::store {

namespace {

// By identifier.
constexpr std::array<std::string_view, 6> kFunctionTexts = {"avg", "min",  "max",
                                                            "sum", "rate", "delta"};

}  // namespace

std::optional<RollupKind> rollupKind(uint8_t function, uint32_t window_seconds) {
    if (function >= kFunctionTexts.size() || window_seconds == 0 ||
        window_seconds > kRollupWindowSecondsMax) {
        return std::nullopt;
    }
    return RollupKind{static_cast<wire::RollupFunction>(function), window_seconds};
}

std::string rollupKindText(const RollupKind& kind) {
    return base::cat(kFunctionTexts.at(static_cast<size_t>(kind.function)), '_',
                     kind.window_seconds);
}

std::optional<RollupKind> parseRollupKind(std::string_view text) {
    const size_t line = text.find('_');
    if (line == std::string_view::npos) {
        return std::nullopt;
    }
    const auto* const function =
        std::find(kFunctionTexts.begin(), kFunctionTexts.end(), text.substr(0, line));
    const auto seconds = base::parseU64(text.substr(line + 1));
    if (function == kFunctionTexts.end() || !seconds ||
        seconds.value() > std::numeric_limits<uint32_t>::max()) {
        return std::nullopt;
    }
    const auto kind = rollupKind(static_cast<uint8_t>(function - kFunctionTexts.begin()),
                                 static_cast<uint32_t>(seconds.value()));
    // "avg_060" would be counted beside "avg_60".
    return kind && rollupKindText(*kind) == text ? kind : std::nullopt;
}

RollupPolicy::RollupPolicy(Settings settings)
    : settings_(settings.withHysteresis()), counters_(settings.window_ns) {}

void RollupPolicy::restore(const State& state, int64_t now_ns) {
    std::vector<CounterRecord> valid = state.counters;
    std::erase_if(valid, [](const CounterRecord& record) { return !parseRollupKind(record.key); });
    valid.resize(std::min(valid.size(), kCountedFieldsMax));
    counters_.restore(valid, state.counted_until_ns, now_ns);
    desired_ = state.desired;
    desired_.resize(std::min(desired_.size(), kDesiredRollupsMax));
}

RollupPolicy::State RollupPolicy::state(int64_t now_ns) const {
    return {counters_.save(now_ns), now_ns, desired_};
}

void RollupPolicy::configure(Settings settings, int64_t now_ns) {
    settings_ = settings.withHysteresis();
    counters_.setWindow(settings_.window_ns, now_ns);
}

void RollupPolicy::count(const RollupKind& kind, uint64_t queries, int64_t now_ns) {
    counters_.add(rollupKindText(kind), queries, now_ns);
}

const RollupKinds& RollupPolicy::recompute(int64_t now_ns) {
    counters_.prune(now_ns);
    struct Candidate {
        std::string key;
        RollupKind kind;
        uint64_t count;
    };
    std::vector<Candidate> wanted;
    for (const std::string& key : counters_.keys()) {
        const auto kind = parseRollupKind(key);
        const uint64_t count = counters_.count(key, now_ns);
        const bool is_in =
            kind && std::find(desired_.begin(), desired_.end(), *kind) != desired_.end();
        if (kind && count >= settings_.needed(is_in)) {
            wanted.push_back({key, *kind, count});
        }
    }
    std::sort(wanted.begin(), wanted.end(), [](const Candidate& left, const Candidate& right) {
        return left.count != right.count ? left.count > right.count : left.key < right.key;
    });
    desired_.clear();
    for (const Candidate& candidate : wanted) {
        if (desired_.size() < kDesiredRollupsMax) {
            desired_.push_back(candidate.kind);
        }
    }
    return desired_;
}

}  // namespace evd::store
