#include "common/base/socket.h"
#include "queryd/access/authority.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

using evd::access::UnixRoles;
using evd::base::PeerIdentity;
using evd::queryd::Caller;
using evd::queryd::callerOf;

namespace {

constexpr uid_t kOwner = 1000;
const UnixRoles kConfig{kOwner, {4, 27}};

PeerIdentity peer(uid_t uid, gid_t gid, std::vector<gid_t> groups = {}) {
    return {1234, uid, gid, std::move(groups)};
}

}  // namespace

// Ruling A8, all of them.
TEST_CASE("local authority: uid 0 is SYSTEM and an administrator") {
    const Caller caller = callerOf(peer(0, 0), kConfig);
    CHECK(caller.user_sid == "S-1-5-18");
    CHECK(caller.system);
    CHECK(caller.administrator);
    CHECK(caller.maySeeEverything());
}

TEST_CASE("local authority: the uid that started the group is SYSTEM") {
    const Caller caller = callerOf(peer(kOwner, 1000), kConfig);
    CHECK(caller.user_sid == "S-1-5-18");
    CHECK(caller.system);
    CHECK_FALSE(caller.administrator);
}

TEST_CASE("local authority: anybody else is the Unix user SID of their uid and sees nothing") {
    const Caller caller = callerOf(peer(1001, 1001, {100}), kConfig);
    CHECK(caller.user_sid == "S-1-22-1-1001");
    CHECK_FALSE(caller.maySeeEverything());
}

TEST_CASE("local authority: a primary group of administrators makes an administrator") {
    const Caller caller = callerOf(peer(1001, 27), kConfig);
    CHECK(caller.administrator);
    CHECK_FALSE(caller.system);
    CHECK(caller.user_sid == "S-1-22-1-1001");
}

TEST_CASE("local authority: a supplementary group of administrators makes an administrator") {
    CHECK(callerOf(peer(1001, 1001, {100, 4}), kConfig).administrator);
}

TEST_CASE("local authority: without administrators' groups only uid 0 is one") {
    const UnixRoles none{kOwner, {}};
    CHECK_FALSE(callerOf(peer(1001, 0, {0, 4, 27}), none).administrator);
    CHECK(callerOf(peer(0, 0), none).administrator);
}

TEST_CASE("local authority: the largest uid is printed as a positive number") {
    CHECK(callerOf(peer(4294967294U, 1), kConfig).user_sid == "S-1-22-1-4294967294");
}

TEST_CASE("local authority: a real connection is identified by the kernel") {
    auto pair = evd::base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    const auto caller =
        evd::queryd::makeLocalAuthority({::getuid(), {}})->identify(pair.value().left.get());
    REQUIRE(caller.ok());
    CHECK(caller.value().system);
}

TEST_CASE("local authority: what is no socket gets no access") {
    const auto caller = evd::queryd::makeLocalAuthority(kConfig)->identify(-1);
    REQUIRE_FALSE(caller.ok());
    CHECK(caller.error().kind == evd::base::ErrorKind::Denied);
}

TEST_CASE("local authority: the token says what the caller is, and its key tells callers apart") {
    const Caller caller = callerOf(peer(1001, 1001, {4, 100}), kConfig);
    REQUIRE(caller.token != nullptr);
    CHECK(caller.token->user.text() == caller.user_sid);
    CHECK(caller.token_key == callerOf(peer(1001, 1001, {100, 4}), kConfig).token_key);
    CHECK(caller.token_key != callerOf(peer(1001, 1001, {4}), kConfig).token_key);
    CHECK(caller.token_key != callerOf(peer(1002, 1001, {4, 100}), kConfig).token_key);
    CHECK(caller.token_key != callerOf(peer(1001, 1001, {4100}), kConfig).token_key);
}
