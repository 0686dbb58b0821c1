#pragma once

#include "queryd/evctl/chart/terminal_chart.h"

#include <string>

namespace evd::evctl {

// One line of shades per series over a common time axis: the darker, the greater the mean value in
// that stretch of time, on one scale for all. For more series than lines could be told apart, and
// for the percentiles of histograms over time. Blank is no value. At most kHeatSeriesMax lines.
// Pure but for the time zone.
inline constexpr size_t kHeatSeriesMax = 64;
std::string heatLines(const ChartScene& scene, const TerminalChartStyle& style);

}  // namespace evd::evctl
