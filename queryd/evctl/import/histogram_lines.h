#pragma once

#include "common/base/result.h"
#include "common/wire/metric_sample.h"
#include "queryd/evctl/import/metric_line.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evd::evctl {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// The lines of one histogram: a point in time of one series, which text spreads over many lines.
//
// Lines belong together that have the same family, labels (but `le`) and time. The bucket without
// bound and `_count` say the same; either will do. A value.
class HistogramLines {
  public:
    // Whether the line goes on with the same histogram; true for the first.
    bool fits(const std::string& family, const MetricLabels& labels,
              const std::optional<int64_t>& time_ns) const;
    // `part` is "_bucket", "_sum" or "_count", also with a g. Labels are those without `le`.
    base::Result<void> add(const std::string& family, const MetricLine& line, std::string_view part,
                           uint64_t number);
    bool empty() const { return family_.empty(); }

    // What they come to; Invalid when a part is missing or they contradict one another.
    base::Result<wire::Histogram> histogram() const;
    const std::string& family() const { return family_; }
    const MetricLabels& labels() const { return labels_; }
    const std::optional<int64_t>& timeNs() const { return time_ns_; }
    uint64_t lineNumber() const { return line_number_; }

  private:
    std::string family_;
    MetricLabels labels_;
    std::optional<int64_t> time_ns_;
    uint64_t line_number_ = 0;
    std::vector<std::pair<double, uint64_t>> buckets_;
    std::optional<uint64_t> total_;
    std::optional<double> sum_;
};

// The labels without the bound of a bucket.
MetricLabels withoutBound(const MetricLabels& labels);

}  // namespace evd::evctl
