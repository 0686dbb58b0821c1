#include "queryd/evctl/tail_memory.h"

#include "common/base/text.h"
#include "queryd/evctl/output/record_fields.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace evd::evctl {

namespace {

uint64_t hashOf(std::span<const uint8_t> record) {
    return std::hash<std::string_view>()(base::asText(record));
}

}  // namespace

void TailMemory::shown(std::span<const uint8_t> record, int64_t now_ns) {
    std::vector<FieldView> fields;
    const int64_t time_ns = timeOf(record, fields).value_or(now_ns);
    const uint64_t hash = hashOf(record);
    state_.recent.emplace(time_ns, hash);
    ++state_.counts.try_emplace(hash, 0U).first->second;
    state_.newest_ns = std::max(state_.newest_ns.value_or(0), std::min(time_ns, now_ns));
    while (!state_.recent.empty() &&
           state_.recent.begin()->first < *state_.newest_ns - kTailOverlapNs) {
        forgetOldest();
    }
    if (state_.recent.size() > kTailMemoryRecordsMax) {
        const int64_t forgotten_ns = std::min(state_.recent.begin()->first, *state_.newest_ns);
        state_.forgotten_ns = std::max(state_.forgotten_ns, forgotten_ns);
        forgetOldest();
    }
}

void TailMemory::beginAgain() {
    if (settled_) {
        state_ = *settled_;
    }
    settled_ = state_;
    unmatched_ = state_.counts;
}

void TailMemory::forgetOldest() {
    const auto found = state_.counts.find(state_.recent.begin()->second);
    if (found != state_.counts.end() && --found->second == 0) {
        state_.counts.erase(found);
    }
    state_.recent.erase(state_.recent.begin());
}

std::optional<int64_t> TailMemory::resumeNs() const {
    if (!state_.newest_ns) {
        return std::nullopt;
    }
    const int64_t overlap_ns = *state_.newest_ns - kTailOverlapNs;
    return state_.forgotten_ns >= overlap_ns ? state_.forgotten_ns + 1 : overlap_ns;
}

bool TailMemory::takeKnown(std::span<const uint8_t> record) {
    const auto found = unmatched_.find(hashOf(record));
    if (found == unmatched_.end() || found->second == 0) {
        return false;
    }
    --found->second;
    return true;
}

}  // namespace evd::evctl
