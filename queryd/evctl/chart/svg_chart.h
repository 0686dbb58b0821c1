#pragma once

#include "queryd/evctl/chart/scene.h"

#include <string>

namespace evd::evctl {

// The scene as a picture of its own in SVG 1.1: axes, grid, a line per series and a legend; no
// scripts, no references. Text is escaped; control characters, which XML cannot hold, become ?.
// Pure but for the time zone.
std::string svgChart(const ChartScene& scene, bool utc);

}  // namespace evd::evctl
