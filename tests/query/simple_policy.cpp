#include "tests/query/simple_policy.h"

#include "common/access/field_access.h"
#include "common/base/text.h"
#include "tests/support/security_rules.h"

#include <algorithm>

namespace evd::test {

namespace {

using Names = std::vector<std::string>;

Names patternsOf(access::ObjectKind kind) {
    switch (kind) {
        case access::ObjectKind::Events:
            return {"kacs", "KACS.access", "kacs.access.denied", "kacs.token",
                    "lcs",  "synthetic",   "synthetic.gap.more", "x"};
        case access::ObjectKind::Logs:
            return {"loregd", "sshd", "kernel", "A", "peinit", "peinit.more"};
        case access::ObjectKind::Metrics:
        case access::ObjectKind::PublishLogs:
        case access::ObjectKind::PublishMetrics:
            return {"one", "many", "m", "m.a", "M.b", "n"};
    }
    return {};
}

Names fieldsOf(access::ObjectKind kind) {
    switch (kind) {
        case access::ObjectKind::Events:
            return {"timestamp",  "cpu_id",
                    "sequence",   "origin_class",
                    "event_type", "process_guid",
                    "boot_id",    "n",
                    "s",          "v",
                    "k",          "m.a",
                    "m.b",        "absent"};
        case access::ObjectKind::Logs:
            return {"timestamp", "origin", "is_error", "message", "boot_id", "job_id"};
        case access::ObjectKind::Metrics:
        case access::ObjectKind::PublishLogs:
        case access::ObjectKind::PublishMetrics:
            return {"timestamp", "name", "type", "value", "k", "host", "zone"};
    }
    return {};
}

std::set<std::string> someOf(Random& random, const Names& names, size_t count_max) {
    std::set<std::string> some;
    for (size_t i = 1 + random() % count_max; i > 0; --i) {
        some.insert(names[random() % names.size()]);
    }
    return some;
}

std::string aceText(const char* type, const std::string& field) {
    const std::string guid = field.empty() ? "" : guidText(access::fieldGuid(field));
    return base::cat("(", type, ";;0x1;", guid, ";;", kSimpleCallerSid, ")");
}

std::string sddlOf(const SimpleRule& rule) {
    std::string sddl = "O:SYG:SYD:P";
    for (const std::string& field : rule.denied) {
        sddl += aceText("OD", field);
    }
    sddl += rule.all ? aceText("A", "") : "";
    for (const std::string& field : rule.granted) {
        sddl += aceText("OA", field);
    }
    return sddl + "(A;;0x1;;;SY)";
}

}  // namespace

const SimpleRule& SimplePolicy::ruleOf(const std::string& name) const {
    for (std::string rest = simpleFold(name);;) {
        for (const SimpleRule& rule : rules_) {
            if (simpleFold(rule.pattern) == rest) {
                return rule;
            }
        }
        const size_t dot = rest.rfind('.');
        if (dot == std::string::npos) {
            return rules_.front();
        }
        rest.resize(dot);
    }
}

bool SimplePolicy::shows(const std::string& name, const std::string& field) const {
    const SimpleRule& rule = ruleOf(name);
    return rule.all ? !rule.denied.contains(field) : rule.granted.contains(field);
}

bool SimplePolicy::mayRead(const std::string& name) const {
    const SimpleRule& rule = ruleOf(name);
    return rule.all || !rule.granted.empty();
}

void SimplePolicy::addTo(access::ObjectKind kind, access::SecurityPolicy& policy) const {
    for (const SimpleRule& rule : rules_) {
        const access::SecurityPolicy one = policyOf(kind, {{rule.pattern, sddlOf(rule)}});
        for (const auto& [folded, made] : one.rules(kind)) {
            policy.set(kind, made);
        }
    }
}

std::vector<SimpleRecord> SimplePolicy::visible(const std::vector<SimpleRecord>& records) const {
    std::vector<SimpleRecord> left;
    for (const SimpleRecord& record : records) {
        SimpleRecord shown{record.id, record.name, Json::object()};
        bool any = false;
        for (const auto& [field, value] : record.fields.items()) {
            const bool is_given = field.starts_with('$');
            if (is_given || shows(record.name, field)) {
                shown.fields[field] = value;
                any = any || !is_given;
            }
        }
        if (any) {
            left.push_back(std::move(shown));
        }
    }
    return left;
}

SimplePolicy randomPolicy(Random& random, access::ObjectKind kind) {
    Names patterns = patternsOf(kind);
    std::ranges::shuffle(patterns, random);
    patterns.resize(random() % (patterns.size() + 1));
    patterns.insert(patterns.begin(), "*");
    const Names fields = fieldsOf(kind);
    std::vector<SimpleRule> rules;
    for (const std::string& pattern : patterns) {
        SimpleRule rule;
        rule.pattern = pattern;
        const size_t form = random() % 8;
        rule.all = form < 4;
        if (form == 2 || form == 3) {
            rule.denied = someOf(random, fields, 3);
        } else if (form > 4) {
            rule.granted = someOf(random, fields, form == 5 ? 2 : 2 * fields.size());
        }
        rules.push_back(std::move(rule));
    }
    return SimplePolicy(std::move(rules));
}

std::vector<std::string> referencesOf(const SimpleQuestion& question) {
    using Shape = SimpleQuestion::Shape;
    std::vector<std::string> fields;
    if (question.shape == Shape::Records) {
        for (const auto& [field, descending] : question.sort) {
            fields.push_back(field);
        }
        return fields;
    }
    if (!question.group.empty()) {
        fields.push_back(question.group);
    }
    const bool computes = question.shape == Shape::Sum || question.shape == Shape::Min ||
                          question.shape == Shape::Max;
    if (computes) {
        fields.push_back(question.argument);
    }
    if (question.shape == Shape::CountOver) {
        fields.push_back("timestamp");
    }
    return fields;
}

}  // namespace evd::test
