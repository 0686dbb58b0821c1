#pragma once

#include "common/access/token.h"

#include <sys/types.h>
#include <vector>

namespace evd::access {

// Somebody as a Unix kernel knows them.
struct UnixUser {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // supplementary; may hold gid again
};

// What makes some of them special (Ruling A8).
struct UnixRoles {
    uid_t owner_uid = 0;            // started the group; counts as SYSTEM
    std::vector<gid_t> admin_gids;  // of Linux\AdminGroups
};

bool isSystem(const UnixUser& user, const UnixRoles& roles);
bool isAdministrator(const UnixUser& user, const UnixRoles& roles);

// The token that stands for a Unix user where no kernel makes tokens (Ruling A8).
//
//    user        S-1-5-18 for uid 0 and for the owner of the group, else S-1-22-1-uid
//    groups      S-1-22-2-gid for each group once, Everyone, Authenticated Users, and
//    Administrators
//                for uid 0 and for members of the administrators' groups; all enabled
//    integrity   System for SYSTEM, else Medium; no privileges, no restrictions
//
// So a descriptor that names users and groups by these SIDs means the same to evctl, which tries
// it, and to queryd, which enforces it. Pure; any thread; never fails.
Token tokenOfUnixUser(const UnixUser& user, const UnixRoles& roles);

}  // namespace evd::access
