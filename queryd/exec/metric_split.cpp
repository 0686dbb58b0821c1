#include "queryd/exec/metric_split.h"

#include <algorithm>
#include <limits>

namespace evd::queryd {

std::vector<TimeRange> seriesParts(const MetricPlan& plan, ReadGoal goal, const TimeRange& range,
                                   uint32_t threads) {
    constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
    const bool is_plain = goal == ReadGoal::Windowed && !plan.window && !plan.aggregate;
    // There is hardly a sample of later than now.
    const int64_t end_ns = std::min(range.until_ns, plan.now_ns);
    int64_t width_ns = 0;
    const bool is_long = range.since_ns != kFirst &&
                         !__builtin_sub_overflow(end_ns, range.since_ns, &width_ns) &&
                         width_ns >= kSplitSeriesNs;
    if (!is_plain || !is_long) {
        return {range};
    }
    std::vector<TimeRange> parts;
    int64_t begin_ns = range.since_ns;
    for (uint32_t i = 1; i < threads; ++i) {
        const int64_t next_ns = range.since_ns + width_ns / threads * i;
        parts.push_back({begin_ns, next_ns});
        begin_ns = next_ns;
    }
    parts.push_back({begin_ns, range.until_ns});
    return parts;
}

SplitSeriesRead::SplitSeriesRead(SeriesRead& whole, const std::vector<TimeRange>& ranges)
    : whole_(whole) {
    for (const TimeRange& range : ranges) {
        parts_.push_back(whole.part(range));
    }
}

std::vector<SeriesRead*> SplitSeriesRead::parts() const {
    std::vector<SeriesRead*> parts;
    for (const auto& part : parts_) {
        parts.push_back(part.get());
    }
    return parts;
}

bool SplitSeriesRead::join() {
    for (size_t i = 0; i < parts_.size(); ++i) {
        if (!parts_[i]->isFinished() || (i > 0 && !parts_[i - 1]->fits(*parts_[i]))) {
            return false;
        }
    }
    std::vector<MetricPoint>& points = whole_.points();
    for (const auto& part : parts_) {
        points.insert(points.end(), part->points().begin(), part->points().end());
    }
    return true;
}

}  // namespace evd::queryd
