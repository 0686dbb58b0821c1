#include "queryd/evctl/chart/scene.h"

#include <algorithm>
#include <cmath>

namespace evd::evctl {

namespace {

constexpr size_t kValueTicksMost = 6;
constexpr double kFlatShare = 0.1;  // of its value, to either side of a line without a height
// Zero belongs to the picture of what is not far from it.
constexpr double kNearZeroShare = 0.5;

}  // namespace

void settleScene(ChartScene& scene) {
    bool has_any = false;
    for (const ChartSeries& series : scene.series) {
        for (const ChartPoint& point : series.points) {
            scene.x_min = has_any ? std::min(scene.x_min, point.x) : point.x;
            scene.x_max = has_any ? std::max(scene.x_max, point.x) : point.x;
            scene.y_min = has_any ? std::min(scene.y_min, point.y) : point.y;
            scene.y_max = has_any ? std::max(scene.y_max, point.y) : point.y;
            has_any = true;
        }
    }
    if (scene.y_min >= 0 && scene.y_min <= scene.y_max * kNearZeroShare) {
        scene.y_min = 0;
    }
    if (!(scene.y_max > scene.y_min)) {
        const double room = scene.y_max == 0 ? 1 : std::abs(scene.y_max) * kFlatShare;
        scene.y_min = scene.y_min == 0 ? 0 : scene.y_min - room;
        scene.y_max += room;
    }
    if (!(scene.x_max > scene.x_min)) {
        scene.x_max = scene.x_min + 1;
    }
    scene.y_ticks = valueTicks(scene.y_min, scene.y_max, kValueTicksMost);
    if (!scene.y_ticks.empty()) {
        scene.y_min = std::min(scene.y_min, scene.y_ticks.front().at);
        scene.y_max = std::max(scene.y_max, scene.y_ticks.back().at);
    }
}

SeriesFigures figuresOf(const ChartSeries& series) {
    if (series.points.empty()) {
        return {};
    }
    SeriesFigures figures{series.points[0].y, series.points[0].y, series.points.back().y};
    for (const ChartPoint& point : series.points) {
        figures.least = std::min(figures.least, point.y);
        figures.greatest = std::max(figures.greatest, point.y);
    }
    return figures;
}

}  // namespace evd::evctl
