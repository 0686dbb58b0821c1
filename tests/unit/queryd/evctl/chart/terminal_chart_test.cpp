// Exact pictures: what is drawn is what stands here.

#include "queryd/evctl/chart/terminal_chart.h"

#include "queryd/evctl/chart/dot_canvas.h"

#include <doctest/doctest.h>

using evd::evctl::ChartScene;
using evd::evctl::terminalChart;
using evd::evctl::TerminalChartStyle;

namespace {

constexpr double kNoon = 1'767'355'200;  // 2026-01-02T12:00:00Z

ChartScene sceneOf(size_t series_count) {
    ChartScene scene;
    scene.title = "load";
    for (size_t i = 0; i < series_count; ++i) {
        evd::evctl::ChartSeries series{"core=" + std::to_string(i), {}};
        for (int minute = 0; minute <= 4; ++minute) {
            series.points.push_back({kNoon + 60.0 * minute, static_cast<double>(minute) * 10 *
                                                                static_cast<double>(i + 1)});
        }
        scene.series.push_back(series);
    }
    evd::evctl::settleScene(scene);
    return scene;
}

TerminalChartStyle small(bool unicode) {
    TerminalChartStyle style;
    style.columns = 32;
    style.rows = 5;
    style.unicode = unicode;
    style.utc = true;
    return style;
}

}  // namespace

TEST_CASE("chart: a line in braille over its axes, with a legend") {
    CHECK(terminalChart(sceneOf(1), small(true)) == R"(load
40 ┤                       ⣀⠤⠔⠒⠉
30 ┤                ⢀⣀⡠⠤⠒⠊⠉
20 ┤          ⢀⣀⠤⠔⠒⠉⠁
10 ┤     ⣀⡠⠤⠒⠊⠁
 0 ┤⣀⠤⠔⠊⠉
   └┬─────────────┬────────────┬
  12:00         12:02      12:04
  ● core=0  last 40  least 0  m…
)");
}

TEST_CASE("chart: without UTF-8, and for several series without colours, marks stand for lines") {
    CHECK(terminalChart(sceneOf(2), small(false)) == R"(load
80 +                        ++++
60 +                 +++++++
40 +           ++++++***********
20 +    +++++++******
 0 +++++
   ++-------------+------------+
  12:00         12:02      12:04
  * core=0  last 40  least 0  m…
  + core=1  last 80  least 0  m…
)");
    CHECK(terminalChart(sceneOf(2), small(true)).find("+") != std::string::npos);
}

TEST_CASE("chart: in colour each series has its own") {
    TerminalChartStyle style = small(true);
    style.color = true;
    const std::string chart = terminalChart(sceneOf(2), style);
    CHECK(chart.find(evd::evctl::seriesColor(0)) != std::string::npos);
    CHECK(chart.find(evd::evctl::seriesColor(1)) != std::string::npos);
}

TEST_CASE("chart: more series than lines can be told apart are lines of shades") {
    CHECK(terminalChart(sceneOf(9), small(true)) == R"(load
core=0 ·························
core=1 ························░
core=2 ··················░░░░░░░
core=3 ············░░░░░░░░░░░░▒
core=4 ············░░░░░░░░░░░░▒
core=5 ············░░░░░░▒▒▒▒▒▒▓
core=6 ············░░░░░░▒▒▒▒▒▒▓
core=7 ······░░░░░░▒▒▒▒▒▒▓▓▓▓▓▓█
core=8 ······░░░░░░▒▒▒▒▒▒▓▓▓▓▓▓█
      └┬───────────┬───────────┬
     12:00       12:02     12:04
  0 ·░▒▓█ 400
)");
    ChartScene scene = sceneOf(9);
    scene.title = "";  // different metrics: each has its own scale
    CHECK(terminalChart(scene, small(false)) == R"(core=0 ......::::::++++++******#
core=1 ......::::::++++++******#
core=2 ......::::::++++++******#
core=3 ......::::::++++++******#
core=4 ......::::::++++++******#
core=5 ......::::::++++++******#
core=6 ......::::::++++++******#
core=7 ......::::::++++++******#
core=8 ......::::::++++++******#
      ++-----------+-----------+
     12:00       12:02     12:04
  least .:+*# most, of each line
)");
}

TEST_CASE("chart: lines of shades for a few series, when they are wanted") {
    auto style = small(false);
    style.heat = true;
    CHECK(terminalChart(sceneOf(1), style).find("core=0 ......::::::++++++******#") !=
          std::string::npos);
}

TEST_CASE("chart: no line is wider than the terminal, however long the names are") {
    ChartScene scene = sceneOf(2);
    scene.title = std::string(200, 't');
    scene.series[0].name = std::string(200, 'n');
    for (const size_t count : {size_t{2}, size_t{9}}) {
        ChartScene many = count == 2 ? scene : sceneOf(9);
        many.series[0].name = scene.series[0].name;
        const std::string chart = terminalChart(many, small(false));
        for (size_t at = 0; at < chart.size();) {
            const size_t end = chart.find('\n', at);
            CHECK(end - at <= 34);  // an ellipsis has three bytes
            at = end + 1;
        }
    }
}

TEST_CASE("chart: one value, equal values and one moment still make a picture") {
    ChartScene scene;
    scene.series.push_back({"a", {{kNoon, 5}}});
    evd::evctl::settleScene(scene);
    CHECK(scene.y_max > scene.y_min);
    CHECK(scene.x_max > scene.x_min);
    CHECK_FALSE(terminalChart(scene, small(true)).empty());
    ChartScene nothing;
    evd::evctl::settleScene(nothing);
    CHECK_FALSE(terminalChart(nothing, small(true)).empty());
}
