#include "common/wire/metric_window.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

namespace evd::wire {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kTimeMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();
constexpr RollupFunction kAll[] = {RollupFunction::Avg,  RollupFunction::Min,
                                   RollupFunction::Max,  RollupFunction::Sum,
                                   RollupFunction::Rate, RollupFunction::Delta};

struct Sample {
    int64_t seconds;
    double value;
};

std::vector<WindowValue> fold(RollupFunction function, int64_t window_seconds,
                              const std::vector<Sample>& samples,
                              const std::vector<Sample>& before = {}) {
    std::vector<WindowValue> out;
    WindowFold windows(function, window_seconds * kSecond, out);
    for (const Sample& sample : before) {
        windows.startFrom(sample.seconds * kSecond, sample.value);
    }
    for (const Sample& sample : samples) {
        windows.add(sample.seconds * kSecond, sample.value);
    }
    windows.finish();
    return out;
}

WindowValue window(int64_t seconds, double value, uint64_t count) {
    return {seconds * kSecond, value, count};
}

TEST_CASE("metric window: starts are aligned to the epoch, before it too (M6)") {
    CHECK(windowStart(0, 60) == 0);
    CHECK(windowStart(59, 60) == 0);
    CHECK(windowStart(60, 60) == 60);
    CHECK(windowStart(-1, 60) == -60);
    CHECK(windowStart(-60, 60) == -60);
    CHECK(windowStart(-61, 60) == -120);
    CHECK(windowStart(kTimeMin, 7) == kTimeMin);
    CHECK(windowStart(kTimeMax, kTimeMax) == kTimeMax);
    CHECK(windowStart(-5, kTimeMax) == -kTimeMax);
    CHECK(windowStart(kTimeMin, kTimeMax) == kTimeMin);
}

TEST_CASE("metric window: values fold into their windows, empty ones are left out") {
    const std::vector<Sample> samples = {{0, 4}, {59, 2}, {60, 9}, {240, 1}, {299, 2}};
    using Windows = std::vector<WindowValue>;
    CHECK(fold(RollupFunction::Avg, 60, samples) ==
          Windows{window(0, 3, 2), window(60, 9, 1), window(240, 1.5, 2)});
    CHECK(fold(RollupFunction::Min, 60, samples) ==
          Windows{window(0, 2, 2), window(60, 9, 1), window(240, 1, 2)});
    CHECK(fold(RollupFunction::Max, 60, samples) ==
          Windows{window(0, 4, 2), window(60, 9, 1), window(240, 2, 2)});
    CHECK(fold(RollupFunction::Sum, 60, samples) ==
          Windows{window(0, 6, 2), window(60, 9, 1), window(240, 3, 2)});
    CHECK(fold(RollupFunction::Sum, 60, {}).empty());
}

TEST_CASE("metric window: a pair belongs to the window in which it ends (M4)") {
    const std::vector<Sample> samples = {{10, 100}, {50, 140}, {70, 160}, {200, 290}};
    using Windows = std::vector<WindowValue>;
    CHECK(fold(RollupFunction::Delta, 60, samples) ==
          Windows{window(0, 40, 1), window(60, 20, 1), window(180, 130, 1)});
    CHECK(fold(RollupFunction::Rate, 60, samples) ==
          Windows{window(0, 1, 1), window(60, 1, 1), window(180, 1, 1)});
    CHECK(fold(RollupFunction::Delta, 60, {{10, 100}}).empty());
}

TEST_CASE("metric window: the sample before the first starts the first pair (M4)") {
    using Windows = std::vector<WindowValue>;
    CHECK(fold(RollupFunction::Delta, 60, {{70, 160}}, {{10, 100}}) == Windows{window(60, 60, 1)});
    CHECK(fold(RollupFunction::Rate, 60, {{70, 160}}, {{10, 100}}) == Windows{window(60, 1, 1)});
    CHECK(fold(RollupFunction::Sum, 60, {{70, 160}}, {{10, 100}}) == Windows{window(60, 160, 1)});
}

TEST_CASE("metric window: a decrease is a reset, pairs of one moment are skipped (M4)") {
    using Windows = std::vector<WindowValue>;
    CHECK(fold(RollupFunction::Delta, 60, {{0, 100}, {10, 30}, {20, 35}}) ==
          Windows{window(0, 35, 2)});
    // 100 → 110, then the second sample of that moment begins the next pair: 120 → 125.
    CHECK(fold(RollupFunction::Delta, 60, {{0, 100}, {10, 110}, {10, 120}, {20, 125}}) ==
          Windows{window(0, 15, 2)});
    CHECK(fold(RollupFunction::Rate, 60, {{0, 100}, {10, 110}, {10, 120}, {20, 125}}) ==
          Windows{window(0, 0.75, 2)});
}

TEST_CASE("metric window: the ends of time do not overflow") {
    std::vector<WindowValue> out;
    WindowFold rate(RollupFunction::Rate, kTimeMax, out);
    rate.add(kTimeMin, 0);
    rate.add(kTimeMax, 1e10);
    rate.finish();
    REQUIRE(out.size() == 1);
    CHECK(out[0].window_start_ns == kTimeMax);
    CHECK(out[0].value == doctest::Approx(1e10 / 18446744073.709551615));
}

TEST_CASE("metric window: sums keep what rounding takes away") {
    CarefulSum sum;
    for (const double value : {1e16, 1.0, 1.0, -1e16}) {
        sum.add(value);
    }
    CHECK(sum.total() == 2.0);
    CarefulSum overflow;
    overflow.add(1e308);
    overflow.add(1e308);
    CHECK(std::isinf(overflow.total()));
}

TEST_CASE("metric window: of equal values the first counts, so that zeros keep their sign") {
    const auto least = fold(RollupFunction::Min, 60, {{0, 0.0}, {1, -0.0}});
    CHECK_FALSE(std::signbit(least.at(0).value));
    const auto greatest = fold(RollupFunction::Max, 60, {{0, -0.0}, {1, 0.0}});
    CHECK(std::signbit(greatest.at(0).value));
}

// A series with gaps, doubles of one moment and resets.
std::vector<Sample> randomSeries(std::mt19937_64& random, bool integers) {
    std::vector<Sample> samples;
    int64_t at = static_cast<int64_t>(random() % 10'000) - 5'000;
    double value = 0;
    for (size_t i = random() % 400; i > 0; --i) {
        at += static_cast<int64_t>(random() % (random() % 20 == 0 ? 2'000 : 30));
        const double step = static_cast<double>(random() % 1'000'003);
        value = random() % 15 == 0 ? step : value + step;
        samples.push_back({at, integers ? value : value / 7.0});
    }
    return samples;
}

// The seconds that a composed Rate is divided by.
uint64_t elapsedIn(const std::vector<Sample>& samples, const WindowValue& window,
                   int64_t window_seconds) {
    const int64_t start = window.window_start_ns / kSecond;
    const Sample* first = nullptr;
    const Sample* last = nullptr;
    for (const Sample& sample : samples) {
        if (sample.seconds < start) {
            first = &sample;
        } else if (sample.seconds < start + window_seconds) {
            first = first == nullptr ? &sample : first;
            last = &sample;
        }
    }
    REQUIRE(last != nullptr);
    return static_cast<uint64_t>((last->seconds - first->seconds) * kSecond);
}

void checkComposition(const std::vector<Sample>& samples, RollupFunction function,
                      int64_t part_seconds, int64_t whole_seconds, bool integers) {
    const auto direct = fold(function, whole_seconds, samples);
    const bool is_rate = function == RollupFunction::Rate;
    const RollupFunction of_parts = is_rate ? RollupFunction::Delta : function;
    std::vector<WindowValue> composed;
    composeWindows(of_parts, whole_seconds * kSecond, fold(of_parts, part_seconds, samples),
                   composed);
    REQUIRE(composed.size() == direct.size());
    for (size_t i = 0; i < direct.size(); ++i) {
        CHECK(composed[i].window_start_ns == direct[i].window_start_ns);
        CHECK(composed[i].sample_count == direct[i].sample_count);
        const double value = is_rate ? ratePerSecond(composed[i].value,
                                                     elapsedIn(samples, composed[i], whole_seconds))
                                     : composed[i].value;
        if (integers) {
            CHECK(value == direct[i].value);
        } else {
            CHECK(value == doctest::Approx(direct[i].value).epsilon(1e-13));
        }
    }
}

TEST_CASE("metric window: composed windows equal folded ones, integers to the bit (S9)") {
    constexpr uint64_t kSeed = 20260101;
    std::mt19937_64 random(kSeed);
    CAPTURE(kSeed);
    for (int round = 0; round < 200; ++round) {
        const bool integers = round % 2 == 0;
        const auto samples = randomSeries(random, integers);
        const int64_t part = 1 + static_cast<int64_t>(random() % 90);
        const int64_t whole = part * (1 + static_cast<int64_t>(random() % 12));
        for (const RollupFunction function : kAll) {
            checkComposition(samples, function, part, whole, integers);
        }
    }
}

}  // namespace
}  // namespace evd::wire
