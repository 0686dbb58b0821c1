#pragma once

#include "queryd/evctl/chart/scene.h"
#include "queryd/evctl/output/record_fields.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace evd::evctl {

inline constexpr size_t kPlotSeriesMax = 64;         // further series are counted, not drawn
inline constexpr size_t kPlotSlotsMost = 800;        // of time, per series
inline constexpr size_t kCountedSeriesMax = 65'536;  // of those that are not drawn

// Makes a scene of records that have a time and a number, whatever their number of records.
//
// The records are seen twice, as printers see them: survey() learns series and range of time, add()
// puts each into one of kPlotSlotsMost slots of its series, which keeps the first, the least, the
// greatest and the last of its points; a picture of that many columns shows no more. The number is
// `value`, or what an aggregation made; everything else but the time names the series. Records
// without either are passed over. One thread.
class PlotCollector {
  public:
    void survey(std::span<const FieldView> fields);
    void add(std::span<const FieldView> fields);
    // What is seen from here on belongs to series of this name, besides their own labels: for one
    // picture of several answers. Printable.
    void nameAnswer(std::string name) { answer_ = std::move(name); }

    // Whether there is a series with two moments, and so something like a line.
    bool isDrawable() const;
    // The scene of what was added, settled.
    ChartScene scene() const;

  private:
    struct Slot {
        bool used = false;
        ChartPoint first, least, greatest, last;
    };
    struct Series {
        std::string metric;
        std::string labels;
        int64_t first_ns = 0;
        int64_t last_ns = 0;
        std::vector<Slot> slots;
    };
    struct Sample {
        int64_t time_ns = 0;
        double value = 0;
        std::string metric;
        std::string labels;
    };

    std::optional<Sample> sampleOf(std::span<const FieldView> fields) const;
    static void put(const ChartPoint& point, Slot& slot);

    std::string answer_;
    std::vector<Series> series_;
    std::map<std::string, size_t, std::less<>> by_name_;
    std::unordered_set<uint64_t> left_out_;  // hashes of names
    std::optional<int64_t> first_ns_;
    int64_t last_ns_ = 0;
};

}  // namespace evd::evctl
