// An operand is a set: a composite is the set of its elements, anything else the set of itself.
//
//   left == right        the sets have as many elements and each contains the other
//   left Contains right  for every element on the right there is an equal one on the left
//   left Any_of right    some element on the right equals some element on the left
//   left < right         both are single values of comparable types
//
// Elements are equal, unequal, or not comparable (UNKNOWN): null with anything, and values of
// different types, integers signed and unsigned excepted. Nested composites are equal when each
// contains the other, whatever their sizes. A missing counterpart makes a containment FALSE, but
// only UNKNOWN when one of the comparisons was UNKNOWN.

#include "common/access/condition_compare.h"

#include "common/access/condition_codes.h"
#include "common/base/text.h"

#include <algorithm>
#include <compare>
#include <functional>
#include <optional>
#include <utility>

namespace evd::access {

namespace {

constexpr uint64_t kBytesPerStep = 4;
// What remembering a pair of nested sets costs: memory more than time.
constexpr uint64_t kRememberSteps = 256;

std::span<const Value> asSet(const Value& value) {
    return value.kind == ValueKind::Composite ? std::span<const Value>(value.elements)
                                              : std::span<const Value>(&value, 1);
}

bool hasNestedSets(const Value& value) {
    return std::any_of(value.elements.begin(), value.elements.end(),
                       [](const Value& element) { return element.kind == ValueKind::Composite; });
}

// Order is for single values: a composite of one element stands for it; of several or none it has
// no order.
const Value* singleValue(const Value& value) {
    if (value.kind != ValueKind::Composite) {
        return &value;
    }
    return value.elements.size() == 1 ? &value.elements.front() : nullptr;
}

// Spec §3.8: a negative signed integer is less than every unsigned one.
std::strong_ordering orderMixed(int64_t left, uint64_t right) {
    return left < 0 ? std::strong_ordering::less : static_cast<uint64_t>(left) <=> right;
}

// Byte by byte, ASCII letters folded unless case counts. Strings are compared as their UTF-16LE
// bytes, so that a high byte in the range of the capitals folds too: the kernel does so.
std::strong_ordering orderBytes(std::span<const uint8_t> left, std::span<const uint8_t> right,
                                bool case_sensitive) {
    const size_t common = std::min(left.size(), right.size());
    for (size_t index = 0; index < common; ++index) {
        uint8_t a = left[index];
        uint8_t b = right[index];
        if (!case_sensitive) {
            a = static_cast<uint8_t>(base::foldAscii(static_cast<char>(a)));
            b = static_cast<uint8_t>(base::foldAscii(static_cast<char>(b)));
        }
        if (a != b) {
            return a <=> b;
        }
    }
    return left.size() <=> right.size();
}

bool isNumber(const Value& value) {
    return value.kind == ValueKind::Integer || value.kind == ValueKind::Unsigned;
}

std::strong_ordering orderNumbers(const Value& left, const Value& right) {
    if (left.kind == ValueKind::Integer && right.kind == ValueKind::Integer) {
        return left.integer <=> right.integer;
    }
    if (left.kind == ValueKind::Unsigned && right.kind == ValueKind::Unsigned) {
        return left.unsigned_integer <=> right.unsigned_integer;
    }
    if (left.kind == ValueKind::Integer) {
        return orderMixed(left.integer, right.unsigned_integer);
    }
    return 0 <=> orderMixed(right.integer, left.unsigned_integer);
}

// The order of two scalars, or nothing when there is none.
std::optional<std::strong_ordering> orderScalars(const Value& left, const Value& right,
                                                 bool case_sensitive) {
    if (isNumber(left) && isNumber(right)) {
        return orderNumbers(left, right);
    }
    const bool text = left.kind == ValueKind::String || left.kind == ValueKind::Octets;
    if (!text || left.kind != right.kind) {
        return std::nullopt;
    }
    return orderBytes(left.bytes, right.bytes, case_sensitive);
}

bool holds(uint8_t code, std::strong_ordering order) {
    if (code == kCodeLess) {
        return order < 0;
    }
    if (code == kCodeLessEqual) {
        return order <= 0;
    }
    return code == kCodeGreater ? order > 0 : order >= 0;
}

}  // namespace

TriState ValueComparison::compare(uint8_t code, const Value& left, const Value& right) {
    if (code == kCodeEqual || code == kCodeNotEqual) {
        const TriState state = equal(left, right);
        return code == kCodeEqual ? state : notOf(state);
    }
    if (code == kCodeContains || code == kCodeNotContains) {
        const TriState state = containsAll(asSet(left), asSet(right));
        return code == kCodeContains ? state : notOf(state);
    }
    if (code == kCodeAnyOf || code == kCodeNotAnyOf) {
        const TriState state = containsAny(asSet(left), asSet(right));
        return code == kCodeAnyOf ? state : notOf(state);
    }
    return ordered(code, left, right);
}

TriState ValueComparison::ordered(uint8_t code, const Value& left, const Value& right) {
    const Value* single_left = singleValue(left);
    const Value* single_right = singleValue(right);
    if (single_left == nullptr || single_right == nullptr ||
        !budget_.spend(1 + single_left->bytes.size() / kBytesPerStep)) {
        return TriState::Unknown;
    }
    const auto order = orderScalars(*single_left, *single_right, case_sensitive_);
    return order ? stateOf(holds(code, *order)) : TriState::Unknown;
}

// Sets of different sizes are unequal, even when one side is absent: the kernel says FALSE where
// the text of §3.8 says UNKNOWN (Ruling V2, D-28).
TriState ValueComparison::equal(const Value& left, const Value& right) {
    if (asSet(left).size() != asSet(right).size()) {
        return TriState::False;
    }
    return sameElements(left, right);
}

TriState ValueComparison::sameElements(const Value& left, const Value& right) {
    const TriState there = containsAll(asSet(left), asSet(right));
    return there == TriState::False ? there : andOf(there, containsAll(asSet(right), asSet(left)));
}

TriState ValueComparison::containsAll(std::span<const Value> left, std::span<const Value> right) {
    bool unknown = false;
    for (const Value& wanted : right) {
        const TriState found = containsAny(left, {&wanted, 1});
        if (budget_.exhausted()) {
            return TriState::Unknown;
        }
        if (found == TriState::False) {
            return TriState::False;
        }
        unknown = unknown || found == TriState::Unknown;
    }
    return unknown ? TriState::Unknown : TriState::True;
}

TriState ValueComparison::containsAny(std::span<const Value> left, std::span<const Value> right) {
    bool unknown = false;
    for (const Value& wanted : right) {
        for (const Value& candidate : left) {
            const TriState same = elementEqual(candidate, wanted);
            if (budget_.exhausted()) {
                return TriState::Unknown;
            }
            if (same == TriState::True) {
                return TriState::True;
            }
            unknown = unknown || same == TriState::Unknown;
        }
    }
    return unknown ? TriState::Unknown : TriState::False;
}

TriState ValueComparison::elementEqual(const Value& left, const Value& right) {
    // Of bytes the lengths tell most that differ, so that only equal lengths are paid for.
    const bool same_size = left.bytes.size() == right.bytes.size();
    if (!budget_.spend(1 + (same_size ? left.bytes.size() / kBytesPerStep : 0))) {
        return TriState::Unknown;
    }
    if (left.kind == ValueKind::Composite || right.kind == ValueKind::Composite) {
        if (!hasNestedSets(left) && !hasNestedSets(right)) {
            return sameElements(left, right);
        }
        // Equality does not depend on the side, so one answer serves both.
        std::pair<const Value*, const Value*> pair(&left, &right);
        if (std::less<const Value*>()(pair.second, pair.first)) {
            std::swap(pair.first, pair.second);
        }
        const auto at = known_.find(pair);
        if (at != known_.end()) {
            return at->second;
        }
        if (!budget_.spend(kRememberSteps)) {
            return TriState::Unknown;
        }
        const TriState state = sameElements(left, right);
        known_.insert_or_assign(pair, state);
        return state;
    }
    if (left.kind == ValueKind::Sid && right.kind == ValueKind::Sid) {
        return stateOf(std::ranges::equal(left.bytes, right.bytes));
    }
    if (!same_size && left.kind == right.kind) {
        return TriState::False;
    }
    const auto order = orderScalars(left, right, case_sensitive_);
    return order ? stateOf(*order == 0) : TriState::Unknown;
}

}  // namespace evd::access
