#include "queryd/exec/payload_probe.h"

#include "common/base/text.h"
#include "common/wire/msgpack_path.h"
#include "queryd/exec/condition_eval.h"
#include "queryd/exec/text_match.h"

#include <algorithm>

namespace evd::queryd {

namespace {

// What an equality compares with, if these are integers alone.
std::vector<int64_t> integersOf(const Condition& condition) {
    std::vector<int64_t> integers;
    if (condition.op != CompareOperator::Equal && condition.op != CompareOperator::In) {
        return integers;
    }
    for (const Constant& constant : condition.values) {
        if (constant.kind != Constant::Kind::Int) {
            return {};
        }
        integers.push_back(constant.int_value);
    }
    return integers;
}

// The integer of a payload's value that is one, in the forms that most have.
std::optional<int64_t> integerOf(std::span<const uint8_t> value) {
    const uint8_t first = value.front();
    if (first < 0x80 || first >= 0xE0) {
        return static_cast<int8_t>(first);
    }
    const bool is_unsigned = first == 0xCC || first == 0xCD || first == 0xCE;
    if (!is_unsigned) {
        return std::nullopt;
    }
    int64_t integer = 0;
    for (const uint8_t byte : value.subspan(1)) {
        integer = integer << 8 | byte;
    }
    return integer;
}

}  // namespace

std::optional<PayloadProbe> PayloadProbe::of(const RecordPlan& plan) {
    Need need;
    for (const Condition& condition : plan.on_row) {
        if (auto part = needOf(plan, condition)) {
            need.parts.push_back(std::move(*part));
        }
    }
    return need.parts.empty() ? std::nullopt : std::optional(PayloadProbe(std::move(need)));
}

std::optional<PayloadProbe::Need> PayloadProbe::needOf(const RecordPlan& plan,
                                                       const Condition& condition) {
    switch (condition.kind) {
        case Condition::Kind::Compare:
            return needOfComparison(plan, condition);
        case Condition::Kind::Not:
        case Condition::Kind::During:
            return std::nullopt;
        case Condition::Kind::And:
        case Condition::Kind::Or:
            break;
    }
    const bool is_and = condition.kind == Condition::Kind::And;
    Need need;
    need.kind = is_and ? Need::Kind::All : Need::Kind::Any;
    for (const Condition& child : condition.children) {
        auto part = needOf(plan, child);
        if (part) {
            need.parts.push_back(std::move(*part));
        } else if (!is_and) {
            return std::nullopt;  // anything may satisfy that one
        }
    }
    return need.parts.empty() ? std::nullopt : std::optional(std::move(need));
}

std::optional<PayloadProbe::Need> PayloadProbe::needOfComparison(const RecordPlan& plan,
                                                                 const Condition& condition) {
    const PlanField& field = plan.fields[condition.field];
    if (field.column != nullptr || condition.op == CompareOperator::IsNull) {
        return std::nullopt;
    }
    auto texts = needOfTexts(condition);
    if (texts || field.name.find('.') != std::string::npos) {
        return texts;
    }
    Need need;
    need.kind = Need::Kind::Field;
    need.bytes = field.name;
    need.comparison = &condition;
    need.integers = integersOf(condition);
    return need;
}

// Texts that the value equals or contains.
std::optional<PayloadProbe::Need> PayloadProbe::needOfTexts(const Condition& condition) {
    switch (condition.op) {
        case CompareOperator::Equal:
        case CompareOperator::In:
        case CompareOperator::StartsWith:
        case CompareOperator::EndsWith:
        case CompareOperator::Contains:
            break;
        case CompareOperator::NotEqual:
        case CompareOperator::NotIn:
        case CompareOperator::Less:
        case CompareOperator::LessOrEqual:
        case CompareOperator::Greater:
        case CompareOperator::GreaterOrEqual:
        case CompareOperator::Has:
        case CompareOperator::Matches:
        case CompareOperator::IsNull:
        case CompareOperator::IsNotNull:
            return std::nullopt;
    }
    Need need;
    need.kind = Need::Kind::Any;
    for (const Constant& constant : condition.values) {
        if (constant.kind != Constant::Kind::Text || constant.text.empty()) {
            return std::nullopt;
        }
        Need& text = need.parts.emplace_back();
        text.kind = Need::Kind::Text;
        text.bytes = constant.text;
    }
    return need;
}

bool PayloadProbe::mayHold(std::span<const uint8_t> payload) {
    const bool may_hold = isMet(need_, payload);
    ++asked_;
    passed_ += may_hold ? 1 : 0;
    return may_hold;
}

bool PayloadProbe::isMet(const Need& need, std::span<const uint8_t> payload) {
    const auto is_met = [&](const Need& part) { return isMet(part, payload); };
    switch (need.kind) {
        case Need::Kind::All:
            return std::all_of(need.parts.begin(), need.parts.end(), is_met);
        case Need::Kind::Any:
            return std::any_of(need.parts.begin(), need.parts.end(), is_met);
        case Need::Kind::Text:
            return containsFolded(base::asText(payload), need.bytes);
        case Need::Kind::Field:
            return hasField(need, payload);
    }
    return true;
}

bool PayloadProbe::hasField(const Need& need, std::span<const uint8_t> payload) {
    const auto found = wire::peekField(payload, need.bytes);
    const auto integer = found && !need.integers.empty() ? integerOf(*found) : std::nullopt;
    if (integer) {
        return std::find(need.integers.begin(), need.integers.end(), *integer) !=
               need.integers.end();
    }
    const Value value = found ? valueOf(*found) : Value();
    return !value.isNull() && compareValue(*need.comparison, value);
}

}  // namespace evd::queryd
