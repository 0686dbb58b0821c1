#include "queryd/evctl/policy_words.h"

#include "common/access/publish_access.h"
#include "common/access/sddl.h"
#include "common/base/text.h"
#include "queryd/evctl/output/json_object.h"
#include "queryd/evctl/output/plain_text.h"

#include <algorithm>

namespace evd::evctl {

namespace {

using access::ObjectKind;
using access::ResolvedPattern;

constexpr std::string_view kRecordRow = "(the record)";
constexpr std::string_view kSendingRow = "(may send)";
constexpr std::string_view kOthersRow = "(any other field)";

std::string sddlOf(ObjectKind kind, const ResolvedPattern& rule) {
    switch (rule.answer) {
        case ResolvedPattern::Answer::Closed:
            if (access::isPublishing(kind)) {
                return rule.source == ResolvedPattern::Source::Nothing
                           ? "set to nothing: nobody may send anything"
                           : "unreadable or empty: nobody may send";
            }
            return rule.source == ResolvedPattern::Source::Nothing
                       ? "no default: nothing of this kind is shown to anybody"
                       : "unreadable or empty: shown to nobody";
        case ResolvedPattern::Answer::Open:
            return "none: everybody may send";
        case ResolvedPattern::Answer::Ask: {
            const auto text = access::printSddl(rule.descriptor);
            return text.ok() ? text.value() : base::cat("has no text form: ", text.error().text);
        }
    }
    return "";
}

ShownRule shownRule(const config::Configuration& configuration, ObjectKind kind,
                    const ResolvedPattern& rule) {
    ShownRule shown{kind, rule.pattern, "default", sddlOf(kind, rule)};
    if (rule.source != ResolvedPattern::Source::Default) {
        const auto found =
            configuration.sources.find(base::cat(access::registryKeyOf(kind), "\\", rule.pattern));
        shown.source = found == configuration.sources.end() ? "nothing" : found->second;
    }
    return shown;
}

const char* yesNo(bool value) {
    return value ? "yes" : "no";
}

}  // namespace

std::vector<ShownRule> rulesOf(const config::Configuration& configuration,
                               const std::vector<ObjectKind>& kinds, std::string_view name) {
    const access::PatternTable table(configuration.settings.security());
    std::vector<ShownRule> rules;
    for (const ObjectKind kind : kinds) {
        rules.push_back(shownRule(configuration, kind, table.resolve(kind, name)));
    }
    return rules;
}

std::vector<ShownRule> allRules(const config::Configuration& configuration,
                                const std::vector<ObjectKind>& kinds) {
    const access::PatternTable table(configuration.settings.security());
    std::vector<ShownRule> rules;
    for (const ObjectKind kind : kinds) {
        for (const ResolvedPattern* rule : table.rules(kind)) {
            rules.push_back(shownRule(configuration, kind, *rule));
        }
    }
    return rules;
}

std::string rulesTable(const std::vector<ShownRule>& rules) {
    std::vector<std::vector<std::string>> rows = {{"kind", "pattern", "source", "descriptor"}};
    for (const ShownRule& rule : rules) {
        rows.push_back({std::string(access::wordOf(rule.kind)), printable(rule.pattern),
                        printable(rule.source), printable(rule.sddl)});
    }
    return alignedTable(rows);
}

std::string rulesJsonl(const std::vector<ShownRule>& rules) {
    std::string out;
    for (const ShownRule& rule : rules) {
        JsonObject line;
        line.text("descriptor", rule.sddl);
        line.text("kind", access::wordOf(rule.kind));
        line.text("pattern", rule.pattern);
        line.text("source", rule.source);
        out += line.str() + '\n';
    }
    return out;
}

ShownAccess accessOf(const access::PatternTable& table, const access::Token& token, ObjectKind kind,
                     std::string_view name, const std::vector<std::string>& extra_fields) {
    const ResolvedPattern& rule = table.resolve(kind, name);
    std::vector<std::string_view> fields;
    for (const std::string_view field : access::fixedFields(kind)) {
        fields.push_back(field);
    }
    for (const std::string& field : extra_fields) {
        if (std::ranges::find(fields, std::string_view(field)) == fields.end()) {
            fields.emplace_back(field);
        }
    }
    const auto verdict =
        access::checkFields(token, rule, access::FieldTree(kind, std::span(fields)));
    ShownAccess shown{kind, std::string(name), rule.pattern, verdict.recordVisible(), {}, {}};
    for (size_t index = 0; index < fields.size(); ++index) {
        shown.fields.emplace_back(fields[index], verdict.shows(index));
    }
    if (kind != ObjectKind::Logs) {
        const auto telltales = access::telltaleFields(kind, rule);
        const auto others =
            access::checkFields(token, rule, access::FieldTree(kind, std::span(telltales)));
        shown.others = others.shows(0);
        // Payload fields and labels that were not asked about may open the record too (Ruling A2).
        shown.record = shown.record || others.recordVisible();
    }
    return shown;
}

ShownAccess publishingOf(const access::PatternTable& table, const access::Token& token,
                         ObjectKind kind, std::string_view name) {
    const ResolvedPattern& rule = table.resolve(kind, name);
    return {kind, std::string(name), rule.pattern, access::mayPublish(token, kind, rule), {}, {}};
}

std::string accessTable(const std::vector<ShownAccess>& answers) {
    std::vector<std::vector<std::string>> rows = {{"kind", "pattern", "field", "shown"}};
    for (const ShownAccess& answer : answers) {
        const std::string kind(access::wordOf(answer.kind));
        const auto row = [&](std::string_view field, bool shown) {
            rows.push_back({kind, printable(answer.pattern), printable(field), yesNo(shown)});
        };
        row(access::isPublishing(answer.kind) ? kSendingRow : kRecordRow, answer.record);
        for (const auto& [field, shown] : answer.fields) {
            row(field, shown);
        }
        if (answer.others) {
            row(kOthersRow, *answer.others);
        }
    }
    return alignedTable(rows);
}

std::string accessJsonl(const std::vector<ShownAccess>& answers) {
    std::string out;
    for (const ShownAccess& answer : answers) {
        JsonObject fields;
        for (const auto& [field, shown] : answer.fields) {
            fields.scalar(field, shown);
        }
        const bool publishing = access::isPublishing(answer.kind);
        JsonObject line;
        if (!publishing) {
            line.json("fields", fields.str());
        }
        line.text("kind", access::wordOf(answer.kind));
        line.text("name", answer.name);
        if (answer.others) {
            line.scalar("other_fields", *answer.others);
        }
        line.text("pattern", answer.pattern);
        line.scalar(publishing ? "publish" : "record", answer.record);
        out += line.str() + '\n';
    }
    return out;
}

}  // namespace evd::evctl
