#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace evd::queryd {

inline constexpr size_t kReportedFieldsMax = 1024;    // between two reports
inline constexpr size_t kReportedNameBytesMax = 200;  // the store takes no longer ones

struct FieldReport {
    std::string field;
    uint32_t queries = 0;
};

// Counts which fields questions filter by until the next report to the store (Spec §3.3, query
// frequency counters). Any thread; never waits for more than the map. Names that are too long, and
// new ones above kReportedFieldsMax, are dropped and counted.
class FieldReports {
  public:
    void add(const std::vector<std::string>& fields);
    // At most that many of what was counted; the rest waits for the next report.
    std::vector<FieldReport> take(size_t fields_max);
    void noteDropped(size_t fields);
    uint64_t dropped() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, uint32_t> counts_;
    uint64_t dropped_ = 0;
};

}  // namespace evd::queryd
