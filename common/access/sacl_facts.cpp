#include "common/access/sacl_facts.h"

#include "common/access/well_known_sids.h"
#include "common/base/text.h"

#include <algorithm>

namespace evd::access {

namespace {

base::Error malformed(std::string_view what, const Sid& sid) {
    return base::fail(base::ErrorKind::Invalid, base::cat(what, " with the SID ", sid.text()));
}

// Spec §10.3: a label that names no level is a malformed descriptor, not an absent label - else
// a typing error would open what the label was to close.
base::Result<MandatoryLabel> labelOf(const Ace& ace) {
    if (ace.sid.authority() != kMandatoryLabelAuthority || ace.sid.subAuthorityCount() != 1 ||
        !isIntegrityLevel(ace.sid.subAuthority(0))) {
        return malformed("a mandatory label", ace.sid);
    }
    return MandatoryLabel{ace.sid.subAuthority(0), ace.mask};
}

// Spec §10.7: any two numbers will do, but there must be two.
base::Result<TrustLabel> trustOf(const Ace& ace) {
    if (ace.sid.authority() != kProcessTrustAuthority || ace.sid.subAuthorityCount() != 2) {
        return malformed("a process trust label", ace.sid);
    }
    return TrustLabel{{ace.sid.subAuthority(0), ace.sid.subAuthority(1)}, ace.mask};
}

// Spec §3.10: of two attributes of one name the first counts, the other is as if it were not there.
base::Result<void> addResourceClaim(const Ace& ace, std::vector<Claim>& claims) {
    auto claim = parseClaimEntry(ace.application_data);
    if (!claim.ok()) {
        return claim.error();
    }
    const auto same = std::ranges::find(claims, claim.value().folded_name, &Claim::folded_name);
    if (same == claims.end()) {
        claims.push_back(std::move(claim).value());
    }
    return {};
}

}  // namespace

base::Result<SaclFacts> findSaclFacts(const std::optional<Acl>& sacl) {
    SaclFacts facts;
    bool labelled = false;
    // A view and no copy: the claims point into the ACEs.
    for (const Ace& ace : sacl ? std::span<const Ace>(sacl->aces) : std::span<const Ace>()) {
        if (ace.inheritOnly()) {
            continue;
        }
        if (ace.type == kAceMandatoryLabel && !labelled) {
            const auto label = labelOf(ace);
            if (!label.ok()) {
                return label.error();
            }
            facts.label = label.value();
            labelled = true;
        } else if (ace.type == kAceProcessTrustLabel && !facts.trust) {
            const auto trust = trustOf(ace);
            if (!trust.ok()) {
                return trust.error();
            }
            facts.trust = trust.value();
        } else if (ace.type == kAceResourceAttribute) {
            EVD_TRY(addResourceClaim(ace, facts.resource_claims));
        } else if (ace.type == kAceScopedPolicy) {
            facts.has_policy = true;
        }
    }
    return facts;
}

}  // namespace evd::access
