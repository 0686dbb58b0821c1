#include "queryd/evctl/chart/heat_lines.h"

#include "common/base/text.h"
#include "queryd/evctl/chart/time_axis.h"
#include "queryd/evctl/output/meaning.h"
#include "queryd/evctl/output/plain_text.h"

#include <algorithm>
#include <array>

namespace evd::evctl {

namespace {

constexpr size_t kShades = 5;
constexpr std::array<std::string_view, kShades> kBlocks = {"\u00B7", "\u2591", "\u2592", "\u2593",
                                                           "\u2588"};
constexpr std::array<std::string_view, kShades> kLetters = {".", ":", "+", "*", "#"};
constexpr size_t kNameMost = 40;
constexpr size_t kPictureLeast = 10;

std::string shadeOf(double share, bool unicode) {
    const double clamped = std::clamp(share, 0.0, 1.0);
    const auto shade = std::min(kShades - 1, static_cast<size_t>(clamped * double{kShades}));
    return std::string(unicode ? kBlocks[shade] : kLetters[shade]);
}

// What the shades of a line stand for.
struct Scale {
    double least = 0;
    double greatest = 1;
};

// The means of a series' stretches; where there is no point the value before goes on as long as
// there is one after it within the line.
std::string lineOf(const ChartScene& scene, const ChartSeries& series, const Scale& scale,
                   size_t columns, bool unicode) {
    std::vector<double> sums(columns, 0);
    std::vector<size_t> counts(columns, 0);
    for (const ChartPoint& point : series.points) {
        const double share = (point.x - scene.x_min) / (scene.x_max - scene.x_min);
        const auto column =
            std::min(columns - 1, static_cast<size_t>(share * static_cast<double>(columns)));
        sums[column] += point.y;
        ++counts[column];
    }
    size_t last = columns;
    while (last > 0 && counts[last - 1] == 0) {
        --last;
    }
    std::string out;
    std::string before = " ";
    for (size_t i = 0; i < last; ++i) {
        if (counts[i] > 0) {
            const double mean = sums[i] / static_cast<double>(counts[i]);
            before = shadeOf((mean - scale.least) / (scale.greatest - scale.least), unicode);
        }
        out += before;
    }
    return out;
}

// Different metrics have nothing to do with one another's values.
Scale scaleOf(const ChartScene& scene, const ChartSeries& series, bool is_common) {
    if (is_common) {
        return {scene.y_min, scene.y_max};
    }
    const SeriesFigures figures = figuresOf(series);
    return {figures.least, figures.greatest > figures.least ? figures.greatest : figures.least + 1};
}

std::string keyOf(const ChartScene& scene, bool is_common, bool unicode) {
    std::string shades;
    for (size_t i = 0; i < kShades; ++i) {
        shades += unicode ? kBlocks[i] : kLetters[i];
    }
    return is_common ? base::cat("  ", shortNumber(scene.y_min), ' ', shades, ' ',
                                 shortNumber(scene.y_max), '\n')
                     : base::cat("  least ", shades, " most, of each line\n");
}

}  // namespace

std::string heatLines(const ChartScene& scene, const TerminalChartStyle& style) {
    size_t name_width = 0;
    for (const ChartSeries& series : scene.series) {
        name_width = std::max(name_width, displayWidth(series.name));
    }
    name_width = std::min({name_width, kNameMost, style.columns / 2});
    const size_t indent = name_width + 1;
    const size_t columns =
        std::max(kPictureLeast, style.columns > indent ? style.columns - indent : 0);
    const bool is_common = !scene.title.empty();  // one metric
    std::string out;
    if (is_common) {
        out += colored(cutToWidth(scene.title, style.columns), kColorBold, style.color) + '\n';
    }
    for (size_t i = 0; i < std::min(scene.series.size(), kHeatSeriesMax); ++i) {
        std::string name = cutToWidth(scene.series[i].name, name_width);
        name.append(name_width - displayWidth(name) + 1, ' ');
        out += name +
               lineOf(scene, scene.series[i], scaleOf(scene, scene.series[i], is_common), columns,
                      style.unicode) +
               '\n';
    }
    out += timeAxis(scene.x_min, scene.x_max, indent, columns, style.unicode, style.utc);
    out += keyOf(scene, is_common, style.unicode);
    if (scene.series_left_out > 0) {
        out += base::cat("  (", scene.series_left_out, " more series are not drawn)\n");
    }
    return out;
}

}  // namespace evd::evctl
