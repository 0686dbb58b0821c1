#include "common/access/well_known_sids.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace evd::access {

namespace {

struct KnownSid {
    std::string_view alias;
    std::string_view name;
    Sid sid;
};

// PSD-004 §2.2; the letters are those of the usual SDDL. A row without letters has a name only.
constexpr std::array kKnownSids = {
    KnownSid{"", "Nobody", {0, {0}}},
    KnownSid{"WD", "Everyone", {1, {0}}},
    KnownSid{"", "Local", {2, {0}}},
    KnownSid{"", "Console Logon", {2, {1}}},
    KnownSid{"CO", "Creator Owner", {3, {0}}},
    KnownSid{"CG", "Creator Group", {3, {1}}},
    KnownSid{"OW", "Owner Rights", {3, {4}}},
    KnownSid{"NU", "Network", {5, {2}}},
    KnownSid{"", "Batch", {5, {3}}},
    KnownSid{"IU", "Interactive", {5, {4}}},
    KnownSid{"SU", "Service", {5, {6}}},
    KnownSid{"AN", "Anonymous", {5, {7}}},
    KnownSid{"ED", "Enterprise Domain Controllers", {5, {9}}},
    KnownSid{"PS", "Principal Self", {5, {10}}},
    KnownSid{"AU", "Authenticated Users", {5, {11}}},
    KnownSid{"RC", "Restricted Code", {5, {12}}},
    KnownSid{"", "Terminal Server Users", {5, {13}}},
    KnownSid{"", "Remote Interactive Logon", {5, {14}}},
    KnownSid{"", "This Organization", {5, {15}}},
    KnownSid{"", "IUSR", {5, {17}}},
    KnownSid{"SY", "SYSTEM", {5, {18}}},
    KnownSid{"LS", "Local Service", {5, {19}}},
    KnownSid{"NS", "Network Service", {5, {20}}},
    KnownSid{"WR", "Write Restricted Code", {5, {33}}},
    KnownSid{"BA", "Administrators", {5, {32, 544}}},
    KnownSid{"BU", "Users", {5, {32, 545}}},
    KnownSid{"BG", "Guests", {5, {32, 546}}},
    KnownSid{"PU", "Power Users", {5, {32, 547}}},
    KnownSid{"AO", "Account Operators", {5, {32, 548}}},
    KnownSid{"SO", "Server Operators", {5, {32, 549}}},
    KnownSid{"PO", "Print Operators", {5, {32, 550}}},
    KnownSid{"BO", "Backup Operators", {5, {32, 551}}},
    KnownSid{"RE", "Replicators", {5, {32, 552}}},
    KnownSid{"RU", "Pre-Windows 2000 Compatible Access", {5, {32, 554}}},
    KnownSid{"RD", "Remote Desktop Users", {5, {32, 555}}},
    KnownSid{"NO", "Network Configuration Operators", {5, {32, 556}}},
    KnownSid{"MU", "Performance Monitor Users", {5, {32, 558}}},
    KnownSid{"LU", "Performance Log Users", {5, {32, 559}}},
    KnownSid{"IS", "IIS Users", {5, {32, 568}}},
    KnownSid{"CY", "Cryptographic Operators", {5, {32, 569}}},
    KnownSid{"ER", "Event Log Readers", {5, {32, 573}}},
    KnownSid{"CD", "Certificate DCOM Access", {5, {32, 574}}},
    KnownSid{"RA", "RDS Remote Access Servers", {5, {32, 575}}},
    KnownSid{"ES", "RDS Endpoint Servers", {5, {32, 576}}},
    KnownSid{"MS", "RDS Management Servers", {5, {32, 577}}},
    KnownSid{"HA", "Hyper-V Administrators", {5, {32, 578}}},
    KnownSid{"AA", "Access Control Assistance Operators", {5, {32, 579}}},
    KnownSid{"RM", "Remote Management Users", {5, {32, 580}}},
    KnownSid{"UD", "User Mode Drivers", {5, {84, 0, 0, 0, 0, 0}}},
    KnownSid{"AC", "All Application Packages", {15, {2, 1}}},
    KnownSid{"", "All Restricted Application Packages", {15, {2, 2}}},
    KnownSid{"", "Capability internetClient", {15, {3, 1}}},
    KnownSid{"", "Capability internetClientServer", {15, {3, 2}}},
    KnownSid{"", "Capability privateNetworkClientServer", {15, {3, 3}}},
    KnownSid{"", "Capability enterpriseAuthentication", {15, {3, 8}}},
    KnownSid{"", "Capability sharedUserCertificates", {15, {3, 9}}},
    KnownSid{"", "Capability removableStorage", {15, {3, 10}}},
    KnownSid{"", "Untrusted integrity", {16, {0}}},
    KnownSid{"LW", "Low integrity", {16, {4096}}},
    KnownSid{"ME", "Medium integrity", {16, {8192}}},
    KnownSid{"MP", "Medium Plus integrity", {16, {8448}}},
    KnownSid{"HI", "High integrity", {16, {12288}}},
    KnownSid{"SI", "System integrity", {16, {16384}}},
    KnownSid{"AS", "Authentication Authority Asserted Identity", {18, {1}}},
    KnownSid{"SS", "Service Asserted Identity", {18, {2}}},
};

// Aliases whose SID begins with that of a domain, which a machine alone cannot know.
constexpr std::array<std::string_view, 18> kDomainAliases = {"DA", "DG", "DU", "DD", "DC", "LA",
                                                             "LG", "SA", "EA", "RO", "CA", "PA",
                                                             "CN", "RS", "AP", "KA", "EK", "RT"};

const KnownSid* findSid(const Sid& sid) {
    const auto at = std::find_if(kKnownSids.begin(), kKnownSids.end(),
                                 [&](const KnownSid& known) { return known.sid == sid; });
    return at == kKnownSids.end() ? nullptr : &*at;
}

}  // namespace

std::optional<Sid> sidOfAlias(std::string_view alias) {
    const auto at = std::find_if(kKnownSids.begin(), kKnownSids.end(), [&](const KnownSid& known) {
        return !known.alias.empty() && base::equalsFolded(known.alias, alias);
    });
    return at == kKnownSids.end() ? std::nullopt : std::optional<Sid>(at->sid);
}

bool aliasNeedsDomain(std::string_view alias) {
    return std::any_of(kDomainAliases.begin(), kDomainAliases.end(),
                       [&](std::string_view known) { return base::equalsFolded(known, alias); });
}

std::string_view aliasOfSid(const Sid& sid) {
    const KnownSid* known = findSid(sid);
    return known == nullptr ? std::string_view() : known->alias;
}

std::string_view nameOfSid(const Sid& sid) {
    const KnownSid* known = findSid(sid);
    return known == nullptr ? std::string_view() : known->name;
}

}  // namespace evd::access
