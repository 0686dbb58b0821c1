// A stack machine over postfix tokens (§3.11). The stack holds values - literals and attributes -
// and results. Comparisons, Exists and memberships take values and leave a result; AND, OR and NOT
// take results or attributes and leave a result. Anything that does not fit makes the whole
// expression UNKNOWN, and so does an end at which the stack is not exactly one result.
//
// Where text and kernel differ about an UNKNOWN - a literal under AND, values of different types -
// the kernel's answer counts: that operator is UNKNOWN, not the whole expression (Ruling V2, D-13).

#include "common/access/condition.h"

#include "common/access/condition_codes.h"
#include "common/access/condition_reader.h"
#include "common/access/utf16.h"
#include "common/access/well_known_sids.h"

#include <algorithm>
#include <deque>

namespace evd::access {

namespace {

// One entry of the stack: a value when `value` is set, a result otherwise.
struct Entry {
    const Value* value = nullptr;
    bool literal = false;
    uint32_t claim_flags = 0;
    TriState result = TriState::Unknown;

    bool isAttribute() const { return value != nullptr && !literal; }
};

const Value kAbsent;  // what an attribute that is not there evaluates to

class Machine {
  public:
    Machine(const ConditionContext& context, Polarity polarity, ConditionBudget& budget)
        : context_(context), polarity_(polarity), budget_(budget) {}

    TriState run(std::span<const uint8_t> bytecode);

  private:
    bool step(ConditionToken& token);
    bool apply(const OperatorCode& code);
    bool compare(uint8_t code);
    bool exists(bool negated);
    bool membership(uint8_t code);
    bool combine(uint8_t code);
    bool negate();

    Entry attribute(uint8_t code, const std::string& name);
    std::span<const Claim> claimsOf(uint8_t code) const;
    std::optional<TriState> asResult(const Entry& entry) const;
    bool isMember(const Sid& sid, bool device) const;
    bool selfMatches() const;

    std::optional<Entry> pop();
    std::optional<Entry> popValue();
    void push(TriState result) { stack_.push_back({nullptr, false, 0, result}); }

    const ConditionContext& context_;
    const Polarity polarity_;
    ConditionBudget& budget_;
    std::vector<Entry> stack_;
    std::deque<Value> literals_;  // a deque, because entries point into it
};

TriState Machine::run(std::span<const uint8_t> bytecode) {
    ConditionReader reader(bytecode);
    ConditionToken token;
    while (true) {
        const ReadOutcome outcome = reader.next(token);
        if (outcome == ReadOutcome::Malformed) {
            return TriState::Unknown;
        }
        if (outcome == ReadOutcome::End) {
            break;
        }
        if (!budget_.spend(1) || !step(token) || stack_.size() > kConditionStackMax) {
            return TriState::Unknown;
        }
    }
    const bool one_result = stack_.size() == 1 && stack_.front().value == nullptr;
    return one_result && !budget_.exhausted() ? stack_.front().result : TriState::Unknown;
}

bool Machine::step(ConditionToken& token) {
    if (isLiteralCode(token.code)) {
        literals_.push_back(std::move(token.value));
        stack_.push_back({&literals_.back(), true, 0, TriState::Unknown});
        return true;
    }
    if (isAttributeCode(token.code)) {
        stack_.push_back(attribute(token.code, token.name));
        return true;
    }
    const OperatorCode* code = findOperator(token.code);
    return code != nullptr && apply(*code);
}

bool Machine::apply(const OperatorCode& code) {
    switch (code.kind) {
        case OperatorKind::Compare:
            return compare(code.code);
        case OperatorKind::Exists:
            return exists(code.code == kCodeNotExists);
        case OperatorKind::Membership:
            return membership(code.code);
        case OperatorKind::Binary:
            return combine(code.code);
        case OperatorKind::Not:
            return negate();
    }
    return false;
}

std::optional<Entry> Machine::pop() {
    if (stack_.empty()) {
        return std::nullopt;
    }
    const Entry entry = stack_.back();
    stack_.pop_back();
    return entry;
}

std::optional<Entry> Machine::popValue() {
    const auto entry = pop();
    return entry && entry->value != nullptr ? entry : std::nullopt;
}

bool Machine::compare(uint8_t code) {
    const auto right = popValue();
    const auto left = right ? popValue() : std::nullopt;
    if (!left) {
        return false;
    }
    const bool case_sensitive =
        ((left->claim_flags | right->claim_flags) & kClaimCaseSensitive) != 0;
    push(ValueComparison(case_sensitive, budget_).compare(code, *left->value, *right->value));
    return true;
}

bool Machine::exists(bool negated) {
    const auto operand = popValue();
    if (!operand) {
        return false;
    }
    TriState state = TriState::Unknown;  // of a literal
    if (operand->isAttribute()) {
        state = stateOf(operand->value->kind != ValueKind::Null);
    }
    push(negated ? notOf(state) : state);
    return true;
}

// Spec §3.11: the operand is a SID or a composite of nothing but SIDs. All must be members, or any;
// of the empty set all are and none is.
bool Machine::membership(uint8_t code) {
    const auto operand = popValue();
    if (!operand ||
        (operand->value->kind != ValueKind::Sid && operand->value->kind != ValueKind::Composite)) {
        return false;
    }
    const bool device = code == kCodeDeviceMemberOf || code == kCodeDeviceMemberOfAny ||
                        code == kCodeNotDeviceMemberOf || code == kCodeNotDeviceMemberOfAny;
    const bool any = code == kCodeMemberOfAny || code == kCodeDeviceMemberOfAny ||
                     code == kCodeNotMemberOfAny || code == kCodeNotDeviceMemberOfAny;
    const auto sids = operand->value->kind == ValueKind::Composite
                          ? std::span<const Value>(operand->value->elements)
                          : std::span<const Value>(operand->value, 1);
    size_t members = 0;
    for (const Value& value : sids) {
        const auto sid = value.kind == ValueKind::Sid
                             ? Sid::parse(value.bytes)
                             : base::fail(base::ErrorKind::Invalid, "no SID");
        if (!sid.ok() || !budget_.spend(1 + context_.groups->size())) {
            return false;
        }
        members += isMember(sid.value(), device) ? 1 : 0;
    }
    const TriState state = stateOf(any ? members > 0 : members == sids.size());
    push(code >= kCodeNotMemberOf ? notOf(state) : state);
    return true;
}

bool Machine::selfMatches() const {
    if (context_.self_matches) {
        return *context_.self_matches;
    }
    if (!context_.self_sid) {
        return false;
    }
    if (context_.token->user == *context_.self_sid) {
        return polarity_ == Polarity::Deny || !context_.token->user_deny_only;
    }
    const auto at = std::ranges::find(*context_.groups, *context_.self_sid, &SidAndAttributes::sid);
    return at != context_.groups->end() && attributesMatch(at->attributes, polarity_);
}

// Groups only: the user SID is no group. The first entry with the SID decides (peios-abi §3.9). In
// the confinement pass the kernel still looks at the real groups (Ruling V2, D-26).
bool Machine::isMember(const Sid& sid, bool device) const {
    if (!device || context_.device_sees_virtual_groups) {
        if (sid == sids::kOwnerRights) {
            return context_.caller_is_owner;
        }
        if (sid == sids::kPrincipalSelf) {
            return selfMatches();
        }
    }
    const auto& groups = device ? *context_.device_groups : *context_.groups;
    const auto at = std::ranges::find(groups, sid, &SidAndAttributes::sid);
    if (at == groups.end()) {
        return false;
    }
    return (!device && context_.groups_by_presence) || attributesMatch(at->attributes, polarity_);
}

// The truth of an operand of AND, OR and NOT; nothing for a literal (§3.8).
std::optional<TriState> Machine::asResult(const Entry& entry) const {
    if (entry.value == nullptr) {
        return entry.result;
    }
    if (entry.literal) {
        return std::nullopt;
    }
    switch (entry.value->kind) {
        case ValueKind::Integer:
            return stateOf(entry.value->integer != 0);
        case ValueKind::Unsigned:
            return stateOf(entry.value->unsigned_integer != 0);
        case ValueKind::String:
            return stateOf(!entry.value->bytes.empty());
        case ValueKind::Null:
        case ValueKind::Octets:
        case ValueKind::Sid:
        case ValueKind::Composite:
            break;
    }
    return TriState::Unknown;
}

bool Machine::combine(uint8_t code) {
    const auto right = pop();
    const auto left = right ? pop() : std::nullopt;
    if (!left) {
        return false;
    }
    const auto left_result = asResult(*left);
    const auto right_result = asResult(*right);
    if (!left_result || !right_result) {
        push(TriState::Unknown);
        return true;
    }
    push(code == kCodeAnd ? andOf(*left_result, *right_result) : orOf(*left_result, *right_result));
    return true;
}

bool Machine::negate() {
    const auto operand = pop();
    if (!operand) {
        return false;
    }
    push(notOf(asResult(*operand).value_or(TriState::Unknown)));
    return true;
}

std::span<const Claim> Machine::claimsOf(uint8_t code) const {
    if (code == kCodeLocal) {
        return context_.local_claims;
    }
    if (code == kCodeResource) {
        return context_.resource_claims;
    }
    return code == kCodeUser ? context_.token->user_claims.claims()
                             : context_.token->device_claims.claims();
}

// Spec §3.8: the first claim of that name, without case. Disabled, deny-only when allowing, or
// without values: as if it were not there.
Entry Machine::attribute(uint8_t code, const std::string& name) {
    const Entry absent{&kAbsent, false, 0, TriState::Unknown};
    const auto claims = claimsOf(code);
    if (!budget_.spend(claims.size())) {
        return absent;
    }
    const auto at = std::ranges::find(claims, foldCase(name), &Claim::folded_name);
    if (at == claims.end() || (at->flags & kClaimDisabled) != 0 ||
        (polarity_ == Polarity::Allow && (at->flags & kClaimDenyOnly) != 0) ||
        at->value.kind == ValueKind::Null) {
        return absent;
    }
    return {&at->value, false, at->flags, TriState::Unknown};
}

}  // namespace

TriState evaluateCondition(std::span<const uint8_t> bytecode, const ConditionContext& context,
                           Polarity polarity, ConditionBudget& budget) {
    return Machine(context, polarity, budget).run(bytecode);
}

}  // namespace evd::access
