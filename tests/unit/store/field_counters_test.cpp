#include "store/field_counters.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <doctest/doctest.h>
#include <limits>

namespace evd::store {
namespace {

constexpr int64_t kHourNs = 3600 * base::kNsPerSecond;
constexpr int64_t kStart = 500'000 * kHourNs;

TEST_CASE("field counters: what was counted is forgotten after the window, slice by slice") {
    FieldCounters counters(24 * kHourNs);
    counters.add("a", 5, kStart);
    counters.add("a", 7, kStart + 12 * kHourNs);
    CHECK(counters.count("a", kStart + 12 * kHourNs) == 12);
    CHECK(counters.count("a", kStart + 23 * kHourNs) == 12);
    CHECK(counters.count("a", kStart + 24 * kHourNs) == 7);
    CHECK(counters.count("a", kStart + 36 * kHourNs) == 0);
    CHECK(counters.count("b", kStart) == 0);
}

TEST_CASE("field counters: a counter that was idle for windows begins from nothing") {
    FieldCounters counters(24 * kHourNs);
    counters.add("a", 5, kStart);
    counters.add("a", 1, kStart + 1000 * kHourNs);
    CHECK(counters.count("a", kStart + 1000 * kHourNs) == 1);
}

TEST_CASE("field counters: time that steps back loses nothing") {
    FieldCounters counters(24 * kHourNs);
    counters.add("a", 5, kStart);
    counters.add("a", 5, kStart - 100 * kHourNs);
    CHECK(counters.count("a", kStart - 100 * kHourNs) == 10);
    CHECK(counters.count("a", kStart) == 10);
}

TEST_CASE("field counters: a count never wraps") {
    FieldCounters counters(24 * kHourNs);
    counters.add("a", std::numeric_limits<uint64_t>::max(), kStart);
    counters.add("a", std::numeric_limits<uint64_t>::max(), kStart);
    CHECK(counters.count("a", kStart) == std::numeric_limits<uint32_t>::max());
}

TEST_CASE("field counters: at the maximum the least counted makes room") {
    FieldCounters counters(24 * kHourNs);
    counters.add("dear", 10, kStart);
    for (size_t index = 1; index < kCountedFieldsMax; ++index) {
        counters.add(base::cat("f", index), 2, kStart);
    }
    CHECK(counters.size() == kCountedFieldsMax);
    counters.add("rare", 1, kStart);
    counters.add("new", 1, kStart);
    CHECK(counters.size() == kCountedFieldsMax);
    CHECK(counters.count("rare", kStart) == 0);
    CHECK(counters.count("new", kStart) == 1);
    CHECK(counters.count("dear", kStart) == 10);
}

TEST_CASE("field counters: saved and restored, a sum stays the same and grows old") {
    FieldCounters counters(24 * kHourNs);
    counters.add("a", 10, kStart);
    counters.add("a", 13, kStart + 3 * kHourNs);
    counters.add("old", 3, kStart - 50 * kHourNs);
    const int64_t saved = kStart + 3 * kHourNs;
    const auto records = counters.save(saved);
    FieldCounters later(24 * kHourNs);
    later.restore(records, saved, saved + kHourNs);
    CHECK(later.count("a", saved + kHourNs) == 23);
    CHECK(later.size() == 1);
    CHECK(later.count("a", saved + 22 * kHourNs) < 23);
    CHECK(later.count("a", saved + 22 * kHourNs) > 0);
    CHECK(later.count("a", saved + 24 * kHourNs) == 0);
}

TEST_CASE("field counters: restored after more than a window there is nothing left") {
    FieldCounters counters(24 * kHourNs);
    counters.add("a", 10, kStart);
    FieldCounters later(24 * kHourNs);
    later.restore(counters.save(kStart), kStart, kStart + 25 * kHourNs);
    CHECK(later.size() == 0);
}

TEST_CASE("field counters: what nobody asks for any more is pruned") {
    FieldCounters counters(24 * kHourNs);
    counters.add("a", 1, kStart);
    counters.add("b", 1, kStart + 20 * kHourNs);
    counters.prune(kStart + 30 * kHourNs);
    CHECK(counters.keys() == std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace evd::store
