#pragma once

#include "common/base/result.h"
#include "queryd/exec/memory_budget.h"
#include "queryd/exec/number_sum.h"
#include "queryd/exec/value_order.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace evd::queryd {

// One line of an aggregation's result, in the order of PlanAggregation::result_names.
using ResultRow = std::vector<HeldValue>;

// What is counted and added up, by group (Spec §8.2 aggregation, Ruling Q7, Q8).
//
// Filled by one database's rows on one thread, then merged into another table; language-equal
// values are one group and are shown as their smallest member. Memory grows with the number of
// groups only, taken from the budget; past it add() is Busy. Without groups and bucket there is
// exactly one group, even of no rows.
class GroupTable {
  public:
    GroupTable(const PlanAggregation& aggregation, MemoryBudget& budget);

    // One row: the values of the group fields, and of the argument where there is one.
    base::Result<void> add(int64_t timestamp, std::span<const Value> groups, const Value& argument);
    // As many rows at once.
    base::Result<void> addCount(std::span<const Value> groups, uint64_t count);
    base::Result<void> merge(const GroupTable& other);

    // The result in the aggregation's own order, TOP applied. Invalid when a sum or a mean is not
    // finite.
    base::Result<std::vector<ResultRow>> rows() const;

  private:
    struct Group {
        int64_t bucket = 0;
        std::vector<HeldValue> values;
        uint64_t count = 0;
        NumberSum numbers;
        HeldValue extreme;  // of Min and Max
        bool has_extreme = false;
    };
    struct KeyHash {
        using is_transparent = void;
        size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    };

    base::Result<Group*> groupOf(int64_t bucket, std::span<const Value> values);
    Group* recentGroup(int64_t bucket, std::span<const Value> values);
    base::Result<Group*> newGroup(int64_t bucket, std::span<const Value> values);
    void keepSmallest(Group& group, std::span<const Value> values);
    void noteExtreme(Group& group, const Value& value);
    base::Result<HeldValue> aggregateOf(const Group& group) const;
    bool comesBefore(const Group& left, const Group& right) const;

    const PlanAggregation& aggregation_;
    MemoryShare memory_;
    std::unordered_map<std::string, Group, KeyHash, std::equal_to<>> groups_;
    std::string key_;  // of the row at hand

    // Where rows of one text field have gone lately, by its very bytes: groups are mostly by type
    // or origin, of which there are few. Groups do not move.
    static constexpr unsigned kRecentTextBits = 8;
    struct Recent {
        std::string text;
        int64_t bucket = 0;
        Group* group = nullptr;
    };
    std::vector<Recent> recent_;
    Recent* recent_slot_ = nullptr;  // of the row at hand; none: it is no text
};

}  // namespace evd::queryd
