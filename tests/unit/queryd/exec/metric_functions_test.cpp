#include "queryd/exec/metric_functions.h"

#include "queryd/exec/metric_combine.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <limits>
#include <random>

namespace evd::queryd {
namespace {

constexpr int64_t kTimeMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();

using Points = std::vector<MetricPoint>;

MetricPlan planOf(std::optional<ValueFunction> transform, std::optional<WindowFunction> window) {
    MetricPlan plan;
    plan.transform = transform;
    plan.window = window;
    return plan;
}

Points fold(const MetricPlan& plan, const Points& samples,
            SeriesFold::Shape shape = SeriesFold::Shape::Windowed) {
    SeriesFold folding(plan, shape);
    for (const MetricPoint& sample : samples) {
        folding.add(sample);
    }
    return folding.finish();
}

TEST_CASE("metric functions: a percentile is the bound of the bucket with the nearest rank (M5)") {
    const wire::Histogram histogram{{1, 2, 3}, {50, 94, 99}, 100, 0};
    CHECK(percentileOf(histogram, 50) == 1);
    CHECK(percentileOf(histogram, 51) == 2);
    CHECK(percentileOf(histogram, 94) == 2);
    CHECK(percentileOf(histogram, 95) == 3);
    CHECK(percentileOf(histogram, 99) == 3);
    CHECK_FALSE(percentileOf(histogram, 100));  // beyond the last bucket
    CHECK_FALSE(percentileOf({{1}, {0}, 0, 0}, 50));
    CHECK_FALSE(percentileOf({{}, {}, 5, 0}, 50));
    constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
    CHECK(percentileOf({{1, 2}, {kMost - 1, kMost}, kMost, 0}, 99) == 1);
}

TEST_CASE("metric functions: ranks are rounded up") {
    CHECK(percentileOf({{1, 2}, {1, 3}, 3, 0}, 50) == 2);  // rank 2 of 3
    CHECK(percentileOf({{1, 2}, {1, 2}, 2, 0}, 50) == 1);  // rank 1 of 2
    CHECK(percentileOf({{1, 2}, {19, 20}, 20, 0}, 95) == 1);
    CHECK(percentileOf({{1, 2}, {19, 21}, 21, 0}, 95) == 2);
}

TEST_CASE("metric functions: the transform alone keeps every value") {
    const Points samples = {{0, 5}, {10, 7}, {10, 9}, {20, 4}};
    CHECK(fold(planOf(std::nullopt, std::nullopt), samples) == samples);
    CHECK(fold(planOf(ValueFunction::Delta, std::nullopt), samples) == Points{{10, 2}, {20, 4}});
    const WindowFunction window{SeriesFunction::Avg, 100};
    CHECK(fold(planOf(std::nullopt, window), samples, SeriesFold::Shape::Points) == samples);
}

TEST_CASE("metric functions: nothing in, nothing out") {
    for (const auto transform : {ValueFunction::Rate, ValueFunction::Delta}) {
        CHECK(fold(planOf(transform, std::nullopt), {}).empty());
        CHECK(fold(planOf(transform, WindowFunction{SeriesFunction::Avg, 5}), {{1, 1}}).empty());
    }
    MetricPlan scalar;
    scalar.per_series = true;
    scalar.aggregate = SeriesFunction::Avg;
    CHECK(fold(scalar, {}).empty());
    CHECK(combineOverTime({}, SeriesFunction::Avg, 0, 10).empty());
}

TEST_CASE("metric functions: a scalar has the time of its newest sample") {
    MetricPlan plan;
    plan.per_series = true;
    plan.aggregate = SeriesFunction::Min;
    CHECK(fold(plan, {{1, 5}, {2, 3}, {9, 4}}) == Points{{9, 3}});
    plan.window = WindowFunction{SeriesFunction::Sum, 5};
    CHECK(fold(plan, {{1, 5}, {2, 3}, {9, 4}}) == Points{{5, 3}});
}

TEST_CASE("metric functions: what is held grows with the result, not with the samples") {
    SeriesFold folding(planOf(std::nullopt, WindowFunction{SeriesFunction::Avg, 1'000'000}),
                       SeriesFold::Shape::Windowed);
    for (int64_t i = 0; i < 100'000; ++i) {
        folding.add({i, 1});
    }
    CHECK(folding.heldBytes() < 1024);
    CHECK(folding.finish() == Points{{0, 1}});
}

TEST_CASE("metric combine: a point stands until it is older than the limit (M2)") {
    const std::vector<SeriesPoints> series = {{{0, 1}, {30, 3}}, {{10, 10}, {11, 20}}};
    CHECK(combineOverTime(series, SeriesFunction::Sum, 0, 19) ==
          Points{{0, 1}, {10, 11}, {11, 21}, {30, 23}});
    CHECK(combineOverTime(series, SeriesFunction::Sum, 0, 18) ==
          Points{{0, 1}, {10, 11}, {11, 21}, {30, 3}});
    CHECK(combineOverTime(series, SeriesFunction::Sum, 0, 9) ==
          Points{{0, 1}, {10, 10}, {11, 20}, {30, 3}});
}

TEST_CASE("metric combine: points before the range only stand for their series (M2)") {
    const std::vector<SeriesPoints> series = {{{0, 1}, {30, 3}}, {{10, 10}}};
    CHECK(combineOverTime(series, SeriesFunction::Avg, 30, 100) == Points{{30, 6.5}});
    CHECK(combineOverTime(series, SeriesFunction::Avg, 31, 100).empty());
}

TEST_CASE("metric combine: of several points of one time the last counts, one row comes out") {
    const std::vector<SeriesPoints> series = {{{5, 1}, {5, 2}, {5, 7}}, {{5, 10}}};
    CHECK(combineOverTime(series, SeriesFunction::Sum, 0, 0) == Points{{5, 17}});
}

TEST_CASE("metric combine: the ends of time do not overflow") {
    const std::vector<SeriesPoints> series = {{{kTimeMin, 1}}, {{kTimeMax, 2}}};
    CHECK(combineOverTime(series, SeriesFunction::Sum, kTimeMin, kTimeMax) ==
          Points{{kTimeMin, 1}, {kTimeMax, 2}});
    CHECK(combineLatest(Points{{kTimeMin, 1}, {kTimeMax, 2}}, SeriesFunction::Sum, kTimeMax) ==
          MetricPoint{kTimeMax, 2});
}

TEST_CASE("metric combine: latest values, those too old left out (M3)") {
    const Points latest = {{100, 1}, {90, 2}, {89, 4}};
    CHECK(combineLatest(latest, SeriesFunction::Sum, 10) == MetricPoint{100, 3});
    CHECK(combineLatest(latest, SeriesFunction::Max, 11) == MetricPoint{100, 4});
    CHECK(combineLatest(latest, SeriesFunction::Avg, 0) == MetricPoint{100, 1});
}

TEST_CASE("metric combine: rounding does not depend on what came before") {
    // The same values stand at time 3, but one series was far away in between.
    const std::vector<SeriesPoints> calm = {{{3, 0.1}}, {{3, 0.2}}, {{3, 0.3}}};
    const std::vector<SeriesPoints> wild = {{{3, 0.1}}, {{1, 1e300}, {3, 0.2}}, {{2, 0.3}}};
    CHECK(combineOverTime(calm, SeriesFunction::Sum, 3, 10) ==
          combineOverTime(wild, SeriesFunction::Sum, 3, 10));
}

// The definition, word by word.
Points combineSlowly(const std::vector<SeriesPoints>& series, SeriesFunction function,
                     int64_t since, int64_t staleness) {
    std::vector<int64_t> times;
    for (const SeriesPoints& points : series) {
        for (const MetricPoint& point : points) {
            times.push_back(point.timestamp_ns);
        }
    }
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    Points combined;
    for (const int64_t time : times) {
        wire::ValueTotals totals;
        for (const SeriesPoints& points : series) {
            const MetricPoint* newest = nullptr;
            for (const MetricPoint& point : points) {
                newest = point.timestamp_ns <= time ? &point : newest;
            }
            if (newest != nullptr && time - newest->timestamp_ns <= staleness) {
                totals.add(newest->value);
            }
        }
        if (time >= since) {
            combined.push_back({time, totals.aggregate(windowFunctionOf(function))});
        }
    }
    return combined;
}

TEST_CASE("metric combine: the tree says what the definition says, for random series") {
    constexpr uint64_t kSeed = 20260102;
    std::mt19937_64 random(kSeed);
    CAPTURE(kSeed);
    for (int round = 0; round < 300; ++round) {
        std::vector<SeriesPoints> series(1 + random() % 9);
        const int64_t step = 1 + static_cast<int64_t>(random() % 40);
        for (SeriesPoints& points : series) {
            int64_t at = static_cast<int64_t>(random() % 50);
            for (size_t i = random() % 30; i > 0; --i) {
                points.push_back({at, static_cast<double>(random() % 1000)});
                at += round % 2 == 0 ? step : static_cast<int64_t>(random() % 40);
            }
        }
        const auto staleness = static_cast<int64_t>(random() % 100);
        const auto since = static_cast<int64_t>(random() % 200);
        for (const auto function :
             {SeriesFunction::Avg, SeriesFunction::Min, SeriesFunction::Max, SeriesFunction::Sum}) {
            CHECK(combineOverTime(series, function, since, staleness) ==
                  combineSlowly(series, function, since, staleness));
        }
    }
}

}  // namespace
}  // namespace evd::queryd
