#include "queryd/evctl/import/open_metrics.h"

#include "queryd/evctl/import/metric_line.h"
#include "tests/support/imported_records.h"

#include <doctest/doctest.h>
#include <cmath>

using evd::base::cat;
using evd::evctl::ImportReport;
using evd::evctl::ImportSink;
using evd::evctl::kMetricLineLabelsMax;
using evd::evctl::parseMetricLine;
using evd::test::importInPieces;
using evd::test::ImportOutcome;
using Lines = std::vector<std::string>;

namespace {

ImportOutcome import(std::string_view text) {
    return importInPieces(text, SIZE_MAX, [](ImportReport& report, ImportSink& sink) {
        return evd::evctl::makeOpenMetricsParser({5'000, true}, report, sink);
    });
}

}  // namespace

TEST_CASE("OpenMetrics: each type becomes what eventd has for it") {
    const ImportOutcome outcome = import(
        "# TYPE req counter\n# HELP req All of them.\nreq_total{code=\"200\"} 17 1.5 # {t=\"x\"} "
        "1\n"
        "req_created{code=\"200\"} 1\n"
        "# TYPE temp gauge\n# UNIT temp celsius\ntemp -1.5\n"
        "# TYPE sum summary\nsum{quantile=\"0.5\"} 2\nsum_sum 9\nsum_count 3\n"
        "# TYPE s stateset\ns{s=\"a\"} 1\n# TYPE b info\nb_info{version=\"1\"} 1\n"
        "stray_total 4\n# EOF\nbehind 1\n");
    CHECK(outcome.records ==
          Lines{"metric 1500000000 req_total{code=200} counter 17", "metric 5000 temp{} gauge -1.5",
                "metric 5000 sum{quantile=0.5} gauge 2", "metric 5000 sum_sum{} counter 9",
                "metric 5000 sum_count{} counter 3", "metric 5000 s{s=a} gauge 1",
                "metric 5000 b_info{version=1} gauge 1", "metric 5000 stray_total{} gauge 4"});
    CHECK(outcome.report.find("left out: 1, times at which series were created\n    line 4:") !=
          std::string::npos);
    CHECK(outcome.report.find("not understood") == std::string::npos);
}

TEST_CASE("OpenMetrics: the older text calls a counter by its whole name") {
    CHECK(import("# TYPE req_total counter\nreq_total 5 1395066363000\n").records ==
          Lines{"metric 1395066363000000000 req_total{} counter 5"});
}

TEST_CASE("OpenMetrics: lines of one histogram are one sample") {
    const std::string head = "# TYPE lat histogram\n";
    CHECK(import(head + "lat_bucket{le=\"0.1\",a=\"x\"} 3\nlat_bucket{a=\"x\",le=\"+Inf\"} 4\n"
                        "lat_count{a=\"x\"} 4\nlat_sum{a=\"x\"} 2.5\n"
                        "lat_bucket{le=\"1\",a=\"y\"} 1\nlat_bucket{le=\"+Inf\",a=\"y\"} 1\n"
                        "lat_sum{a=\"y\"} 0\n")
              .records == Lines{"metric 5000 lat{a=x} histogram 0.1:3 of 4 sum 2.5",
                                "metric 5000 lat{a=y} histogram 1:1 of 1 sum 0"});
    CHECK(import(head + "lat_bucket{le=\"1\"} 1 7\nlat_sum 1 7\nlat_count 1 7\n"
                        "lat_bucket{le=\"1\"} 2 8\nlat_sum 2 8\nlat_count 2 8\n")
              .records == Lines{"metric 7000000000 lat{} histogram 1:1 of 1 sum 1",
                                "metric 8000000000 lat{} histogram 1:2 of 2 sum 2"});
}

TEST_CASE("OpenMetrics: a histogram that is none is told") {
    const std::string head = "# TYPE h histogram\n";
    for (const auto& [lines, reason] : std::vector<std::pair<std::string, std::string>>{
             {"h_bucket{le=\"1\"} 1\nh_sum 1\n", "without its count or sum"},
             {"h_bucket{le=\"1\"} 1\nh_count 1\n", "without its count or sum"},
             {"h_bucket{le=\"1\"} 2\nh_count 1\nh_sum 1\n", "contradict"},
             {"h_bucket{le=\"1\"} 2\nh_bucket{le=\"2\"} 1\nh_count 3\nh_sum 1\n", "contradict"},
             {"h_bucket{le=\"1\"} 1\nh_bucket{le=\"1\"} 1\nh_count 3\nh_sum 1\n", "contradict"},
             {"h_bucket{le=\"1\"} 1.5\n", "no whole numbers"},
             {"h_bucket{le=\"1\"} -1\n", "no whole numbers"},
             {"h_bucket{le=\"1\"} NaN\n", "no whole numbers"},
             {"h_bucket 1\n", "without a bound"},
             {"h_bucket{le=\"x\"} 1\n", "without a bound"},
             {"h_bucket{le=\"NaN\"} 1\n", "without a bound"},
             {"h_count 1\nh_sum NaN\n", "contradict"}}) {
        const ImportOutcome outcome = import(head + lines);
        CHECK(outcome.records.empty());
        CHECK_MESSAGE(outcome.report.find(reason) != std::string::npos, outcome.report);
    }
}

TEST_CASE("OpenMetrics: what the door would drop in silence is told") {
    const ImportOutcome outcome = import(
        "# TYPE c counter\nc_total -1\n# TYPE g gauge\ng NaN\ng +Inf\ng{a=\"x,y\"} 1\n"
        "g{a=\"x=y\"} 1\ng{a=\"1\",a=\"2\"} 1\ng{empty=\"\",type=\"t\"} 1\n\xff 1\n");
    CHECK(outcome.records == Lines{"metric 5000 g{exported_type=t} gauge 1"});
    CHECK(outcome.report.find("1, a counter below zero\n    line 2") != std::string::npos);
    CHECK(outcome.report.find("2, a number that is not finite\n    line 4") != std::string::npos);
    CHECK(outcome.report.find("3, a name or labels that eventd does not take") !=
          std::string::npos);
    CHECK(outcome.report.find("1, a line that is no UTF-8\n    line 10") != std::string::npos);
}

TEST_CASE("metric line: names, labels, escapes and times") {
    const auto line =
        parseMetricLine("a:b_1.c { x = \"q\\\"\\\\\\n\" , y=\"\" , } 1e3\t12.000000001");
    REQUIRE(line.ok());
    CHECK(line.value().name == "a:b_1.c");
    CHECK(line.value().labels ==
          std::vector<std::pair<std::string, std::string>>{{"x", "q\"\\\n"}, {"y", ""}});
    CHECK(line.value().value == 1000);
    CHECK(line.value().time_ns == 12'000'000'001);
    CHECK(parseMetricLine("a{} -Inf").value().value == -INFINITY);
    CHECK(parseMetricLine("a +1.5e1").value().value == 15);
    CHECK(parseMetricLine("a 1 1.5e9").value().time_ns == 1'500'000'000'000'000'000);
    CHECK(parseMetricLine("a 1 99999999999").ok() == false);  // as seconds, the year 5138
    CHECK(parseMetricLine("a 1 100000000000").value().time_ns == 100'000'000'000'000'000);
    CHECK(parseMetricLine("a 1 9200000000").value().time_ns == 9'200'000'000'000'000'000);
    CHECK_FALSE(parseMetricLine("a 1 9200000001").ok());
    CHECK(parseMetricLine("a 1 0").value().time_ns == 0);
}

TEST_CASE("metric line: what is none, and why") {
    for (const char* text : {"", "1a 1", "{a=\"b\"} 1", "-"}) {
        CHECK(parseMetricLine(text).error().text == "a line that is no sample");
    }
    for (const char* text : {"a", "a ", "a x", "a 1x", "a +-1", "a{}", "a + 1"}) {
        CHECK(parseMetricLine(text).error().text == "a sample without a number");
    }
    for (const char* text : {"a{b} 1", "a{b=c} 1", "a{b=\"c} 1", "a{b=\"c\"", "a{=\"c\"} 1",
                             "a{b=\"c\" d=\"e\"} 1", "a{b=\"c\\\"} 1", "a{", "a{b=\"c\","}) {
        CHECK_FALSE(parseMetricLine(text).ok());
    }
    for (const char* text : {"a 1 x", "a 1 -1", "a 1 NaN", "a 1 +Inf"}) {
        CHECK(parseMetricLine(text).error().text == "a sample with an unreadable time");
    }
    CHECK_FALSE(parseMetricLine("a 1 2 3").ok());
}

TEST_CASE("metric line: labels have a limit") {
    std::string text = "a{";
    for (size_t i = 0; i < kMetricLineLabelsMax; ++i) {
        text += cat("l", i, "=\"v\",");
    }
    CHECK(parseMetricLine(text + "} 1").ok());
    CHECK_FALSE(parseMetricLine(text + "more=\"v\"} 1").ok());
}
