#pragma once

#include "common/wire/metric_window.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace evd::queryd {

inline constexpr size_t kReportedRollupsMax = 1024;  // between two reports

struct RollupReport {
    wire::RollupFunction function = wire::RollupFunction::Avg;
    uint32_t window_seconds = 0;
    uint32_t queries = 0;
    bool operator==(const RollupReport&) const = default;
};

// Counts which rollups questions about metrics would use until the next report to the store (Spec
// §7.4, rollup registry). Any thread; never waits for more than the map. New pairs above
// kReportedRollupsMax are dropped and counted.
class RollupReports {
  public:
    void add(wire::RollupFunction function, uint32_t window_seconds);
    // At most that many of what was counted; the rest waits for the next report.
    std::vector<RollupReport> take(size_t rollups_max);
    void noteDropped(size_t rollups);
    uint64_t dropped() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::pair<wire::RollupFunction, uint32_t>, uint32_t> counts_;
    uint64_t dropped_ = 0;
};

}  // namespace evd::queryd
