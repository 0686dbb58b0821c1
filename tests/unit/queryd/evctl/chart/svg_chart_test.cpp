#include "queryd/evctl/chart/svg_chart.h"

#include <doctest/doctest.h>

namespace {

evd::evctl::ChartScene scene() {
    evd::evctl::ChartScene made;
    made.title = "a<b>&\"c\"";
    made.series.push_back({"core=\"0\"", {{1'767'355'200, 0}, {1'767'355'260, 10}}});
    evd::evctl::settleScene(made);
    return made;
}

}  // namespace

TEST_CASE("svg: a line from corner to corner, axes with texts, and a legend") {
    const std::string svg = evd::evctl::svgChart(scene(), /*utc=*/true);
    CHECK(svg.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg "));
    CHECK(svg.ends_with("</svg>\n"));
    CHECK(svg.find("points=\"70.0,400.0 940.0,40.0\"") != std::string::npos);
    CHECK(svg.find(">12:00:00</text>") != std::string::npos);
    CHECK(svg.find(">10</text>") != std::string::npos);
}

TEST_CASE("svg: names from the store are text and never markup") {
    const std::string svg = evd::evctl::svgChart(scene(), /*utc=*/true);
    CHECK(svg.find("a&lt;b&gt;&amp;&quot;c&quot;") != std::string::npos);
    CHECK(svg.find("<b>") == std::string::npos);
}
