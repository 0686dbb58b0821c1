#include "queryd/evctl/chart/terminal_chart.h"

#include "common/base/text.h"
#include "queryd/evctl/chart/dot_canvas.h"
#include "queryd/evctl/chart/heat_lines.h"
#include "queryd/evctl/chart/time_axis.h"
#include "queryd/evctl/output/meaning.h"
#include "queryd/evctl/output/plain_text.h"

#include <algorithm>
#include <cmath>

namespace evd::evctl {

namespace {

constexpr size_t kPictureColumnsLeast = 10;
constexpr size_t kLegendNameMost = 48;

// From a value to a dot of the canvas.
int64_t dotOf(double value, double least, double greatest, size_t dots) {
    const double share = (value - least) / (greatest - least);
    return std::lround(share * static_cast<double>(dots - 1));
}

void drawSeries(const ChartScene& scene, size_t index, DotCanvas& canvas) {
    int64_t before_x = -1;
    int64_t before_y = -1;
    for (const ChartPoint& point : scene.series[index].points) {
        const int64_t x = dotOf(point.x, scene.x_min, scene.x_max, canvas.dotsWide());
        const int64_t y = dotOf(point.y, scene.y_min, scene.y_max, canvas.dotsHigh());
        canvas.line(before_x < 0 ? x : before_x, before_x < 0 ? y : before_y, x, y, index);
        before_x = x;
        before_y = y;
    }
}

std::string valueAxisText(const ChartScene& scene, size_t row, size_t rows, size_t width,
                          bool unicode) {
    for (const Tick& tick : scene.y_ticks) {
        const int64_t tick_row = dotOf(tick.at, scene.y_max, scene.y_min, rows);
        if (tick_row == static_cast<int64_t>(row)) {
            return std::string(width - std::min(width, tick.text.size()), ' ') + tick.text +
                   (unicode ? " \u2524" : " +");
        }
    }
    return std::string(width, ' ') + (unicode ? " \u2502" : " |");
}

void appendLegend(const ChartScene& scene, const TerminalChartStyle& style, bool braille,
                  std::string& out) {
    size_t name_width = 0;
    for (const ChartSeries& series : scene.series) {
        name_width = std::max(name_width, displayWidth(series.name));
    }
    name_width = std::min(name_width, kLegendNameMost);
    for (size_t i = 0; i < scene.series.size(); ++i) {
        const SeriesFigures figures = figuresOf(scene.series[i]);
        const std::string sign = braille ? "\u25CF" : std::string(1, seriesMark(i));
        std::string name = cutToWidth(scene.series[i].name, name_width);
        name.append(name_width - displayWidth(name), ' ');
        const std::string rest =
            base::cat("  last ", shortNumber(figures.last), "  least ", shortNumber(figures.least),
                      "  most ", shortNumber(figures.greatest));
        const size_t room = style.columns > 4 ? style.columns - 4 : 0;
        out += base::cat("  ", colored(sign, seriesColor(i), style.color), ' ',
                         cutToWidth(name + rest, room), '\n');
    }
    if (scene.series_left_out > 0) {
        out += base::cat("  (", scene.series_left_out, " more series are not drawn)\n");
    }
}

}  // namespace

std::string terminalChart(const ChartScene& scene, const TerminalChartStyle& style) {
    if (style.heat || scene.series.size() > kLineSeriesMax) {
        return heatLines(scene, style);
    }
    size_t label_width = 0;
    for (const Tick& tick : scene.y_ticks) {
        label_width = std::max(label_width, tick.text.size());
    }
    const size_t indent = label_width + 2;
    const size_t columns =
        std::max(kPictureColumnsLeast, style.columns > indent ? style.columns - indent : 0);
    const bool braille = style.unicode && (style.color || scene.series.size() == 1);
    DotCanvas canvas(columns, style.rows, braille);
    for (size_t i = 0; i < scene.series.size(); ++i) {
        drawSeries(scene, i, canvas);
    }
    std::string out;
    if (!scene.title.empty()) {
        const std::string title = cutToWidth(scene.title, style.columns);
        out += colored(title, kColorBold, style.color) + '\n';
    }
    for (size_t row = 0; row < style.rows; ++row) {
        out += valueAxisText(scene, row, style.rows, label_width, style.unicode) +
               canvas.rowText(row, style.color) + '\n';
    }
    out += timeAxis(scene.x_min, scene.x_max, indent, columns, style.unicode, style.utc);
    appendLegend(scene, style, braille, out);
    return out;
}

}  // namespace evd::evctl
