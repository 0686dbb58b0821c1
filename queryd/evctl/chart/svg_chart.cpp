#include "queryd/evctl/chart/svg_chart.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace evd::evctl {

namespace {

constexpr double kWidth = 960;
constexpr double kPictureHeight = 360;
constexpr double kLeft = 70;
constexpr double kRight = 20;
constexpr double kTop = 40;
constexpr double kAxisRoom = 30;
constexpr double kLegendLine = 18;
constexpr size_t kTimeTicksMost = 8;
constexpr std::array<std::string_view, kLineSeriesMax> kColors = {
    "#0b7285", "#e67700", "#2b8a3e", "#862e9c", "#1864ab", "#c92a2a", "#5c940d", "#495057"};

std::string escaped(std::string_view text) {
    std::string out;
    for (const char letter : text) {
        switch (letter) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += static_cast<unsigned char>(letter) < 0x20 ? '?' : letter;
        }
    }
    return out;
}

std::string coordinate(double value) {
    char text[32];
    const int length = std::snprintf(text, sizeof(text), "%.1f", value);
    return {text, static_cast<size_t>(std::clamp(length, 0, 31))};
}

double across(const ChartScene& scene, double x) {
    return kLeft + (x - scene.x_min) / (scene.x_max - scene.x_min) * (kWidth - kLeft - kRight);
}

double down(const ChartScene& scene, double y) {
    return kTop + (scene.y_max - y) / (scene.y_max - scene.y_min) * kPictureHeight;
}

std::string textAt(double x, double y, std::string_view anchor, std::string_view text) {
    return base::cat("<text x=\"", coordinate(x), "\" y=\"", coordinate(y), "\" text-anchor=\"",
                     anchor, "\">", escaped(text), "</text>\n");
}

std::string lineBetween(double x0, double y0, double x1, double y1, std::string_view color) {
    return base::cat("<line x1=\"", coordinate(x0), "\" y1=\"", coordinate(y0), "\" x2=\"",
                     coordinate(x1), "\" y2=\"", coordinate(y1), "\" stroke=\"", color, "\"/>\n");
}

void appendAxes(const ChartScene& scene, bool utc, std::string& out) {
    const double bottom = kTop + kPictureHeight;
    for (const Tick& tick : scene.y_ticks) {
        const double y = down(scene, tick.at);
        out += lineBetween(kLeft, y, kWidth - kRight, y, "#dee2e6");
        out += textAt(kLeft - 8, y + 4, "end", tick.text);
    }
    for (const Tick& tick : timeTicks(scene.x_min, scene.x_max, kTimeTicksMost, utc)) {
        const double x = across(scene, tick.at);
        out += lineBetween(x, bottom, x, bottom + 5, "#495057");
        out += textAt(x, bottom + 20, "middle", tick.text);
    }
    out += lineBetween(kLeft, bottom, kWidth - kRight, bottom, "#495057");
    out += lineBetween(kLeft, kTop, kLeft, bottom, "#495057");
}

void appendSeries(const ChartScene& scene, size_t index, std::string& out) {
    const std::string_view color = kColors[index % kColors.size()];
    std::string points;
    for (const ChartPoint& point : scene.series[index].points) {
        points += base::cat(points.empty() ? "" : " ", coordinate(across(scene, point.x)), ',',
                            coordinate(down(scene, point.y)));
    }
    out += base::cat("<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"", color,
                     "\" points=\"", points, "\"/>\n");
    const double y =
        kTop + kPictureHeight + kAxisRoom + kLegendLine * static_cast<double>(index + 1);
    out += base::cat("<rect x=\"", coordinate(kLeft), "\" y=\"", coordinate(y - 9),
                     "\" width=\"10\" height=\"10\" fill=\"", color, "\"/>\n");
    const SeriesFigures figures = figuresOf(scene.series[index]);
    out +=
        textAt(kLeft + 16, y, "start",
               base::cat(scene.series[index].name, "  last ", shortNumber(figures.last), "  least ",
                         shortNumber(figures.least), "  most ", shortNumber(figures.greatest)));
}

}  // namespace

std::string svgChart(const ChartScene& scene, bool utc) {
    const double height = kTop + kPictureHeight + kAxisRoom +
                          kLegendLine * static_cast<double>(scene.series.size() + 1);
    std::string out = base::cat(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"",
        coordinate(kWidth), "\" height=\"", coordinate(height), "\" viewBox=\"0 0 ",
        coordinate(kWidth), ' ', coordinate(height),
        "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#212529\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    out += textAt(kWidth / 2, kTop - 16, "middle", scene.title);
    appendAxes(scene, utc, out);
    for (size_t i = 0; i < scene.series.size(); ++i) {
        appendSeries(scene, i, out);
    }
    return out + "</svg>\n";
}

}  // namespace evd::evctl
