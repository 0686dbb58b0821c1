#include "queryd/evctl/tail_memory.h"

#include "common/base/text.h"
#include "queryd/evctl/output/field_value.h"
#include "queryd/evctl/output/record_fields.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace evd::evctl {

namespace {

uint64_t hashOf(std::span<const uint8_t> record) {
    return std::hash<std::string_view>()(base::asText(record));
}

std::optional<int64_t> timeOf(std::span<const uint8_t> record) {
    std::vector<FieldView> fields;
    if (!readFields(record, fields).ok()) {
        return std::nullopt;
    }
    const FieldView* time = findField(fields, "timestamp");
    return time == nullptr ? std::nullopt : integerOf(time->value);
}

}  // namespace

void TailMemory::shown(std::span<const uint8_t> record, int64_t now_ns) {
    const int64_t time_ns = timeOf(record).value_or(now_ns);
    const uint64_t hash = hashOf(record);
    recent_.push_back({time_ns, hash});
    ++counts_.try_emplace(hash, 0U).first->second;
    newest_ns_ = std::max(newest_ns_.value_or(INT64_MIN), time_ns);
    while (recent_.size() > 1 && recent_.front().time_ns < *newest_ns_ - kTailOverlapNs) {
        forgetOldest();
    }
    if (recent_.size() > kTailMemoryRecordsMax) {
        forgotten_ns_ = std::max(forgotten_ns_, recent_.front().time_ns);
        forgetOldest();
    }
}

void TailMemory::forgetOldest() {
    const auto found = counts_.find(recent_.front().hash);
    if (found != counts_.end() && --found->second == 0) {
        counts_.erase(found);
    }
    recent_.pop_front();
}

std::optional<int64_t> TailMemory::resumeNs() const {
    if (!newest_ns_) {
        return std::nullopt;
    }
    const int64_t overlap_ns = *newest_ns_ - kTailOverlapNs;
    return forgotten_ns_ >= overlap_ns ? forgotten_ns_ + 1 : overlap_ns;
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
