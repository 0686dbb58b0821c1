#pragma once

#include "common/base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evd::evctl {

inline constexpr size_t kMetricLineLabelsMax =
    256;  // more than a series may have (metric_sample.h)

// A line of OpenMetrics text that is no comment.
//
//      name{key="value",...} VALUE [TIME] [# {exemplar} ...]
//
// Also the older text of Prometheus. Within quotes \\, \" and \n are escapes. The time is in
// seconds, or, as Prometheus has it, in milliseconds when it is an integer above 10^11. Numbers may
// be +Inf, -Inf and NaN. What follows a # behind the value is an exemplar and is passed over. A
// value.
struct MetricLine {
    std::string name;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
    std::optional<int64_t> time_ns;
};

// Invalid, with the reason in a few words. Pure.
base::Result<MetricLine> parseMetricLine(std::string_view line);

}  // namespace evd::evctl
