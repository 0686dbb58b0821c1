#include "common/access/mandatory_access.h"
#include "tests/support/access_scene.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

using test::AccessScene;
using test::sidOf;

constexpr const char* kCode = "S-1-5-12";
constexpr const char* kPackage = "S-1-15-2-7";
constexpr const char* kCapability = "S-1-15-3-1";

TEST_CASE("restricted: both passes must agree (PSD-004 §10.4)") {
    const char* both = "O:SYD:(A;;CC;;;S-1-22-1-1000)(A;;CC;;;RC)";
    CHECK(AccessScene(both).restrictedTo(kCode).allowed(1));
    CHECK_FALSE(AccessScene("O:SYD:(A;;CC;;;S-1-22-1-1000)").restrictedTo(kCode).allowed(1));
    CHECK_FALSE(AccessScene("O:SYD:(A;;CC;;;RC)").restrictedTo(kCode).allowed(1));
    CHECK_FALSE(AccessScene("O:SYD:(D;;CC;;;RC)(A;;CC;;;S-1-22-1-1000)(A;;CC;;;RC)")
                    .restrictedTo(kCode)
                    .allowed(1));
    CHECK(AccessScene("O:SYD:NO_ACCESS_CONTROL").restrictedTo(kCode).allowed(1));
}

TEST_CASE("restricted: the SIDs count by being there (§10.4)") {
    AccessScene scene("O:SYD:(A;;CC;;;S-1-22-1-1000)(A;;CC;;;RC)");
    for (const uint32_t attributes : {0u, kGroupDenyOnly, kGroupEnabled}) {
        scene.token.restricted_sids = {{sidOf(kCode), attributes}};
        CHECK(scene.allowed(1));
    }
}

TEST_CASE("restricted: restricted device groups alone restrict as well (§10.10)") {
    AccessScene scene("O:SYD:(A;;CC;;;S-1-22-1-1000)");
    scene.token.restricted_device_groups = {{sidOf("S-1-5-21-1-515"), kGroupEnabled}};
    CHECK_FALSE(scene.allowed(1));
}

TEST_CASE("restricted: for writing only, reading comes from the normal pass (§10.4)") {
    AccessScene scene("O:SYD:(A;;0x30003;;;S-1-22-1-1000)");
    scene.restrictedTo(kCode).token.write_restricted = true;
    CHECK(scene.errnoOf(1) == "EINVAL");  // without a deny-only user there is no such token
    scene.token.user_deny_only = true;
    scene.group("S-1-22-1-1001");
    scene.descriptor.dacl->aces.front().sid = sidOf("S-1-22-1-1001");
    // eventd's writing rights are CLEAR and READ_CONTROL.
    CHECK(scene.granted(0x30003) == 0x10001);
    scene.restrictedTo("S-1-22-1-1001");
    CHECK(scene.granted(0x30003) == 0x30003);
}

TEST_CASE("restricted: privileges are added back (§10.4)") {
    AccessScene scene("O:SYD:");
    scene.restrictedTo(kCode).privileges(kSecurityPrivilege | kBackupPrivilege |
                                         kTakeOwnershipPrivilege);
    scene.intent = kBackupIntent;
    CHECK(scene.granted(kMaximumAllowed) == (kAccessSystemSecurity | 0x0002'0001 | kWriteOwner));
}

TEST_CASE("restricted: owner and self are the restricting SIDs' (§10.4)") {
    CHECK_FALSE(AccessScene("O:S-1-22-1-1000D:").restrictedTo(kCode).allowed(kReadControl));
    CHECK(AccessScene("O:S-1-22-1-1000D:").restrictedTo("S-1-22-1-1000").allowed(kReadControl));
    AccessScene self("O:SYD:(A;;CC;;;PS)");
    self.restrictedTo(kCode).self_sid = sidOf("S-1-22-1-1000");
    CHECK_FALSE(self.allowed(1));
    self.restrictedTo("S-1-22-1-1000");
    CHECK(self.allowed(1));
    AccessScene rights("O:S-1-22-1-1000D:(A;;CC;;;OW)");
    CHECK_FALSE(AccessScene(rights).restrictedTo(kCode).allowed(1));
    CHECK(AccessScene(rights).restrictedTo("S-1-22-1-1000").allowed(1));
}

TEST_CASE("restricted: conditions see the restricting SIDs only (§10.4)") {
    const auto allowed = [&](std::string_view condition) {
        AccessScene scene("O:SYD:(XA;;CC;;;RC;(" + std::string(condition) +
                          "))(A;;CC;;;S-1-22-1-1000)");
        scene.group("S-1-5-32-544").restrictedTo(kCode);
        scene.token.device_groups = {{sidOf("S-1-5-21-1-515"), kGroupEnabled}};
        scene.token.restricted_device_groups = {{sidOf("S-1-5-21-1-516"), kGroupEnabled}};
        return scene.allowed(1);
    };
    CHECK(allowed("Member_of {SID(RC)}"));
    CHECK_FALSE(allowed("Member_of {SID(BA)}"));
    CHECK(allowed("Device_Member_of {SID(S-1-5-21-1-516)}"));
    CHECK_FALSE(allowed("Device_Member_of {SID(S-1-5-21-1-515)}"));
}

TEST_CASE("confined: only what the package is granted remains (§10.6)") {
    const std::string mine = "O:SYD:(A;;CCDC;;;S-1-22-1-1000)";
    CHECK_FALSE(AccessScene(mine).confinedTo(kPackage).allowed(1));
    CHECK(AccessScene(mine + "(A;;CC;;;S-1-15-2-7)").confinedTo(kPackage).granted(3) == 1);
    AccessScene capable(mine + "(A;;CC;;;S-1-15-3-1)");
    capable.confinedTo(kPackage);
    CHECK_FALSE(capable.allowed(1));
    capable.token.capabilities = {{sidOf(kCapability), 0}};
    CHECK(capable.allowed(1));
    CHECK(AccessScene("O:SYD:NO_ACCESS_CONTROL").confinedTo(kPackage).allowed(1));
}

TEST_CASE("confined: the exempt are not (§10.6)") {
    AccessScene scene("O:SYD:(A;;CC;;;S-1-22-1-1000)");
    scene.confinedTo(kPackage).token.confinement_exempt = true;
    CHECK(scene.allowed(1));
}

TEST_CASE("confined: no privilege and no ownership gets past (§10.6)") {
    AccessScene scene("O:S-1-22-1-1000D:(A;;CC;;;S-1-15-2-7)");
    scene.confinedTo(kPackage).privileges(~uint64_t{0});
    scene.intent = kBackupIntent | kRestoreIntent;
    CHECK(scene.granted(kMaximumAllowed) == 1);
    scene.restrictedTo(kCode);
    CHECK(scene.granted(kMaximumAllowed) == 1);
    // The package may own the object; its owner's rights still need a rule.
    AccessScene owned("O:S-1-15-2-7D:(A;;CC;;;OW)(A;;CC;;;S-1-22-1-1000)");
    CHECK(owned.confinedTo(kPackage).granted(kMaximumAllowed) == 1);
}

TEST_CASE("confined: self is the package's (§10.6)") {
    AccessScene scene("O:SYD:(A;;CC;;;PS)(A;;CC;;;S-1-22-1-1000)");
    scene.confinedTo(kPackage).self_sid = sidOf("S-1-22-1-1000");
    CHECK_FALSE(scene.allowed(1));
    scene.self_sid = sidOf(kPackage);
    CHECK(scene.allowed(1));
}

TEST_CASE("confined: conditions see the real groups and claims (Ruling V2, D-26)") {
    AccessScene scene(
        "O:SYD:(XA;;CC;;;S-1-15-2-7;(Member_of {SID(BA)} && @User.level == 1))"
        "(A;;CC;;;S-1-22-1-1000)");
    scene.confinedTo(kPackage).group("S-1-5-32-544");
    scene.token.user_claims = test::claimSet({test::integerClaim("level", {1})});
    CHECK(scene.allowed(1));
}

}  // namespace
}  // namespace evd::access
