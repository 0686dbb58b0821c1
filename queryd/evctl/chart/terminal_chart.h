#pragma once

#include "queryd/evctl/chart/scene.h"

#include <string>

namespace evd::evctl {

struct TerminalChartStyle {
    size_t columns = 80;
    size_t rows = 16;  // of the picture itself, without title, axis and legend
    bool unicode = true;
    bool color = false;
    bool utc = false;
    bool heat = false;  // lines of shades, whatever the number of series
};

// The scene as lines of a terminal: its title, the lines of its series over a time axis, and a
// legend with the figures of each. More series than can be told apart become heat lines
// (heat_lines.h). Never wider than `columns`, but for terminals too narrow for anything. Pure but
// for the time zone.
std::string terminalChart(const ChartScene& scene, const TerminalChartStyle& style);

}  // namespace evd::evctl
