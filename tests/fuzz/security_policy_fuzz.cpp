// evd_fuzz_links: evd_common_config evd_common_access evd_common_base
// From a registry file to verdicts: whatever the file holds, every name resolves, every verdict can
// be had, and a pattern that is closed shows nothing.

#include "common/access/field_access.h"
#include "common/access/unix_token.h"
#include "common/base/check.h"
#include "common/base/text.h"
#include "common/config/registry_file.h"
#include "common/config/security_values.h"

namespace {

namespace access = evd::access;

void checkName(const access::PatternTable& table, access::ObjectKind kind, std::string_view name) {
    static const access::Token kNobody = access::tokenOfUnixUser({1, 1, {}}, {0, {}});
    const auto& pattern = table.resolve(kind, name);
    const access::FieldTree tree(kind, access::telltaleFields(kind, pattern));
    const auto verdict = access::checkFields(kNobody, pattern, tree);
    EVD_CHECK(pattern.answer != access::ResolvedPattern::Answer::Closed || !verdict.recordVisible(),
              "what is closed shows nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text = evd::base::asText({data, size});
    std::vector<evd::config::Problem> problems;
    const auto file = evd::config::parseRegistryFile(text, "fuzz.reg", problems);
    evd::config::RegistrySnapshot snapshot;
    for (const auto& value : file ? file->values : std::vector<evd::config::RegistryValue>()) {
        snapshot.values.insert_or_assign(evd::config::foldRegistryName(value.name), value);
    }
    const auto values = evd::config::readSecurityValues(snapshot);
    EVD_CHECK(values.policy.fits(), "what is read fits");
    const access::PatternTable table(values.policy);
    for (const access::ObjectKind kind : access::kObjectKinds) {
        checkName(table, kind, text.substr(0, 300));
        for (const auto& [folded, rule] : values.policy.rules(kind)) {
            checkName(table, kind, rule.pattern);
            (void)access::ruleText(rule);
        }
    }
    return 0;
}
