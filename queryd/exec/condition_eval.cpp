#include "queryd/exec/condition_eval.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "queryd/exec/text_match.h"
#include "queryd/exec/time_ranges.h"
#include "queryd/plan/text_pattern.h"

#include <algorithm>

namespace evd::queryd {

namespace {

bool isOrdered(CompareOperator op, const Value& value, const Value& limit) {
    if (!value.isNumber() || !limit.isNumber()) {
        return false;
    }
    const NumberOrder order = compareNumbers(value, limit);
    const bool equal = order == NumberOrder::Equal;
    const bool allows_equal =
        op == CompareOperator::LessOrEqual || op == CompareOperator::GreaterOrEqual;
    if (equal) {
        return allows_equal;
    }
    const bool wants_less = op == CompareOperator::Less || op == CompareOperator::LessOrEqual;
    return order == (wants_less ? NumberOrder::Less : NumberOrder::Greater);
}

// v is a member of the array, one level deep, or the scalar itself.
bool has(const Value& value, const Value& wanted) {
    if (value.kind != Value::Kind::Array) {
        return isEqual(value, wanted);
    }
    const auto bytes = base::asBytes(value.bytes);
    wire::MsgpackReader reader(bytes);
    const auto head = reader.next();
    for (uint32_t i = 0; head && i < head.value().count; ++i) {
        const size_t start = reader.offset();
        if (!reader.skip().ok()) {
            return false;
        }
        if (isEqual(valueOf(bytes.subspan(start, reader.offset() - start)), wanted)) {
            return true;
        }
    }
    return false;
}

bool isAnyOf(const Value& value, const std::vector<Constant>& constants) {
    return std::any_of(constants.begin(), constants.end(),
                       [&](const Constant& constant) { return isEqual(value, valueOf(constant)); });
}

bool matchesText(CompareOperator op, const Value& value, const Value& text) {
    if (value.kind != Value::Kind::Text || text.kind != Value::Kind::Text) {
        return false;
    }
    if (op == CompareOperator::StartsWith) {
        return startsWithFolded(value.bytes, text.bytes);
    }
    return op == CompareOperator::EndsWith ? endsWithFolded(value.bytes, text.bytes)
                                           : containsFolded(value.bytes, text.bytes);
}

bool isDuring(const Condition& condition, FieldSource& fields) {
    EVD_CHECK(condition.ranges != nullptr, "a condition on another store that nobody has answered");
    const Value time = fields.moment(condition.field);
    return time.kind == Value::Kind::Int && condition.ranges->contains(time.int_value);
}

}  // namespace

bool compareValue(const Condition& comparison, const Value& value) {
    switch (comparison.op) {
        case CompareOperator::Equal:
        case CompareOperator::In:
            return isAnyOf(value, comparison.values);
        case CompareOperator::NotEqual:
        case CompareOperator::NotIn:
            return !isAnyOf(value, comparison.values);
        case CompareOperator::Less:
        case CompareOperator::LessOrEqual:
        case CompareOperator::Greater:
        case CompareOperator::GreaterOrEqual:
            return isOrdered(comparison.op, value, valueOf(comparison.values.front()));
        case CompareOperator::StartsWith:
        case CompareOperator::EndsWith:
        case CompareOperator::Contains:
            return matchesText(comparison.op, value, valueOf(comparison.values.front()));
        case CompareOperator::Has:
            return has(value, valueOf(comparison.values.front()));
        case CompareOperator::IsNotNull:
            return true;
        case CompareOperator::Matches:
            return value.kind == Value::Kind::Text &&
                   comparison.values.front().pattern->matches(value.bytes);
        case CompareOperator::IsNull:
            return false;
    }
    return false;
}

Value valueOf(const Constant& constant) {
    switch (constant.kind) {
        case Constant::Kind::Boolean:
            return Value::ofBoolean(constant.boolean);
        case Constant::Kind::Int:
            return Value::ofInt(constant.int_value);
        case Constant::Kind::Uint:
            return Value::ofUint(constant.uint_value);
        case Constant::Kind::Float:
            return Value::ofFloat(constant.float_value);
        case Constant::Kind::Text:
            return Value::ofText(constant.text);
        case Constant::Kind::Bytes:
            return Value::ofBytes(constant.text);
    }
    return {};
}

bool holds(const Condition& condition, FieldSource& fields) {
    switch (condition.kind) {
        case Condition::Kind::And:
            return std::all_of(condition.children.begin(), condition.children.end(),
                               [&](const Condition& child) { return holds(child, fields); });
        case Condition::Kind::Or:
            return std::any_of(condition.children.begin(), condition.children.end(),
                               [&](const Condition& child) { return holds(child, fields); });
        case Condition::Kind::Not:
            return !holds(condition.children.front(), fields);
        case Condition::Kind::During:
            return isDuring(condition, fields);
        case Condition::Kind::Compare:
            break;
    }
    const Value value = fields.field(condition.field);
    if (value.isNull()) {
        return condition.op == CompareOperator::IsNull;
    }
    return compareValue(condition, value);
}

}  // namespace evd::queryd
