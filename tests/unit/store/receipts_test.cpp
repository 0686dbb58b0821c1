#include "store/receipts.h"

#include <doctest/doctest.h>
#include <map>

namespace evd::store {
namespace {

base::IntervalSet setOf(const std::vector<base::Interval>& intervals) {
    base::IntervalSet set;
    for (const base::Interval& interval : intervals) {
        set.add(interval);
    }
    return set;
}

// What a table that held `before` holds after the plan, keyed by first sequence as the table is.
std::vector<base::Interval> applied(const base::IntervalSet& before, const ReceiptPlan& plan) {
    std::map<uint64_t, uint64_t> table;
    for (const base::Interval& row : before.intervals()) {
        table.emplace(row.first, row.last);
    }
    for (const uint64_t first : plan.remove) {
        CHECK(table.erase(first) == 1);
    }
    for (const base::Interval& row : plan.write) {
        table.insert_or_assign(row.first, row.last);
    }
    std::vector<base::Interval> rows;
    for (const auto& [first, last] : table) {
        rows.push_back({first, last});
    }
    return rows;
}

void checkPlan(const std::vector<base::Interval>& before,
               const std::vector<base::Interval>& added) {
    const auto plan = planReceipts(setOf(before), setOf(added), std::nullopt);
    auto expected = setOf(before);
    for (const base::Interval& interval : added) {
        expected.add(interval);
    }
    CHECK(applied(setOf(before), plan) == expected.intervals());
    CHECK(plan.after.intervals() == expected.intervals());
}

TEST_CASE("receipts: the common transaction changes one row") {
    const auto plan = planReceipts(setOf({{1, 100}}), setOf({{101, 200}}), std::nullopt);
    CHECK(plan.remove.empty());
    CHECK(plan.write == std::vector<base::Interval>{{1, 200}});
}

TEST_CASE("receipts: the table says afterwards exactly what was there and what was added") {
    checkPlan({}, {{1, 5}});
    checkPlan({{1, 5}}, {{7, 9}});
    checkPlan({{1, 5}, {7, 9}}, {{6, 6}});
    checkPlan({{1, 5}, {7, 9}, {11, 12}}, {{6, 10}});
    checkPlan({{10, 20}}, {{1, 9}});
    checkPlan({{10, 20}}, {{1, 5}, {30, 40}});
    checkPlan({{10, 20}, {30, 40}}, {{15, 35}});
    checkPlan({{10, 20}, {30, 40}}, {{1, 100}});
    checkPlan({{1, 5}}, {{2, 3}});
}

TEST_CASE("receipts: nothing new writes nothing") {
    const auto plan = planReceipts(setOf({{1, 5}}), setOf({{2, 3}}), std::nullopt);
    CHECK(plan.remove.empty());
    CHECK(plan.write.empty());
}

base::IntervalSet everyOther(size_t rows) {
    base::IntervalSet set;
    for (uint64_t row = 0; row < rows; ++row) {
        set.add({row * 10 + 1, row * 10 + 5});
    }
    return set;
}

TEST_CASE("receipts: up to the limit rows are kept apart, above it they are joined") {
    const uint64_t next = kReceiptRowsMax * 10 + 1;
    const base::Interval elsewhere{1, next - 1};
    const auto below = everyOther(kReceiptRowsMax - 1);
    CHECK(planReceipts(below, setOf({{next, next}}), elsewhere).after.intervalCount() ==
          kReceiptRowsMax);
    const auto at = everyOther(kReceiptRowsMax);
    const auto plan = planReceipts(at, setOf({{next + 5, next + 5}}), elsewhere);
    CHECK(plan.after.intervalCount() == 2);
    CHECK(applied(at, plan) == plan.after.intervals());
}

TEST_CASE("receipts: rows are never joined across numbers that nobody has committed") {
    const uint64_t next = kReceiptRowsMax * 10 + 1;
    const auto at = everyOther(kReceiptRowsMax);
    CHECK(planReceipts(at, setOf({{next, next}}), std::nullopt).after.intervalCount() ==
          kReceiptRowsMax + 1);
    const auto plan = planReceipts(at, setOf({{next, next}}), base::Interval{101, 200});
    CHECK(plan.after.contains(150));
    CHECK_FALSE(plan.after.contains(99));
    CHECK_FALSE(plan.after.contains(206));
}

}  // namespace
}  // namespace evd::store
