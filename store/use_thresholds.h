#pragma once

#include <cstdint>

namespace evd::store {

// From which use on something is made ahead for questions - an index, a rollup - and below which it
// is given up (Spec §3.3, §7.4). The second is kept below the first, so that nothing swings in and
// out. A plain value; IndexPolicy and RollupPolicy each have their own.
struct UseThresholds {
    int64_t window_ns = 0;  // the rolling window that uses are counted in
    uint64_t create_threshold = 0;
    uint64_t drop_threshold = 0;
    bool operator==(const UseThresholds&) const = default;

    // Whoever sets them the wrong way round still gets hysteresis.
    UseThresholds withHysteresis() const;
    // The uses that something needs: to stay when it is there, to come when it is not.
    uint64_t needed(bool is_there) const { return is_there ? drop_threshold : create_threshold; }
};

}  // namespace evd::store
