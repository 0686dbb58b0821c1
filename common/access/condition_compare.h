#pragma once

#include "common/access/attribute_value.h"
#include "common/access/tri_state.h"

#include <cstdint>
#include <map>
#include <utility>

namespace evd::access {

// How much comparing one access check may do, in steps of about one comparison of two short values.
//
// A descriptor of 64 KB can ask for years of comparing: sets against sets, again in every rule, and
// nested sets doubling with each level. What the check cannot finish within its budget is UNKNOWN,
// which never grants and never skips a denial. Two sets of 4000 literals each, the most that fits,
// stay far below it, and so does any nesting up to eight deep of sets that fit a descriptor of a
// page (peios-abi §9, 7).
class ConditionBudget {
  public:
    static constexpr uint64_t kStepsMax = uint64_t{1} << 26;

    explicit ConditionBudget(uint64_t steps = kStepsMax) : left_(steps) {}

    // False once the budget is used up, and from then on.
    bool spend(uint64_t steps) {
        if (steps > left_) {
            left_ = 0;
            return false;
        }
        left_ -= steps;
        return true;
    }
    bool exhausted() const { return left_ == 0; }

  private:
    uint64_t left_;
};

// Comparisons of two operands of a condition (PSD-004 §3.8, §3.11), as the kernel makes them.
//
// Made for one operator and thrown away: it remembers which pairs of nested sets it has compared,
// so that nesting costs no more than the product of the sizes. The values and the budget outlive
// it. UNKNOWN where types differ, where a value is absent, and when the budget is used up.
class ValueComparison {
  public:
    ValueComparison(bool case_sensitive, ConditionBudget& budget)
        : case_sensitive_(case_sensitive), budget_(budget) {}

    // `code` is one of the Compare operators of condition_codes.h.
    TriState compare(uint8_t code, const Value& left, const Value& right);

  private:
    TriState equal(const Value& left, const Value& right);
    TriState containsAll(std::span<const Value> left, std::span<const Value> right);
    TriState containsAny(std::span<const Value> left, std::span<const Value> right);
    TriState sameElements(const Value& left, const Value& right);
    TriState elementEqual(const Value& left, const Value& right);
    TriState ordered(uint8_t code, const Value& left, const Value& right);

    const bool case_sensitive_;
    ConditionBudget& budget_;
    std::map<std::pair<const Value*, const Value*>, TriState> known_;
};

}  // namespace evd::access
