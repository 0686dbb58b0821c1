#pragma once

#include "queryd/evctl/chart/terminal_chart.h"

#include <cstddef>
#include <string>

namespace evd::evctl {

inline constexpr size_t kHeatSeriesMax = 64;

// One line of shades per series over a common time axis: the darker, the greater the mean value in
// that stretch of time, on one scale for all. For more series than lines could be told apart, and
// for the percentiles of histograms over time. Blank is no value. At most kHeatSeriesMax lines.
// Pure but for the time zone.
std::string heatLines(const ChartScene& scene, const TerminalChartStyle& style);

}  // namespace evd::evctl
