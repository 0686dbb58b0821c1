#include "store/field_counters.h"

#include <algorithm>
#include <limits>

namespace evd::store {

namespace {

constexpr auto kSlices = static_cast<int64_t>(kWindowSlices);

size_t slotOf(int64_t slice) {
    return static_cast<size_t>(((slice % kSlices) + kSlices) % kSlices);
}

}  // namespace

int64_t FieldCounters::sliceOf(int64_t window_ns) {
    return std::max<int64_t>(window_ns / kSlices, 1);
}

void FieldCounters::advance(Counter& counter, int64_t slice) {
    if (slice - counter.newest >= kSlices) {
        counter.slices.fill(0);
    } else {
        for (int64_t passed = counter.newest + 1; passed <= slice; ++passed) {
            counter.slices.at(slotOf(passed)) = 0;
        }
    }
    counter.newest = std::max(counter.newest, slice);
}

uint64_t FieldCounters::sum(const Counter& counter, int64_t now_ns) const {
    const int64_t now = std::max(now_ns / slice_ns_, counter.newest);
    uint64_t total = 0;
    for (int64_t slice = counter.newest; slice > counter.newest - kSlices; --slice) {
        total += slice > now - kSlices ? counter.slices.at(slotOf(slice)) : 0;
    }
    return total;
}

void FieldCounters::addTo(Counter& counter, uint64_t count, int64_t slice) const {
    advance(counter, slice);
    uint32_t& slot = counter.slices.at(slotOf(slice));
    const uint64_t room = std::numeric_limits<uint32_t>::max() - slot;
    slot += static_cast<uint32_t>(std::min(count, room));
}

FieldCounters::Counter& FieldCounters::counterOf(std::string_view key, int64_t now_ns) {
    const auto found = counters_.find(key);
    if (found != counters_.end()) {
        return found->second;
    }
    if (counters_.size() >= kCountedFieldsMax) {
        evictLeast(now_ns);
    }
    Counter& counter = counters_.try_emplace(std::string(key)).first->second;
    counter.newest = now_ns / slice_ns_;
    return counter;
}

void FieldCounters::evictLeast(int64_t now_ns) {
    auto least = counters_.begin();
    uint64_t least_count = std::numeric_limits<uint64_t>::max();
    for (auto it = counters_.begin(); it != counters_.end(); ++it) {
        const uint64_t counted = sum(it->second, now_ns);
        if (counted < least_count) {
            least = it;
            least_count = counted;
        }
    }
    counters_.erase(least);
}

void FieldCounters::add(std::string_view key, uint64_t count, int64_t now_ns) {
    Counter& counter = counterOf(key, now_ns);
    // Where time has stepped back the newest slice stands for it.
    addTo(counter, count, std::max(now_ns / slice_ns_, counter.newest));
}

uint64_t FieldCounters::count(std::string_view key, int64_t now_ns) const {
    const auto found = counters_.find(key);
    return found == counters_.end() ? 0 : sum(found->second, now_ns);
}

std::vector<std::string> FieldCounters::keys() const {
    std::vector<std::string> all;
    for (const auto& [key, counter] : counters_) {
        all.push_back(key);
    }
    return all;
}

void FieldCounters::prune(int64_t now_ns) {
    std::erase_if(counters_, [&](const auto& entry) { return sum(entry.second, now_ns) == 0; });
}

std::vector<CounterRecord> FieldCounters::save(int64_t now_ns) const {
    std::vector<CounterRecord> records;
    for (const auto& [key, counter] : counters_) {
        const int64_t now = std::max(now_ns / slice_ns_, counter.newest);
        int64_t oldest = counter.newest;
        for (int64_t slice = counter.newest; slice > now - kSlices; --slice) {
            oldest = counter.slices.at(slotOf(slice)) > 0 ? slice : oldest;
        }
        records.push_back({key, sum(counter, now_ns), oldest * slice_ns_});
    }
    return records;
}

void FieldCounters::restore(const std::vector<CounterRecord>& records, int64_t saved_ns,
                            int64_t now_ns) {
    const int64_t last = std::min(saved_ns, now_ns) / slice_ns_;
    for (const CounterRecord& record : records) {
        Counter& counter = counterOf(record.key, now_ns);
        const int64_t started = record.window_start_ns / slice_ns_;
        const int64_t first = std::clamp(started, last - kSlices + 1, last);
        const auto slices = static_cast<uint64_t>(last - first + 1);
        for (int64_t slice = first; slice <= last; ++slice) {
            const uint64_t rest = slice == last ? record.count % slices : 0;
            if (slice > counter.newest - kSlices) {
                addTo(counter, record.count / slices + rest, slice);
            }
        }
    }
    prune(now_ns);
}

void FieldCounters::setWindow(int64_t window_ns, int64_t now_ns) {
    if (sliceOf(window_ns) == slice_ns_) {
        return;
    }
    const auto records = save(now_ns);
    counters_.clear();
    slice_ns_ = sliceOf(window_ns);
    restore(records, now_ns, now_ns);
}

}  // namespace evd::store
