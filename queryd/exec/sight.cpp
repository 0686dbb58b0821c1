#include "queryd/exec/sight.h"

#include <utility>

namespace evd::queryd {

namespace {

using access::ObjectKind;
using access::PatternTable;
using access::ResolvedPattern;

// The rules of a kind, without asking which names there are. One that is audited is left to the
// names that records really have: nobody's trail shall tell of what was not looked at.
bool seesAllRules(RecordAccess& access, const PatternTable& table, ObjectKind kind) {
    const auto rules = table.rules(kind);
    if (rules.size() > kRulesAskedMax) {
        return false;
    }
    bool is_fallback = true;
    for (const ResolvedPattern* rule : rules) {
        if (!is_fallback && rule->descriptor.sacl) {
            return false;
        }
        const std::string_view name = is_fallback ? access::kWildcardPattern : rule->pattern;
        if (!access.seesAll(kind, name)) {
            return false;
        }
        is_fallback = false;
    }
    return true;
}

}  // namespace

Sight::Sight(AccessPolicy* policy, std::shared_ptr<const Caller> caller, PolicyInForce in_force,
             ObjectKind kind)
    : policy_(policy), caller_(std::move(caller)), in_force_(std::move(in_force)), kind_(kind) {}

SightJudge::SightJudge(const Sight& sight) : sight_(sight) {
    if (sight.policy_ != nullptr) {
        access_.emplace(*sight.policy_, *sight.caller_, sight.in_force_);
    }
}

NameSight SightJudge::of(std::string_view name) {
    if (!access_ || !access_->mayRead(sight_.kind_, name)) {
        return NameSight::Nothing;
    }
    return access_->seesAll(sight_.kind_, name) ? NameSight::Everything : NameSight::Part;
}

bool SightJudge::showsField(std::string_view name, std::string_view field) {
    return access_ && access_->seesField(sight_.kind_, name, field);
}

const access::FieldVerdict& SightJudge::of(std::string_view name,
                                           std::span<const std::string_view> fields) {
    return access_ ? access_->of(sight_.kind_, name, fields) : nothing_;
}

ObjectKind kindOf(StoreKind store) {
    return store == StoreKind::Logs ? ObjectKind::Logs : ObjectKind::Events;
}

Sights::Sights(AccessPolicy* policy, const Caller& caller)
    : policy_(policy), caller_(std::make_shared<const Caller>(caller)) {
    if (policy_ != nullptr) {
        in_force_ = policy_->current();
    }
}

std::shared_ptr<const Sight> Sights::of(ObjectKind kind) {
    if (seesEverything(kind)) {
        return nullptr;
    }
    is_restricted_ = true;
    return std::make_shared<const Sight>(policy_, caller_, in_force_, kind);
}

void Sights::refresh() {
    if (policy_ != nullptr && policy_->generation() != in_force_.generation) {
        in_force_ = policy_->current();
    }
}

bool Sights::seesEverything(ObjectKind kind) const {
    if (policy_ == nullptr) {
        return caller_->maySeeEverything();
    }
    RecordAccess access(*policy_, *caller_, in_force_);
    return seesAllRules(access, *in_force_.table, kind);
}

}  // namespace evd::queryd
