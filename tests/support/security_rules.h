#pragma once

#include "common/access/pattern_table.h"
#include "common/access/sddl.h"
#include "common/base/check.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evd::test {

// The binary form of a descriptor that a test writes down.
inline std::vector<uint8_t> bytesOfSddl(std::string_view sddl) {
    const auto descriptor = access::parseSddl(sddl);
    EVD_CHECK(descriptor.ok(), "the SDDL of a test is sound");
    return access::buildSecurityDescriptor(descriptor.value()).value();
}

// A policy written down as SDDL: pattern and descriptor, "" for one that was set to nothing.
inline access::SecurityPolicy policyOf(
    access::ObjectKind kind, const std::vector<std::pair<std::string, std::string>>& rules) {
    access::SecurityPolicy policy;
    for (const auto& [pattern, sddl] : rules) {
        access::SecurityRule rule{pattern, {}, true};
        if (!sddl.empty()) {
            rule.descriptor = bytesOfSddl(sddl);
        }
        policy.set(kind, std::move(rule));
    }
    return policy;
}

// As it stands in SDDL: the GUID of a field without its braces.
inline std::string guidText(const base::Guid& guid) {
    const std::string text = base::formatGuid(guid);
    return text.substr(1, text.size() - 2);
}

}  // namespace evd::test
