#include "common/access/token.h"

#include <algorithm>

namespace evd::access {

bool isIntegrityLevel(uint32_t level) {
    return level == kIntegrityUntrusted || level == kIntegrityLow || level == kIntegrityMedium ||
           level == kIntegrityHigh || level == kIntegritySystem;
}

bool attributesMatch(uint32_t attributes, Polarity polarity) {
    const bool enabled = (attributes & kGroupEnabled) != 0;
    const bool deny_only = (attributes & kGroupDenyOnly) != 0;
    return polarity == Polarity::Allow ? enabled && !deny_only : enabled || deny_only;
}

bool isPresent(const std::vector<SidAndAttributes>& list, const Sid& sid) {
    return std::any_of(list.begin(), list.end(),
                       [&](const SidAndAttributes& entry) { return entry.sid == sid; });
}

bool matchesToken(const Token& token, const Sid& sid, Polarity polarity) {
    if (sid == token.user) {
        return polarity == Polarity::Deny || !token.user_deny_only;
    }
    return std::any_of(token.groups.begin(), token.groups.end(),
                       [&](const SidAndAttributes& group) {
                           return group.sid == sid && attributesMatch(group.attributes, polarity);
                       });
}

bool ownsAs(const Token& token, const Sid& owner) {
    return owner == token.user || isPresent(token.groups, owner);
}

bool inConfinement(const Token& token, const Sid& sid) {
    return token.confinement_sid == sid || isPresent(token.capabilities, sid);
}

}  // namespace evd::access
