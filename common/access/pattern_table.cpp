#include "common/access/pattern_table.h"

#include "common/access/local_claims.h"
#include "common/access/sddl.h"
#include "common/base/check.h"

#include <algorithm>
#include <utility>

namespace evd::access {

namespace {

using Answer = ResolvedPattern::Answer;
using Source = ResolvedPattern::Source;

// What one rule of the registry comes to.
ResolvedPattern fromRule(ObjectKind kind, const SecurityRule& rule) {
    ResolvedPattern resolved;
    resolved.source = Source::Registry;
    resolved.pattern = rule.pattern;
    auto descriptor = parseSecurityDescriptor(rule.descriptor);
    if (rule.readable && descriptor.ok()) {
        resolved.answer = Answer::Ask;
        resolved.descriptor = std::move(descriptor).value();
        resolved.by_field = hasFieldRules(resolved.descriptor);
        resolved.local_claims = localClaimsOf(kind, resolved.pattern);
    }
    return resolved;
}

// `*` where nothing sets it.
ResolvedPattern fromDefault(ObjectKind kind) {
    ResolvedPattern resolved;
    resolved.pattern = kWildcardPattern;
    resolved.source = Source::Default;
    const std::string_view sddl = defaultSddl(kind);
    if (sddl.empty()) {
        resolved.answer = Answer::Open;
        return resolved;
    }
    auto descriptor = parseSddl(sddl);
    EVD_CHECK(descriptor.ok(), "a default descriptor is sound");
    resolved.answer = Answer::Ask;
    resolved.descriptor = std::move(descriptor).value();
    resolved.local_claims = localClaimsOf(kind, resolved.pattern);
    return resolved;
}

bool isSetToNothing(const SecurityRule& rule) {
    return rule.readable && rule.descriptor.empty();
}

}  // namespace

std::string_view defaultSddl(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::Events:
            return "O:SYG:SYD:P(A;;0x1;;;SY)(A;;0x1;;;BA)";
        case ObjectKind::Logs:
        case ObjectKind::Metrics:
            return "O:SYG:SYD:P(A;;0x1;;;SY)(A;;0x1;;;BA)(A;;0x1;;;AU)";
        case ObjectKind::PublishLogs:
        case ObjectKind::PublishMetrics:
            return "";
    }
    return "";
}

bool hasFieldRules(const SecurityDescriptor& descriptor) {
    const auto names_field = [](const std::optional<Acl>& acl) {
        return acl && std::ranges::any_of(
                          acl->aces, [](const Ace& ace) { return ace.object_type.has_value(); });
    };
    return names_field(descriptor.dacl) || names_field(descriptor.sacl);
}

PatternTable::PatternTable(const SecurityPolicy& policy) {
    for (const ObjectKind kind : kObjectKinds) {
        addKind(kind, policy.rules(kind));
    }
}

void PatternTable::addKind(ObjectKind kind, const SecurityPolicy::Rules& rules) {
    Kind& made = kinds_[kind];
    const auto wildcard = rules.find(kWildcardPattern);
    made.fallback = wildcard == rules.end() ? fromDefault(kind) : fromRule(kind, wildcard->second);
    made.fallback.id = next_id_++;
    // Spec §9.1: without a default nothing of the kind is let through, whatever else is set.
    if (wildcard != rules.end() && isSetToNothing(wildcard->second)) {
        made.fallback.source = Source::Nothing;
        return;
    }
    for (const auto& [folded, rule] : rules) {
        if (folded != kWildcardPattern) {
            ResolvedPattern resolved = fromRule(kind, rule);
            resolved.id = next_id_++;
            made.longest = std::max(made.longest, folded.size());
            made.by_pattern.emplace(folded, std::move(resolved));
        }
    }
}

const ResolvedPattern& PatternTable::resolve(ObjectKind kind, std::string_view name) const {
    const Kind& known = kinds_.find(kind)->second;
    const std::string folded = foldObjectName(name);
    std::string_view candidate = folded;
    while (!known.by_pattern.empty()) {
        if (candidate.size() <= known.longest) {
            const auto found = known.by_pattern.find(candidate);
            if (found != known.by_pattern.end()) {
                return found->second;
            }
        }
        const size_t dot = candidate.rfind('.');
        if (dot == std::string_view::npos) {
            break;
        }
        candidate = candidate.substr(0, dot);
    }
    return known.fallback;
}

std::vector<const ResolvedPattern*> PatternTable::rules(ObjectKind kind) const {
    const Kind& known = kinds_.find(kind)->second;
    std::vector<const ResolvedPattern*> out = {&known.fallback};
    for (const auto& [folded, resolved] : known.by_pattern) {
        out.push_back(&resolved);
    }
    return out;
}

}  // namespace evd::access
