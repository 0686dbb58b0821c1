#include "common/access/unix_token.h"

#include "common/access/well_known_sids.h"

#include <algorithm>
#include <set>

namespace evd::access {

namespace {

constexpr uint64_t kUnixAuthority = 22;
constexpr uint32_t kUnixUsers = 1;
constexpr uint32_t kUnixGroups = 2;

}  // namespace

bool isSystem(const UnixUser& user, const UnixRoles& roles) {
    return user.uid == 0 || user.uid == roles.owner_uid;
}

bool isAdministrator(const UnixUser& user, const UnixRoles& roles) {
    const auto is_admin_group = [&](gid_t gid) {
        return std::ranges::find(roles.admin_gids, gid) != roles.admin_gids.end();
    };
    return user.uid == 0 || is_admin_group(user.gid) ||
           std::ranges::any_of(user.groups, is_admin_group);
}

Token tokenOfUnixUser(const UnixUser& user, const UnixRoles& roles) {
    Token token;
    const bool system = isSystem(user, roles);
    token.user = system ? sids::kSystem : Sid(kUnixAuthority, {kUnixUsers, user.uid});
    token.integrity = system ? kIntegritySystem : kIntegrityMedium;
    std::set<gid_t> gids(user.groups.begin(), user.groups.end());
    gids.insert(user.gid);
    for (const gid_t gid : gids) {
        token.groups.push_back({Sid(kUnixAuthority, {kUnixGroups, gid}), kGroupEnabled});
    }
    token.groups.push_back({sids::kEveryone, kGroupEnabled});
    token.groups.push_back({sids::kAuthenticatedUsers, kGroupEnabled});
    if (isAdministrator(user, roles)) {
        token.groups.push_back({sids::kAdministrators, kGroupEnabled});
    }
    return token;
}

}  // namespace evd::access
