#include "store/config_changes.h"

#include "common/access/security_policy.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <map>
#include <set>
#include <string>
#include <variant>

namespace evd::store {

namespace {

// msgpack of the value; empty, which stands for nil, when there is none.
std::vector<uint8_t> encodedValue(const config::Settings& settings, const std::string& name) {
    std::vector<uint8_t> bytes;
    const auto found = settings.values().find(name);
    if (found == settings.values().end()) {
        return bytes;
    }
    wire::MsgpackWriter out(bytes);
    if (const auto* number = std::get_if<uint64_t>(&found->second)) {
        out.unsignedInteger(*number);
    } else if (const auto* text = std::get_if<std::string>(&found->second)) {
        out.text(*text);
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&found->second)) {
        out.arrayHeader(static_cast<uint32_t>(list->size()));
        for (const std::string& item : *list) {
            out.text(item);
        }
    } else if (const auto* binary = std::get_if<std::vector<uint8_t>>(&found->second)) {
        out.bytes(*binary);
    }
    return bytes;
}

// A descriptor may say more as text than a record should hold; its beginning must do.
constexpr size_t kRuleTextMax = size_t{32} * 1024;

using Rules = access::SecurityPolicy::Rules;

// Ruling S11: SDDL, so that a person can read the change; the bytes where there is no text.
std::vector<uint8_t> encodedRule(const Rules& rules, const std::string& folded) {
    std::vector<uint8_t> bytes;
    const auto found = rules.find(folded);
    if (found == rules.end()) {
        return bytes;
    }
    wire::MsgpackWriter out(bytes);
    const auto text = access::ruleText(found->second);
    if (text) {
        out.text(std::string_view(*text).substr(0, base::wholeCharacters(*text, kRuleTextMax)));
    } else {
        out.bytes(found->second.descriptor);
    }
    return bytes;
}

void appendRuleChanges(int64_t wall_ns, access::ObjectKind kind, const Rules& before,
                       const Rules& after, std::vector<SyntheticEvent>& events) {
    std::map<std::string, std::string> patterns;  // folded → as spelled
    for (const auto* rules : {&before, &after}) {
        for (const auto& [folded, rule] : *rules) {
            patterns.insert_or_assign(folded, rule.pattern);
        }
    }
    for (const auto& [folded, pattern] : patterns) {
        const auto old_value = encodedRule(before, folded);
        const auto new_value = encodedRule(after, folded);
        if (old_value != new_value) {
            const auto key = base::cat(access::registryKeyOf(kind), "\\", pattern);
            events.push_back(configChangeEvent(wall_ns, key, old_value, new_value));
        }
    }
}

}  // namespace

std::vector<SyntheticEvent> configChangeEvents(int64_t wall_ns,
                                               const config::Settings& old_settings,
                                               const config::Settings& new_settings) {
    std::set<std::string> names;
    for (const auto* side : {&old_settings, &new_settings}) {
        for (const auto& [name, value] : side->values()) {
            names.insert(name);
        }
    }
    std::vector<SyntheticEvent> events;
    for (const std::string& name : names) {
        const auto old_value = encodedValue(old_settings, name);
        const auto new_value = encodedValue(new_settings, name);
        if (old_value != new_value) {
            events.push_back(configChangeEvent(wall_ns, name, old_value, new_value));
        }
    }
    for (const access::ObjectKind kind : access::kObjectKinds) {
        appendRuleChanges(wall_ns, kind, old_settings.security().rules(kind),
                          new_settings.security().rules(kind), events);
    }
    return events;
}

}  // namespace evd::store
