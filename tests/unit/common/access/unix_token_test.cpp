#include "common/access/unix_token.h"

#include "common/access/well_known_sids.h"
#include "tests/support/access_scene.h"

#include <doctest/doctest.h>

using evd::access::isPresent;
using evd::access::Polarity;
using evd::access::Token;
using evd::access::tokenOfUnixUser;
using evd::access::UnixRoles;
using evd::test::sidOf;
namespace sids = evd::access::sids;

namespace {
const UnixRoles kRoles{1000, {4, 27}};
}

// Ruling A8, all of them.
TEST_CASE("unix token: uid 0 is SYSTEM at System integrity, with Administrators") {
    const Token token = tokenOfUnixUser({0, 0, {}}, kRoles);
    CHECK(token.user == sids::kSystem);
    CHECK(token.integrity == evd::access::kIntegritySystem);
    CHECK(isPresent(token.groups, sids::kAdministrators));
    CHECK(token.privileges == 0);
}

TEST_CASE("unix token: the owner of the group is SYSTEM, and no administrator by that") {
    const Token token = tokenOfUnixUser({1000, 1000, {}}, kRoles);
    CHECK(token.user == sids::kSystem);
    CHECK(token.integrity == evd::access::kIntegritySystem);
    CHECK_FALSE(isPresent(token.groups, sids::kAdministrators));
}

TEST_CASE("unix token: anybody else is their Unix SID at Medium integrity") {
    const Token token = tokenOfUnixUser({1001, 1002, {7, 1002, 7}}, kRoles);
    CHECK(token.user == sidOf("S-1-22-1-1001"));
    CHECK(token.integrity == evd::access::kIntegrityMedium);
    CHECK(token.groups.size() == 4);  // 7, 1002, Everyone, Authenticated Users
    for (const char* sid : {"S-1-22-2-7", "S-1-22-2-1002", "S-1-1-0", "S-1-5-11"}) {
        CHECK(matchesToken(token, sidOf(sid), Polarity::Allow));
    }
    CHECK_FALSE(isPresent(token.groups, sids::kAdministrators));
    CHECK_FALSE(isPresent(token.groups, sidOf("S-1-22-2-1001")));  // a uid is no gid
}

TEST_CASE("unix token: members of administrators' groups carry Administrators and stay Medium") {
    for (const Token& token :
         {tokenOfUnixUser({1001, 27, {}}, kRoles), tokenOfUnixUser({1001, 5, {4}}, kRoles)}) {
        CHECK(isPresent(token.groups, sids::kAdministrators));
        CHECK(token.integrity == evd::access::kIntegrityMedium);
        CHECK(token.user == sidOf("S-1-22-1-1001"));
    }
}

TEST_CASE("unix token: the greatest numbers stay what they are") {
    const Token token = tokenOfUnixUser({4294967294U, 4294967294U, {}}, kRoles);
    CHECK(token.user.text() == "S-1-22-1-4294967294");
    CHECK(isPresent(token.groups, sidOf("S-1-22-2-4294967294")));
}
