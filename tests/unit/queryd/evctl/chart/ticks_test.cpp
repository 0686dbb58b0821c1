#include "queryd/evctl/chart/ticks.h"

#include <doctest/doctest.h>

using evd::evctl::shortNumber;
using evd::evctl::Tick;

namespace {

std::string texts(const std::vector<Tick>& ticks) {
    std::string out;
    for (const Tick& tick : ticks) {
        out += (out.empty() ? "" : " ") + tick.text;
    }
    return out;
}

std::string values(double least, double greatest) {
    return texts(evd::evctl::valueTicks(least, greatest, 5));
}

std::string times(double first, double last) {
    return texts(evd::evctl::timeTicks(first, last, 4, /*utc=*/true));
}

constexpr double kNoon = 1'767'355'200;  // 2026-01-02T12:00:00Z

}  // namespace

TEST_CASE("ticks: values are round and enclose the range") {
    CHECK(values(0, 100) == "0 20 40 60 80 100");
    CHECK(values(0, 0.7) == "0 0.2 0.4 0.6 0.8");
    CHECK(values(-1, 1) == "-1.0 -0.5 0 0.5 1.0");
    CHECK(values(0, 90'000) == "0 20k 40k 60k 80k 100k");
    CHECK(values(0, 4e9) == "0 1000M 2000M 3000M 4000M");
    CHECK(values(1e-6, 5e-6) == "1e-06 2e-06 3e-06 4e-06 5e-06");
    CHECK(values(1, 1).empty());
    CHECK(values(0, 1e308).size() < 100);
}

TEST_CASE("ticks: moments are those of a clock, days those of a calendar") {
    CHECK(times(kNoon, kNoon + 20) == "12:00:00 12:00:05 12:00:10 12:00:15 12:00:20");
    CHECK(times(kNoon + 1, kNoon + 3600) == "12:15 12:30 12:45 13:00");
    CHECK(times(kNoon, kNoon + 4 * 86'400) == "01-03 01-04 01-05 01-06");
    const auto century = evd::evctl::timeTicks(0, 4e9, 4, true);
    REQUIRE(century.size() >= 2);
    CHECK(century.size() <= 5);
    CHECK(century.back().at > 3e9);
}

TEST_CASE("ticks: numbers in few characters") {
    CHECK(shortNumber(0) == "0");
    CHECK(shortNumber(12.5) == "12.5");
    CHECK(shortNumber(-3400) == "-3.4k");
    CHECK(shortNumber(1'200'000) == "1.2M");
    CHECK(shortNumber(0.00000012) == "1.2e-07");
    CHECK(shortNumber(1e30) == "1e+30");
}
