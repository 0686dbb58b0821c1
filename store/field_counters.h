#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

inline constexpr size_t kCountedFieldsMax = 4096;
inline constexpr size_t kWindowSlices = 24;  // an hour each at the default window

// One counter as it is persisted (Spec §3.3, index_counters).
struct CounterRecord {
    std::string key;
    uint64_t count = 0;
    int64_t window_start_ns = 0;  // of what is counted, wall time
};

// How often each key was counted within a rolling window that ends now.
//
// The window moves in kWindowSlices steps, so that a count is forgotten between one window and one
// slice more after it came. Above kCountedFieldsMax keys the one that was counted least makes room;
// what people really ask for is never that. Wall time is an argument because counts outlive the
// process; time that steps back counts into the newest slice. Pure but for memory; one thread.
class FieldCounters {
  public:
    explicit FieldCounters(int64_t window_ns) : slice_ns_(sliceOf(window_ns)) {}

    void add(std::string_view key, uint64_t count, int64_t now_ns);
    uint64_t count(std::string_view key, int64_t now_ns) const;
    std::vector<std::string> keys() const;
    size_t size() const { return counters_.size(); }
    // Forgets keys of which nothing is within the window.
    void prune(int64_t now_ns);

    std::vector<CounterRecord> save(int64_t now_ns) const;
    // Takes in what save() gave at saved_ns. A record says no more than a sum and a beginning, so
    // it is spread evenly over the time between.
    void restore(const std::vector<CounterRecord>& records, int64_t saved_ns, int64_t now_ns);
    // Another window; counts are kept as exactly as save() and restore() keep them.
    void setWindow(int64_t window_ns, int64_t now_ns);

  private:
    struct Counter {
        std::array<uint32_t, kWindowSlices> slices{};  // by slice number modulo
        int64_t newest = 0;                            // slice number
    };
    using Counters = std::map<std::string, Counter, std::less<>>;

    static int64_t sliceOf(int64_t window_ns);
    static void advance(Counter& counter, int64_t slice);
    uint64_t sum(const Counter& counter, int64_t now_ns) const;
    Counter& counterOf(std::string_view key, int64_t now_ns);
    void addTo(Counter& counter, uint64_t count, int64_t slice) const;
    void evictLeast(int64_t now_ns);

    int64_t slice_ns_;
    Counters counters_;
};

}  // namespace evd::store
