#include "store/series_cache.h"

#include <unordered_set>

namespace evd::store {

size_t SeriesCache::KeyHash::operator()(const SeriesKey& key) const {
    constexpr size_t kGolden = 0x9E37'79B9'7F4A'7C15;
    const std::hash<std::string_view> text;
    size_t hash = text(key.name) * kGolden + text(key.labels);
    if (key.boundaries_hash) {
        hash = hash * kGolden + static_cast<size_t>(*key.boundaries_hash) + 1;
    }
    return hash;
}

const SeriesEntry* SeriesCache::find(const SeriesKey& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        return nullptr;
    }
    nodes_.splice(nodes_.begin(), nodes_, found->second);
    return &found->second->entry;
}

void SeriesCache::insert(const SeriesKey& key, const SeriesEntry& entry) {
    evict(entries_max_ - 1);
    std::string text;
    text.reserve(key.name.size() + key.labels.size());
    text.append(key.name).append(key.labels);
    nodes_.push_front({std::move(text), key.name.size(), key.boundaries_hash, entry});
    by_key_.emplace(nodes_.front().key(), nodes_.begin());
}

void SeriesCache::forget(std::span<const int64_t> ids) {
    const std::unordered_set<int64_t> gone(ids.begin(), ids.end());
    for (auto node = nodes_.begin(); node != nodes_.end() && !gone.empty();) {
        const auto next = std::next(node);
        if (gone.contains(node->entry.id)) {
            by_key_.erase(node->key());
            nodes_.erase(node);
        }
        node = next;
    }
}

void SeriesCache::clear() {
    by_key_.clear();
    nodes_.clear();
}

void SeriesCache::setEntriesMax(size_t entries_max) {
    entries_max_ = entries_max;
    evict(entries_max_);
}

void SeriesCache::evict(size_t entries_max) {
    while (by_key_.size() > entries_max) {
        by_key_.erase(nodes_.back().key());
        nodes_.pop_back();
        ++evicted_;
    }
}

}  // namespace evd::store
