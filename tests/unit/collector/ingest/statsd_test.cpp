#include "collector/ingest/statsd_line.h"
#include "collector/ingest/statsd_series.h"
#include "common/base/text.h"
#include "common/wire/histogram.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <string>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
namespace wire = evd::wire;
using collector::Reject;
using collector::StatsdSeries;
using wire::MetricType;

namespace {

std::optional<Reject> feed(StatsdSeries& series, std::string_view text, int64_t now_ns = 1) {
    const auto line = collector::parseStatsdLine(text);
    if (const Reject* reason = std::get_if<Reject>(&line)) {
        return *reason;
    }
    return series.apply(*std::get_if<collector::StatsdLine>(&line), now_ns, now_ns);
}

std::vector<wire::MetricSample> collect(StatsdSeries& series, int64_t now_ns = 1) {
    std::vector<wire::MetricSample> samples;
    series.collect(now_ns, samples);
    return samples;
}

Reject reasonOf(std::string_view text) {
    StatsdSeries series;
    const auto reason = feed(series, text);
    CAPTURE(text);
    REQUIRE(reason.has_value());
    CHECK(collect(series).empty());
    return *reason;
}

}  // namespace

TEST_CASE("statsd line: name, values, type, rate and tags are told apart") {
    const auto line = collector::parseStatsdLine("a.b:1:2|c|@0.5|#x:1,y|c:container");
    const auto* parsed = std::get_if<collector::StatsdLine>(&line);
    REQUIRE(parsed != nullptr);
    CHECK(parsed->name == "a.b");
    CHECK(parsed->values == "1:2");
    CHECK(parsed->type == collector::StatsdType::Counter);
    CHECK(parsed->rate == 0.5);
    CHECK(parsed->tags == "x:1,y");
}

TEST_CASE("statsd line: what is no line of a kind that we know") {
    for (const char* text : {"a", "a:1", "a:1|", "a:1|x", "a:|c", "a|c", "a:1|m", "a:1|s", "a:1|C",
                             "_e{1,1}:a|b", ":", "|", "::|c|"}) {
        CAPTURE(text);
        const auto line = collector::parseStatsdLine(text);
        CHECK(std::get_if<Reject>(&line) != nullptr);
    }
    CHECK(reasonOf("a:1|s") == Reject::Malformed);
    CHECK(reasonOf(":1|c") == Reject::BadText);
    CHECK(reasonOf("a\xFF:1|c") == Reject::BadText);
    CHECK(reasonOf(base::cat(std::string(4097, 'n'), ":1|c")) == Reject::BadText);
}

TEST_CASE("statsd line: values are finite numbers") {
    for (const char* value : {"x", "1x", "", "nan", "inf", "-inf", "+-1", "--1", "1e999", " 1"}) {
        CAPTURE(value);
        CHECK(reasonOf(base::cat("a:0:", value, "|g")) == Reject::BadValue);
    }
}

TEST_CASE("statsd line: a rate is above 0 and at most 1") {
    for (const char* rate : {"0", "-0.5", "1.01", "x", "", "nan"}) {
        CHECK(reasonOf(base::cat("a:1|c|@", rate)) == Reject::BadValue);
    }
    StatsdSeries series;
    CHECK_FALSE(feed(series, "a:1|c|@1"));
    CHECK_FALSE(feed(series, "a:1|ms|@0.000001"));
    CHECK(feed(series, "a:1|ms|@0.0000009") == Reject::BadValue);
}

TEST_CASE("statsd series: counters add up and never fall") {
    StatsdSeries series;
    CHECK_FALSE(feed(series, "hits:1|c", 10));
    CHECK_FALSE(feed(series, "hits:2:3|c", 20));
    CHECK_FALSE(feed(series, "hits:1|c|@0.1", 30));
    CHECK(feed(series, "hits:-1|c", 40) == Reject::BadValue);
    CHECK(feed(series, "hits:5:x|c", 40) == Reject::BadValue);  // all of a line or nothing
    auto samples = collect(series);
    REQUIRE(samples.size() == 1);
    CHECK(samples[0].name == "hits");
    CHECK(samples[0].labels.empty());
    CHECK(samples[0].type == MetricType::Counter);
    CHECK(samples[0].value == 16);
    CHECK(samples[0].timestamp_ns == 30);
    CHECK(collect(series).empty());
    CHECK_FALSE(feed(series, "hits:1|c"));
    CHECK(collect(series).at(0).value == 17);
}

TEST_CASE("statsd series: a gauge is its last value, a sign changes it") {
    StatsdSeries series;
    CHECK_FALSE(feed(series, "g:5|g"));
    CHECK_FALSE(feed(series, "g:+3|g"));
    CHECK_FALSE(feed(series, "g:-10|g"));
    auto samples = collect(series);
    REQUIRE(samples.size() == 1);
    CHECK(samples[0].type == MetricType::Gauge);
    CHECK(samples[0].value == -2);
    CHECK_FALSE(feed(series, "g:0|g"));
    CHECK(collect(series).at(0).value == 0);
}

TEST_CASE("statsd series: timings become histograms over fixed buckets") {
    StatsdSeries series;
    for (const char* line : {"t:1|ms", "t:2.5|h", "t:3|d", "t:1000000|ms", "t:-1|h"}) {
        CHECK_FALSE(feed(series, line));
    }
    CHECK_FALSE(feed(series, "t:20|ms|@0.5"));
    const auto samples = collect(series);
    REQUIRE(samples.size() == 1);
    CHECK(samples[0].type == MetricType::Histogram);
    REQUIRE(samples[0].histogram != nullptr);
    const wire::Histogram& histogram = *samples[0].histogram;
    CHECK(wire::checkHistogram(histogram).ok());
    const auto countUpTo = [&](double bound) {
        const auto at = std::find(histogram.boundaries.begin(), histogram.boundaries.end(), bound);
        REQUIRE(at != histogram.boundaries.end());
        return histogram.counts[static_cast<size_t>(at - histogram.boundaries.begin())];
    };
    CHECK(countUpTo(0.5) == 1);
    CHECK(countUpTo(1) == 2);
    CHECK(countUpTo(2.5) == 3);
    CHECK(countUpTo(5) == 4);
    CHECK(countUpTo(25) == 6);
    CHECK(countUpTo(100000) == 6);
    CHECK(histogram.total_count == 7);
    CHECK(histogram.sum == doctest::Approx(1000045.5));
}

TEST_CASE("statsd series: tags are labels, and make the series") {
    StatsdSeries series;
    CHECK_FALSE(feed(series, "a:1|c|#b:2,a:1"));
    CHECK_FALSE(feed(series, "a:1|c|#a:1,b:2"));
    CHECK_FALSE(feed(series, "a:1|c|#flag"));
    CHECK_FALSE(feed(series, "a:1|g"));
    auto samples = collect(series);
    REQUIRE(samples.size() == 3);
    CHECK(samples[0].labels == "a=1,b=2");
    CHECK(samples[0].value == 2);
    CHECK(samples[1].labels == "flag=true");
    CHECK(samples[2].type == MetricType::Gauge);
    for (const char* tags : {"a:1,a:2", "a:", ":1", "a=b:1", "name:x", "a:1,,b:2"}) {
        CAPTURE(tags);
        CHECK(feed(series, base::cat("a:1|c|#", tags)) == Reject::BadLabels);
    }
    std::string many = "a:1|c|#k0:v";
    for (int i = 1; i < 65; ++i) {
        many += base::cat(",k", i, ":v");
    }
    CHECK(feed(series, many) == Reject::BadLabels);
    CHECK_FALSE(feed(series, many.substr(0, many.rfind(','))));
}

TEST_CASE("statsd series: beyond its room new series are refused, old ones go on") {
    StatsdSeries series;
    for (size_t i = 0; i < collector::kStatsdSeriesMax; ++i) {
        REQUIRE_FALSE(feed(series, base::cat("s", i, ":1|c")));
    }
    CHECK(feed(series, "one.more:1|c") == Reject::NoRoom);
    CHECK_FALSE(feed(series, "s7:1|c"));
    CHECK(series.seriesCount() == collector::kStatsdSeriesMax);
    StatsdSeries wide;
    const std::string name(4000, 'n');
    size_t taken = 0;
    while (!feed(wide, base::cat(name, taken, ":1|c"))) {
        ++taken;
    }
    CHECK(taken <= collector::kStatsdKeyBytesMax / name.size());
    CHECK(taken > collector::kStatsdKeyBytesMax / (name.size() + 32) - 1);
}

TEST_CASE("statsd series: one that is idle for an hour is forgotten and makes room") {
    StatsdSeries series;
    CHECK_FALSE(feed(series, "old:1|c", 1));
    CHECK_FALSE(feed(series, "young:1|c", 2));
    CHECK(collect(series, 2).size() == 2);
    CHECK(collect(series, collector::kStatsdIdleNs).empty());
    CHECK(series.seriesCount() == 2);
    CHECK_FALSE(feed(series, "young:1|c", collector::kStatsdIdleNs));
    CHECK(collect(series, 2 * collector::kStatsdIdleNs - 1).at(0).value == 2);
    CHECK(series.seriesCount() == 1);
    CHECK_FALSE(feed(series, "old:1|c", 2 * collector::kStatsdIdleNs));
    CHECK(collect(series, 2 * collector::kStatsdIdleNs).at(0).value == 1);
}

TEST_CASE("statsd series: a total that leaves the numbers is refused") {
    StatsdSeries series;
    CHECK_FALSE(feed(series, "a:1.7e308|c"));
    CHECK(feed(series, "a:1.7e308|c") == Reject::BadValue);
    CHECK(feed(series, "t:1.7e308|ms|@0.1") == Reject::BadValue);
    CHECK(collect(series).size() == 1);
}
