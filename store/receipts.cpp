#include "store/receipts.h"

#include <algorithm>

namespace evd::store {

namespace {

// Joins all rows that lie within the range into one.
void joinWithin(base::IntervalSet& rows, base::Interval range) {
    std::optional<base::Interval> joined;
    for (const base::Interval& row : rows.intervals()) {
        if (row.first >= range.first && row.last <= range.last) {
            joined = joined ? base::Interval{joined->first, row.last} : row;
        }
    }
    if (joined) {
        rows.add(*joined);
    }
}

}  // namespace

ReceiptPlan planReceipts(const base::IntervalSet& before, const base::IntervalSet& added,
                         std::optional<base::Interval> elsewhere) {
    ReceiptPlan plan;
    plan.after = before;
    for (const base::Interval& interval : added.intervals()) {
        plan.after.add(interval);
    }
    if (plan.after.intervalCount() > kReceiptRowsMax && elsewhere) {
        joinWithin(plan.after, *elsewhere);
    }
    const auto old_rows = before.intervals();
    const auto new_rows = plan.after.intervals();
    const auto less = [](const base::Interval& left, const base::Interval& right) {
        return left.first != right.first ? left.first < right.first : left.last < right.last;
    };
    std::set_difference(new_rows.begin(), new_rows.end(), old_rows.begin(), old_rows.end(),
                        std::back_inserter(plan.write), less);
    // A row whose first sequence stays is replaced, not removed.
    auto kept = new_rows.begin();
    for (const base::Interval& row : old_rows) {
        kept = std::find_if(kept, new_rows.end(),
                            [&](const base::Interval& other) { return other.first >= row.first; });
        if (kept == new_rows.end() || kept->first != row.first) {
            plan.remove.push_back(row.first);
        }
    }
    return plan;
}

void addReceipts(const std::map<uint16_t, base::IntervalSet>& receipts,
                 std::map<uint16_t, base::IntervalSet>& sum) {
    for (const auto& [cpu, held] : receipts) {
        for (const base::Interval& interval : held.intervals()) {
            sum[cpu].add(interval);
        }
    }
}

}  // namespace evd::store
