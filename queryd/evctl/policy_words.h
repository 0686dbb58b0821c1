#pragma once

#include "common/access/field_access.h"
#include "common/access/pattern_table.h"
#include "common/config/configuration.h"

#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

// A rule as `evctl sd show` prints it.
struct ShownRule {
    access::ObjectKind kind = access::ObjectKind::Events;
    std::string pattern;
    std::string source;  // a file, "default", or "nothing"
    std::string sddl;    // or in words why there is none
};

// The rule that a name falls under, for each of the kinds.
std::vector<ShownRule> rulesOf(const config::Configuration& configuration,
                               const std::vector<access::ObjectKind>& kinds, std::string_view name);
// All rules of the kinds, `*` first.
std::vector<ShownRule> allRules(const config::Configuration& configuration,
                                const std::vector<access::ObjectKind>& kinds);

std::string rulesTable(const std::vector<ShownRule>& rules);
std::string rulesJsonl(const std::vector<ShownRule>& rules);

// What somebody would see of records of one kind under a name, as `evctl sd check` prints it.
//
// The fields are those that every record of the kind has and those asked for; `others` is about all
// that no rule names, where records may have more. The verdict is that of queryd for the same
// configuration, by the same code.
struct ShownAccess {
    access::ObjectKind kind = access::ObjectKind::Events;
    std::string name;
    std::string pattern;
    bool record = false;
    std::vector<std::pair<std::string, bool>> fields;
    std::optional<bool> others;
};
ShownAccess accessOf(const access::PatternTable& table, const access::Token& token,
                     access::ObjectKind kind, std::string_view name,
                     const std::vector<std::string>& extra_fields);

// Whether somebody may send under a name: `record` says it, and there are no fields.
ShownAccess publishingOf(const access::PatternTable& table, const access::Token& token,
                         access::ObjectKind kind, std::string_view name);

std::string accessTable(const std::vector<ShownAccess>& answers);
std::string accessJsonl(const std::vector<ShownAccess>& answers);

}  // namespace evd::evctl
