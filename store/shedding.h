#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace evd::store {

inline constexpr uint32_t kBatchesJudgedMin = 4;  // fewer say nothing about a share

// What one commit tells about how hard its shard is pressed.
struct BatchLoad {
    uint64_t rows = 0;
    uint64_t waiting_rows = 0;  // in the queue when it was committed
    uint64_t rows_max = 1;      // MaxBatchSize
    bool was_cut = false;       // ended because nothing more could join it
};

// Decides when a shard gives up secondary indexes for throughput, and when it may have them again
// (Spec §3.3, pressure-based shedding). Asked once per batch commit.
//
// Graduated: more than batch_percent of the batches within the window were larger than 75 % of
// MaxBatchSize: one index goes, the lowest of priority, and the window begins anew, so that the
// next one goes only if pressure remains. Emergency: the ring is fuller than ring_percent and the
// batch was as large as it may be: all go at once. A batch that its latency limit ended while the
// queue behind it is that full counts as large; slow inserts are the very pressure that indexes
// make. Calm is a window without either verdict. Pure; one writer's thread.
class Shedding {
  public:
    struct Settings {
        int64_t window_ns = 30'000'000'000;  // SheddingWindowSeconds
        uint32_t batch_percent = 75;         // SheddingBatchPercent
        uint32_t ring_percent = 75;          // EmergencySheddingBufferPercent
        bool operator==(const Settings&) const = default;
    };
    enum class Verdict { Keep, ShedLowest, ShedAll };

    explicit Shedding(Settings settings) : settings_(settings) {}
    void setSettings(Settings settings);

    // ring_fill_percent: the fullest that a ring of this shard was told to be since the last batch.
    Verdict committed(int64_t now_ns, const BatchLoad& load, uint32_t ring_fill_percent);
    bool isCalm(int64_t now_ns) const;

  private:
    static constexpr int64_t kSlices = 30;
    struct Slice {
        int64_t number = -1;
        uint32_t batches = 0;
        uint32_t large = 0;
    };

    void note(int64_t now_ns, bool is_large);
    bool isPressed(int64_t now_ns) const;

    Settings settings_;
    std::array<Slice, static_cast<size_t>(kSlices)> slices_;
    std::optional<int64_t> shed_ns_;
};

}  // namespace evd::store
