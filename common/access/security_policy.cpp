#include "common/access/security_policy.h"

#include "common/access/sddl.h"
#include "common/base/check.h"
#include "common/base/text.h"

#include <algorithm>
#include <utility>

namespace evd::access {

namespace {

constexpr std::string_view kSystemOnly = "O:SYG:SYD:P(A;;0x1;;;SY)";

}  // namespace

std::string_view registryKeyOf(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::Events:
            return "Security\\Events";
        case ObjectKind::Logs:
            return "Security\\Logs";
        case ObjectKind::Metrics:
            return "Security\\Metrics";
        case ObjectKind::PublishLogs:
            return "Security\\Publish\\Logs";
        case ObjectKind::PublishMetrics:
            return "Security\\Publish\\Metrics";
    }
    return "";
}

std::string_view wordOf(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::Events:
            return "events";
        case ObjectKind::Logs:
            return "logs";
        case ObjectKind::Metrics:
            return "metrics";
        case ObjectKind::PublishLogs:
            return "publish-logs";
        case ObjectKind::PublishMetrics:
            return "publish-metrics";
    }
    return "";
}

std::optional<ObjectKind> objectKindOf(std::string_view word) {
    const auto* found = std::ranges::find_if(
        kObjectKinds, [&](ObjectKind kind) { return base::equalsFolded(wordOf(kind), word); });
    return found == std::end(kObjectKinds) ? std::nullopt : std::optional<ObjectKind>(*found);
}

std::string foldObjectName(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    for (const char letter : name) {
        const bool separator = letter == '/' || letter == '\\';
        if (!separator) {
            out += base::foldAscii(letter);
        } else if (!out.empty() && out.back() != '\\') {
            out += '\\';
        }
    }
    while (!out.empty() && out.back() == '\\') {
        out.pop_back();
    }
    return out;
}

void SecurityPolicy::set(ObjectKind kind, SecurityRule rule) {
    std::string folded = foldObjectName(rule.pattern);
    rules_[kind].insert_or_assign(std::move(folded), std::move(rule));
}

const SecurityPolicy::Rules& SecurityPolicy::rules(ObjectKind kind) const {
    static const Rules kNone;
    const auto found = rules_.find(kind);
    return found == rules_.end() ? kNone : found->second;
}

size_t SecurityPolicy::ruleCount() const {
    size_t count = 0;
    for (const auto& [kind, rules] : rules_) {
        count += rules.size();
    }
    return count;
}

bool SecurityPolicy::fits() const {
    size_t bytes = 0;
    for (const auto& [kind, rules] : rules_) {
        for (const auto& [folded, rule] : rules) {
            bytes += rule.pattern.size() + rule.descriptor.size();
        }
    }
    return ruleCount() <= kRulesMax && bytes <= kBytesMax;
}

SecurityPolicy closedPolicy() {
    SecurityPolicy policy;
    for (const ObjectKind kind : kObjectKinds) {
        policy.set(kind, {std::string(kWildcardPattern), {}, true});
    }
    return policy;
}

SecurityPolicy systemPolicy() {
    const auto descriptor = parseSddl(kSystemOnly);
    EVD_CHECK(descriptor.ok(), "a descriptor of our own can be read");
    const auto bytes = buildSecurityDescriptor(descriptor.value());
    EVD_CHECK(bytes.ok(), "and written");
    SecurityPolicy policy;
    for (const ObjectKind kind : kObjectKinds) {
        if (!isPublishing(kind)) {
            policy.set(kind, {std::string(kWildcardPattern), bytes.value(), true});
        }
    }
    return policy;
}

std::optional<std::string> ruleText(const SecurityRule& rule) {
    if (rule.readable && rule.descriptor.empty()) {
        return std::string();
    }
    const auto descriptor = parseSecurityDescriptor(rule.descriptor);
    if (!rule.readable || !descriptor.ok()) {
        return std::nullopt;
    }
    auto text = printSddl(descriptor.value());
    return text.ok() ? std::optional<std::string>(std::move(text).value()) : std::nullopt;
}

}  // namespace evd::access
