#pragma once

#include "common/base/result.h"
#include "store/field_counters.h"
#include "store/index_field.h"
#include "store/use_thresholds.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace evd::store {

inline constexpr size_t kDesiredIndexesMax = 32;  // each one is paid for by every insert
inline constexpr UseThresholds kIndexThresholds{int64_t{24} * 3600 * 1'000'000'000, 100, 10};
inline constexpr size_t kManualIndexesMax = 16;  // asked for by INDEX within one window

// Which indexes the whole store should have (Spec §3.3, index policy logic).
//
// A field joins the desired set when it was filtered by create_threshold times within the rolling
// window, and leaves it when that falls below drop_threshold, which is kept below the other so that
// no field swings in and out. A field that INDEX named comes first, newest first, whatever its
// count; after one window it must live by its count like every other (Spec §8.2). The rest goes by
// count, then by name. Of fields that share an index name only the first is in the set, and at most
// kDesiredIndexesMax are.
//
// Pure: wall time is an argument. Lives on the policy thread, which persists state().
class IndexPolicy {
  public:
    using Settings = UseThresholds;
    struct ManualIndex {
        std::string path;
        int64_t asked_ns = 0;
        bool operator==(const ManualIndex&) const = default;
    };
    // All there is to remember, as it is persisted.
    struct State {
        std::vector<CounterRecord> counters;
        int64_t counted_until_ns = 0;
        DesiredIndexes desired;
        std::vector<ManualIndex> manual;
    };

    explicit IndexPolicy(Settings settings);

    // Takes in what was persisted; what is no valid field any more is left out.
    void restore(const State& state, int64_t now_ns);
    State state(int64_t now_ns) const;
    void configure(Settings settings, int64_t now_ns);

    void count(const IndexField& field, uint64_t queries, int64_t now_ns);
    // INDEX: takes effect with the next recompute(). Busy above kManualIndexesMax.
    base::Result<void> askFor(const IndexField& field, int64_t now_ns);
    // Applies the thresholds.
    const DesiredIndexes& recompute(int64_t now_ns);
    const DesiredIndexes& desired() const { return desired_; }

  private:
    struct Candidate {
        IndexField field;
        int64_t asked_ns = 0;  // 0: not by INDEX
        uint64_t count = 0;
    };

    void forgetOldManuals(int64_t now_ns);
    std::vector<Candidate> candidates(int64_t now_ns) const;

    Settings settings_;
    FieldCounters counters_;
    std::vector<ManualIndex> manual_;
    DesiredIndexes desired_;
};

}  // namespace evd::store
