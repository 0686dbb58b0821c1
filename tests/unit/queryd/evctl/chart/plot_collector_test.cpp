#include "queryd/evctl/chart/plot_collector.h"

#include "tests/support/msgpack_from_hex.h"

#include <doctest/doctest.h>

using evd::evctl::FieldView;
using evd::evctl::PlotCollector;
using evd::wire::MsgpackWriter;

namespace {

constexpr int64_t kSecond = 1'000'000'000;

std::vector<uint8_t> sample(int64_t second, double value, std::string_view core) {
    return evd::test::msgpackOf([&](MsgpackWriter& w) {
        w.mapHeader(4);
        w.text("timestamp");
        w.integer(second * kSecond);
        w.text("name");
        w.text("load");
        w.text("core");
        w.text(core);
        w.text("value");
        w.floating(value);
    });
}

PlotCollector collected(const std::vector<std::vector<uint8_t>>& records) {
    PlotCollector collector;
    std::vector<FieldView> fields;
    for (const auto& record : records) {
        REQUIRE(evd::evctl::readFields(record, fields).ok());
        collector.survey(fields);
    }
    for (const auto& record : records) {
        REQUIRE(evd::evctl::readFields(record, fields).ok());
        collector.add(fields);
    }
    return collector;
}

}  // namespace

TEST_CASE("plot: records become series by their labels, in the order of time") {
    const auto scene =
        collected({sample(20, 2, "0"), sample(10, 1, "0"), sample(10, 7, "1")}).scene();
    CHECK(scene.title == "load");
    REQUIRE(scene.series.size() == 2);
    CHECK(scene.series[0].name == "core=0");
    REQUIRE(scene.series[0].points.size() == 2);
    CHECK(scene.series[0].points[0].x == 10);
    CHECK(scene.series[0].points[1].y == 2);
    CHECK(scene.series[1].points.size() == 1);
}

TEST_CASE("plot: answers with names of their own are apart") {
    PlotCollector collector;
    std::vector<FieldView> fields;
    const std::vector<std::vector<uint8_t>> records = {sample(1, 1, "0"), sample(2, 3, "0")};
    for (const bool is_survey : {true, false}) {
        for (const char* answer : {"P99", "P50"}) {
            collector.nameAnswer(answer);
            for (const auto& record : records) {
                REQUIRE(evd::evctl::readFields(record, fields).ok());
                is_survey ? collector.survey(fields) : collector.add(fields);
            }
        }
    }
    const auto scene = collector.scene();
    REQUIRE(scene.series.size() == 2);
    CHECK(scene.series[0].name == "P99 core=0");
    CHECK(scene.series[1].name == "P50 core=0");
    CHECK(scene.series[1].points.size() == 2);
}

TEST_CASE("plot: names from the store are made printable") {
    const auto scene = collected({sample(1, 1, "\x1b[31m\u202E"), sample(2, 1, "x")}).scene();
    CHECK(scene.series[0].name == "core=\\x1b[31m\\u{202e}");
}

TEST_CASE("plot: a line needs two moments of one series") {
    CHECK_FALSE(collected({sample(1, 1, "0"), sample(2, 1, "1")}).isDrawable());
    CHECK_FALSE(collected({}).isDrawable());
    CHECK(collected({sample(1, 1, "0"), sample(2, 1, "0")}).isDrawable());
}

TEST_CASE("plot: peaks survive, however many points there are") {
    std::vector<std::vector<uint8_t>> records;
    for (int64_t i = 0; i < 20'000; ++i) {
        records.push_back(sample(i, i == 11'111 ? 99 : i == 11'112 ? -99 : 0, "0"));
    }
    const auto scene = collected(records).scene();
    CHECK(scene.series[0].points.size() <= 4 * evd::evctl::kPlotSlotsMost);
    CHECK(evd::evctl::figuresOf(scene.series[0]).greatest == 99);
    CHECK(evd::evctl::figuresOf(scene.series[0]).least == -99);
}

TEST_CASE("plot: series beyond the limit are counted") {
    std::vector<std::vector<uint8_t>> records;
    for (int i = 0; i < 70; ++i) {
        records.push_back(sample(1, 1, std::to_string(i)));
        records.push_back(sample(2, 1, std::to_string(i)));
    }
    const auto scene = collected(records).scene();
    CHECK(scene.series.size() == evd::evctl::kPlotSeriesMax);
    CHECK(scene.series_left_out == 70 - evd::evctl::kPlotSeriesMax);
}

TEST_CASE("plot: counts over time are drawn by their bucket") {
    const auto bucket = [](int64_t second, int64_t count) {
        return evd::test::msgpackOf([&](MsgpackWriter& w) {
            w.mapHeader(3);
            w.text("bucket");
            w.integer(second * kSecond);
            w.text("event_type");
            w.text("a b");
            w.text("count");
            w.integer(count);
        });
    };
    const auto scene = collected({bucket(60, 3), bucket(120, 4)}).scene();
    CHECK(scene.series[0].name == "event_type=\"a b\"");
    CHECK(scene.series[0].points.size() == 2);
}
