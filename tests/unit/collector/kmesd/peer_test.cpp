#include "collector/kmesd/peer.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace evd::collector {
namespace {

const PeerRule kRule{.owner_uid = 1000, .emit_gids = {50, 60}};

base::PeerIdentity somebody(uid_t uid, gid_t gid, std::vector<gid_t> groups) {
    return {.pid = 1, .uid = uid, .gid = gid, .groups = std::move(groups)};
}

TEST_CASE("peer: root and the owner may do everything, without a rate limit") {
    for (const uid_t uid : {0U, 1000U}) {
        const PeerRights rights = rightsOf(somebody(uid, 99, {}), kRule);
        CHECK(rights.attach);
        CHECK(rights.emit);
        CHECK(rights.unlimited);
    }
}

TEST_CASE("peer: a member of an emit group may emit at a limited rate and nothing else") {
    for (const auto& member : {somebody(2000, 50, {}), somebody(2000, 99, {1, 2, 60})}) {
        const PeerRights rights = rightsOf(member, kRule);
        CHECK_FALSE(rights.attach);
        CHECK(rights.emit);
        CHECK_FALSE(rights.unlimited);
    }
}

TEST_CASE("peer: anybody else may do nothing") {
    const PeerRights rights = rightsOf(somebody(2000, 99, {51, 61}), kRule);
    CHECK_FALSE(rights.attach);
    CHECK_FALSE(rights.emit);
    CHECK_FALSE(rights.unlimited);
    CHECK_FALSE(rightsOf(somebody(2000, 99, {}), {.owner_uid = 1000, .emit_gids = {}}).emit);
}

TEST_CASE("peer: stamps are UUIDv5 of the boot id and the documented names (contracts §4)") {
    const base::Guid boot = base::parseGuid("{6ba7b810-9dad-11d1-80b4-00c04fd430c8}").value();
    CHECK(processGuid(boot, 42, 4711) == base::nameGuid(boot, "42:4711"));
    CHECK(tokenGuid(boot, 1000, 100, kNoSession) == base::nameGuid(boot, "1000:100:4294967295"));
    CHECK((processGuid(boot, 42, 4711).bytes[7] >> 4) == 5);
}

TEST_CASE("peer: we ourselves at the other end have our own pid and start time") {
    const base::Fd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    const base::Guid boot = base::parseGuid("{6ba7b810-9dad-11d1-80b4-00c04fd430c8}").value();
    ProcPeerResolver resolver(proc.get(), boot);
    const auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    REQUIRE(pair.ok());
    const auto identity = resolver.identify(pair.value().left.get());
    REQUIRE(identity.ok());
    CHECK(identity.value().pid == ::getpid());
    CHECK(identity.value().uid == ::getuid());
    const PeerStamps stamps = resolver.stampsOf(pair.value().left.get(), identity.value());
    CHECK_FALSE(stamps.process.isNil());
    CHECK_FALSE(stamps.token.isNil());
    CHECK(resolver.stampsOf(pair.value().left.get(), identity.value()).process == stamps.process);
}

TEST_CASE("peer: a process that has ended has the nil process GUID and still a token") {
    const base::Fd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    ProcPeerResolver resolver(proc.get(), base::Guid{});
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    const auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    const PeerStamps stamps = resolver.stampsOf(pair.value().left.get(),
                                                {.pid = child, .uid = 5, .gid = 6, .groups = {}});
    CHECK(stamps.process.isNil());
    CHECK(stamps.token == tokenGuid(base::Guid{}, 5, 6, kNoSession));
}

}  // namespace
}  // namespace evd::collector
