#pragma once

#include "common/wire/metric_sample.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace evd::store {

// What names a series (Spec §7.1). The boundaries' hash is there for histograms only.
struct SeriesKey {
    std::string_view name;
    std::string_view labels;  // canonical
    std::optional<int64_t> boundaries_hash;
    bool operator==(const SeriesKey&) const = default;
};

// What a key stands for.
struct SeriesEntry {
    int64_t id = 0;
    wire::MetricType type = wire::MetricType::Gauge;
    // A second hash of the boundaries, so that two sets of them with the same boundaries_hash are
    // told apart; 0 for other types.
    uint64_t boundaries_check = 0;
};

// The series that were used last, by their names: a bounded map from key to id that forgets the
// least recently used first (Spec §7.1, MetricSeriesCacheSize).
//
// A hit costs one hash and allocates nothing. Only the metric writer uses it, on its thread.
// Entries are never wrong, only absent: whoever takes a series out of the database sees to it that
// its id is forgotten here before the writer looks it up again (RemovedSeries).
class SeriesCache {
  public:
    explicit SeriesCache(size_t entries_max) : entries_max_(entries_max) {}
    SeriesCache(const SeriesCache&) = delete;
    SeriesCache& operator=(const SeriesCache&) = delete;

    // Nothing when it is not in there. What is found counts as used; the pointer is good until the
    // next call.
    const SeriesEntry* find(const SeriesKey& key);
    // The key must not be in there. Forgets the least recently used entry when there is no room.
    void insert(const SeriesKey& key, const SeriesEntry& entry);
    // Forgets whatever stands for one of these ids. Looks at every entry.
    void forget(std::span<const int64_t> ids);
    void clear();
    void setEntriesMax(size_t entries_max);

    size_t size() const { return by_key_.size(); }
    uint64_t evicted() const { return evicted_; }

  private:
    struct Node {
        std::string text;  // name, then labels
        size_t name_bytes = 0;
        std::optional<int64_t> boundaries_hash;
        SeriesEntry entry;

        // Points into this node.
        SeriesKey key() const {
            const std::string_view all = text;
            return {all.substr(0, name_bytes), all.substr(name_bytes), boundaries_hash};
        }
    };
    struct KeyHash {
        size_t operator()(const SeriesKey& key) const;
    };
    using Nodes = std::list<Node>;

    void evict(size_t entries_max);

    size_t entries_max_;
    Nodes nodes_;  // most recently used first
    std::unordered_map<SeriesKey, Nodes::iterator, KeyHash> by_key_;
    uint64_t evicted_ = 0;
};

}  // namespace evd::store
