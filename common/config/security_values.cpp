#include "common/config/security_values.h"

#include "common/access/security_descriptor.h"
#include "common/base/text.h"
#include "common/config/registry_file.h"

#include <utility>

namespace evd::config {

namespace {

using access::ObjectKind;
using access::SecurityRule;
using base::cat;

constexpr std::string_view kDefaultValueEnd = "\\@";
constexpr size_t kShownBytesMax = 160;

// Where a value's name says that it belongs.
struct Place {
    ObjectKind kind;
    std::string pattern;     // as spelled
    bool is_subkey = false;  // the default value of a key, which a value of that name outdoes
};

std::optional<Place> placeOf(std::string_view name) {
    for (const ObjectKind kind : access::kObjectKinds) {
        const std::string_view key = access::registryKeyOf(kind);
        if (name.size() <= key.size() + 1 || name[key.size()] != '\\' ||
            !base::equalsFolded(name.substr(0, key.size()), key)) {
            continue;
        }
        Place place{kind, std::string(name.substr(key.size() + 1))};
        if (place.pattern.ends_with(kDefaultValueEnd)) {
            place.is_subkey = true;
            place.pattern.resize(place.pattern.size() - kDefaultValueEnd.size());
        }
        return place.pattern == kDefaultValueName ? std::nullopt : std::optional<Place>(place);
    }
    return std::nullopt;
}

std::string ruleName(ObjectKind kind, std::string_view pattern) {
    return cat(access::registryKeyOf(kind), "\\", pattern);
}

// Collects the rules of one snapshot; lives for one call.
class Reader {
  public:
    explicit Reader(const RegistrySnapshot& snapshot) : snapshot_(snapshot) {}

    SecurityValues read() {
        for (const bool subkeys : {false, true}) {
            for (const auto& [folded, value] : snapshot_.values) {
                readValue(value, subkeys);
            }
        }
        if (!out_.policy.fits()) {
            report("", cat(kRegistryRoot, "\\Security"),
                   cat("holds more than ", access::SecurityPolicy::kRulesMax, " descriptors or ",
                       access::SecurityPolicy::kBytesMax,
                       " bytes of them; nobody may see anything until it holds less"));
            out_.policy = access::closedPolicy();
            out_.sources.clear();
        }
        return std::move(out_);
    }

  private:
    void readValue(const RegistryValue& value, bool subkeys) {
        if (!isBelowSecurity(value.name)) {
            return;
        }
        const auto place = placeOf(value.name);
        if (!place) {
            if (!subkeys) {
                report(value.source, keyOf(value),
                       "is no place for a descriptor: they are below Security\\Events, Logs, "
                       "Metrics, Publish\\Logs and Publish\\Metrics");
            }
            return;
        }
        const bool taken =
            out_.policy.rules(place->kind).contains(access::foldObjectName(place->pattern));
        if (place->is_subkey == subkeys && !taken) {
            take(*place, value);
        }
    }

    void take(const Place& place, const RegistryValue& value) {
        SecurityRule rule{place.pattern, {}, false};
        const auto* bytes = value.data ? std::get_if<std::vector<uint8_t>>(&*value.data) : nullptr;
        if (bytes != nullptr) {
            rule.descriptor = *bytes;
            rule.readable = check(value, *bytes);
        } else if (value.data) {
            report(value.source, keyOf(value), cat("must be sddl or binary", kClosed));
        }
        if (place.pattern.ends_with(".*")) {
            report(value.source, keyOf(value),
                   "matches nothing: a pattern without .* covers what is below it already");
        }
        out_.sources.insert_or_assign(ruleName(place.kind, place.pattern), value.source);
        out_.policy.set(place.kind, std::move(rule));
    }

    // False when nothing can be read from the bytes.
    bool check(const RegistryValue& value, const std::vector<uint8_t>& bytes) {
        if (bytes.empty()) {
            return true;  // a way to close, and no mistake
        }
        const auto descriptor = access::parseSecurityDescriptor(bytes);
        if (!descriptor.ok()) {
            report(value.source, keyOf(value), cat(descriptor.error().text, kClosed));
            return false;
        }
        if (!descriptor.value().owner) {
            report(value.source, keyOf(value),
                   "has no owner, and a descriptor without one grants nothing");
        }
        return true;
    }

    static std::string keyOf(const RegistryValue& value) {
        return cat(kRegistryRoot, "\\", value.name);
    }

    void report(std::string source, std::string key, std::string reason) {
        out_.problems.push_back({std::move(source), std::move(key), "", std::move(reason), false});
    }

    static constexpr std::string_view kClosed = "; nobody may see what falls under it";

    const RegistrySnapshot& snapshot_;
    SecurityValues out_;
};

std::string shownRule(const access::SecurityPolicy::Rules& rules, std::string_view folded) {
    const auto found = rules.find(folded);
    if (found == rules.end()) {
        return "unset";
    }
    auto text = access::ruleText(found->second).value_or("unreadable");
    if (text.size() > kShownBytesMax) {
        text.resize(base::wholeCharacters(text, kShownBytesMax));
        text += "...";
    }
    return text.empty() ? "empty" : text;
}

}  // namespace

SecurityValues readSecurityValues(const RegistrySnapshot& snapshot) {
    return Reader(snapshot).read();
}

bool concernsSecurity(const Problem& problem) {
    const std::string below = cat(foldRegistryName(cat(kRegistryRoot, "\\Security")), "\\");
    return cat(foldRegistryName(problem.key), "\\").starts_with(below);
}

std::vector<SettingChange> changedRules(const access::SecurityPolicy& old_policy,
                                        const access::SecurityPolicy& new_policy) {
    std::vector<SettingChange> changes;
    for (const ObjectKind kind : access::kObjectKinds) {
        std::map<std::string, std::string> patterns;  // folded → as spelled
        for (const auto* policy : {&old_policy, &new_policy}) {
            for (const auto& [folded, rule] : policy->rules(kind)) {
                patterns.insert_or_assign(folded, rule.pattern);
            }
        }
        for (const auto& [folded, pattern] : patterns) {
            const auto& before = old_policy.rules(kind);
            const auto& after = new_policy.rules(kind);
            const auto old_rule = before.find(folded);
            const auto new_rule = after.find(folded);
            const bool same = old_rule != before.end() && new_rule != after.end() &&
                              old_rule->second == new_rule->second;
            if (!same) {
                changes.push_back(
                    {ruleName(kind, pattern), shownRule(before, folded), shownRule(after, folded)});
            }
        }
    }
    return changes;
}

}  // namespace evd::config
