#include "store/latency_window.h"

#include "common/wire/histogram.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

TEST_CASE("latency window: nothing added is zero, one is both percentiles") {
    LatencyWindow window;
    CHECK(window.percentiles().p50_us == 0);
    window.add(5'000);
    CHECK(window.percentiles().p50_us == 5);
    CHECK(window.percentiles().p99_us == 5);
}

TEST_CASE("latency window: nearest rank over what is there") {
    LatencyWindow window;
    for (int64_t value = 100; value >= 1; --value) {
        window.add(value * 1'000);
    }
    CHECK(window.percentiles().p50_us == 50);
    CHECK(window.percentiles().p99_us == 99);
}

TEST_CASE("latency window: only the newest count") {
    LatencyWindow window;
    window.add(1'000'000'000);
    for (size_t index = 0; index < LatencyWindow::kSamples; ++index) {
        window.add(2'000);
    }
    CHECK(window.percentiles().p99_us == 2);
}

TEST_CASE("latency window: every commit is in its bucket, the slowest beyond the last") {
    LatencyWindow window;
    window.add(500'000);  // exactly at a bound
    window.add(600'000);
    window.add(9'000'000'000);
    const wire::Histogram histogram = window.histogram();
    CHECK(histogram.counts.front() == 1);
    CHECK(histogram.counts.at(1) == 2);
    CHECK(histogram.counts.back() == 2);
    CHECK(histogram.total_count == 3);
    CHECK(histogram.sum == doctest::Approx(9.0011));
    CHECK(wire::checkHistogram(histogram));
}

}  // namespace
}  // namespace evd::store
