#include "queryd/query_times.h"

#include "common/base/clock.h"

#include <doctest/doctest.h>

using evd::base::kNsPerMs;
using evd::queryd::kSlowestMax;
using evd::queryd::QueryTimes;

TEST_CASE("query times: the slowest first, those that run and those that have ended") {
    QueryTimes times;
    const auto slow = times.begin("slow", 0);
    const auto quick = times.begin("quick", 0);
    times.end(quick, 5 * kNsPerMs);
    auto seen = times.slowest(7 * kNsPerMs);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].text == "slow");
    CHECK(seen[0].running);
    CHECK(seen[0].took_ms == 7);
    CHECK_FALSE(seen[1].running);
    times.end(slow, 20 * kNsPerMs);
    CHECK(times.slowest(90 * kNsPerMs)[0].took_ms == 20);
}

TEST_CASE("query times: few are kept, not for ever, and streams not at all") {
    QueryTimes times;
    for (int i = 0; i < 20; ++i) {
        times.end(times.begin("q", 0), i * kNsPerMs);
    }
    CHECK(times.slowest(0).size() == kSlowestMax);
    CHECK(times.slowest(0)[0].took_ms == 19);
    CHECK(times.slowest(evd::queryd::kSlowKeptNs + 20 * kNsPerMs).empty());
    QueryTimes streams;
    const auto stream = streams.begin("STREAM", 0);
    streams.forget(stream);
    streams.end(stream, 5);
    CHECK(streams.slowest(10).empty());
}

TEST_CASE("query times: texts are cut at a character, and are UTF-8 whatever was asked") {
    QueryTimes times;
    (void)times.begin(std::string(evd::queryd::kSlowTextBytesMax - 1, 'a') + "ü", 0);
    (void)times.begin("\xFF", 0);
    const auto seen = times.slowest(0);
    CHECK(seen[0].text == std::string(evd::queryd::kSlowTextBytesMax - 1, 'a'));
    CHECK(seen[1].text != "\xFF");
}
