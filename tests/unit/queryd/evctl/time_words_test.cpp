#include "queryd/evctl/time_words.h"

#include "common/base/clock.h"

#include <doctest/doctest.h>

namespace {

// 2026-01-02T03:04:05Z
constexpr int64_t kNow = int64_t{1'767'323'045} * evd::base::kNsPerSecond;

std::string words(std::string_view typed) {
    const auto read = evd::evctl::timeWords(typed, /*utc=*/true, kNow);
    return read.ok() ? read.value() : "no";
}

}  // namespace

TEST_CASE("time words: durations in every way people write them") {
    CHECK(words("5m") == "300s ago");
    CHECK(words("-5m") == "300s ago");
    CHECK(words("1 hour ago") == "3600s ago");
    CHECK(words("1h30m") == "5400s ago");
    CHECK(words("2 days 1 h") == "176400s ago");
}

TEST_CASE("time words: names and calendar times") {
    CHECK(words("now") == "\"2026-01-02T03:04:05.000000000Z\"");
    CHECK(words("today") == "\"2026-01-02T00:00:00.000000000Z\"");
    CHECK(words("yesterday") == "\"2026-01-01T00:00:00.000000000Z\"");
    CHECK(words("10:30") == "\"2026-01-02T10:30:00.000000000Z\"");
    CHECK(words("2025-12-31") == "\"2025-12-31T00:00:00.000000000Z\"");
    CHECK(words("2025-12-31 23:59:58.25") == "\"2025-12-31T23:59:58.250000000Z\"");
    CHECK(words("2025-12-31T23:00:00+01:00") == "\"2025-12-31T22:00:00.000000000Z\"");
    CHECK(words("@1767323045.5") == "\"2026-01-02T03:04:05.500000000Z\"");
}

TEST_CASE("time words: the rest is refused, not guessed") {
    for (const char* typed :
         {"", "5", "m", "ago", "5 parsecs", "1h later", "25:00", "10:75", "2026-13-01",
          "2026-01-32", "2026-02-29", "2026-04-31 10:00", "2026-01-02 10", "2026-01-02x",
          "99999999999999h", "999999999w", "5m ago\" TAKE 1 --"}) {
        CHECK_MESSAGE(words(typed) == "no", typed);
    }
}
