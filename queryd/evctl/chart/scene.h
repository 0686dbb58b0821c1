#pragma once

#include "queryd/evctl/chart/ticks.h"

#include <cstddef>
#include <string>
#include <vector>

namespace evd::evctl {

// Colours and marks repeat beyond this many series; a terminal shows more of them as heat lines.
inline constexpr size_t kLineSeriesMax = 8;

struct ChartPoint {
    double x = 0;  // seconds since the epoch
    double y = 0;
};

struct ChartSeries {
    std::string name;                // printable
    std::vector<ChartPoint> points;  // ascending in x
};

// Everything a chart shows, in the values of its data: what is drawn on a terminal and what is
// written as SVG are two views of one scene, and so cannot tell different stories.
struct ChartScene {
    std::string title;  // printable
    std::vector<ChartSeries> series;
    size_t series_left_out = 0;  // there were more than a chart can hold
    double x_min = 0;
    double x_max = 0;
    double y_min = 0;
    double y_max = 0;
    std::vector<Tick> y_ticks;
};

// Settles the ranges and the ticks of the vertical axis from the points; the horizontal ticks
// depend on the room and are the views'. A range that is no range is widened. Pure.
void settleScene(ChartScene& scene);

// The least, greatest and last value of a series; zeros for one without points. Pure.
struct SeriesFigures {
    double least = 0;
    double greatest = 0;
    double last = 0;
};
SeriesFigures figuresOf(const ChartSeries& series);

}  // namespace evd::evctl
