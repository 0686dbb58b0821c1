#include "common/access/access_check.h"
#include "common/access/well_known_sids.h"
#include "tests/support/access_scene.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

using test::AccessScene;
using test::sidOf;
using Grants = std::vector<uint32_t>;

constexpr const char* kMe = "S-1-22-1-1000";
constexpr uint32_t kOwnerBits = kReadControl | kWriteDac;

TEST_CASE("check: the first rule that decides a right has the say (PSD-004 §10.2)") {
    CHECK(AccessScene("O:SYD:(A;;CC;;;S-1-22-1-1000)(D;;CC;;;S-1-22-1-1000)").allowed(1));
    CHECK_FALSE(AccessScene("O:SYD:(D;;CC;;;S-1-22-1-1000)(A;;CC;;;S-1-22-1-1000)").allowed(1));
    const AccessScene split("O:SYD:(D;;DC;;;S-1-22-1-1000)(A;;CCDC;;;S-1-22-1-1000)");
    CHECK(split.granted(3) == 1);
    CHECK_FALSE(split.allowed(3));
    CHECK(split.allowed(1));
}

TEST_CASE("check: rules grant no more than was asked for, unless everything is (§10.2)") {
    const AccessScene scene("O:SYD:(A;;CCDC;;;S-1-22-1-1000)");
    CHECK(scene.granted(1) == 1);
    CHECK(scene.granted(kMaximumAllowed) == 3);
    CHECK(scene.allowed(kMaximumAllowed));
    CHECK_FALSE(scene.allowed(kMaximumAllowed | kDelete));
    CHECK(scene.granted(kMaximumAllowed | kDelete) == 3);
    CHECK(AccessScene("O:SYD:").allowed(kMaximumAllowed));
}

TEST_CASE("check: nothing asked for is always allowed (§10.10)") {
    CHECK(AccessScene("O:SYD:").allowed(0));
    CHECK(AccessScene("O:SYD:").granted(0) == 0);
    CHECK(AccessScene("O:SYD:NO_ACCESS_CONTROL").granted(0) == 0x000F'0003);
}

TEST_CASE("check: groups match by their attributes (§2.1, §10.2)") {
    const char* allow = "O:SYD:(A;;CC;;;BU)";
    const char* deny = "O:SYD:(D;;CC;;;BU)(A;;CC;;;WD)";
    for (const auto& [attributes, allows, denies] : std::vector<std::tuple<uint32_t, bool, bool>>{
             {kGroupEnabled, true, true},
             {kGroupEnabled | kGroupDenyOnly, false, true},
             {kGroupDenyOnly, false, true},
             {0, false, false},
             {0x2000'0003, false, false}}) {
        CHECK(AccessScene(allow).group("S-1-5-32-545", attributes).allowed(1) == allows);
        CHECK(AccessScene(deny).group("S-1-1-0").group("S-1-5-32-545", attributes).allowed(1) !=
              denies);
    }
}

TEST_CASE("check: of one group listed twice any entry may match (§10.10)") {
    CHECK(AccessScene("O:SYD:(A;;CC;;;BU)")
              .group("S-1-5-32-545", 0)
              .group("S-1-5-32-545", kGroupEnabled)
              .allowed(1));
}

TEST_CASE("check: a deny-only user is denied but not allowed (§10.2)") {
    AccessScene scene("O:SYD:(A;;CC;;;S-1-22-1-1000)");
    scene.token.user_deny_only = true;
    CHECK_FALSE(scene.allowed(1));
    AccessScene denied("O:SYD:(D;;CC;;;S-1-22-1-1000)(A;;CC;;;WD)");
    denied.group("S-1-1-0").token.user_deny_only = true;
    CHECK_FALSE(denied.allowed(1));
}

TEST_CASE("check: inherit-only rules do nothing here (§10.2)") {
    CHECK_FALSE(AccessScene("O:SYD:(A;IO;CC;;;S-1-22-1-1000)").allowed(1));
    CHECK(AccessScene("O:SYD:(D;OICIIO;CC;;;S-1-22-1-1000)(A;CI;CC;;;S-1-22-1-1000)").allowed(1));
}

TEST_CASE("check: unknown and auditing rules in a DACL do nothing (§3.4)") {
    AccessScene scene("O:SYD:(AU;SA;CC;;;S-1-22-1-1000)(AL;;CC;;;S-1-22-1-1000)");
    CHECK_FALSE(scene.allowed(1));
    scene.descriptor.dacl->aces.front().type = 0x15;
    CHECK_FALSE(scene.allowed(1));
}

TEST_CASE("check: generic rights are mapped in the question and in the rules (§10.2)") {
    const AccessScene scene("O:SYD:(A;;GR;;;S-1-22-1-1000)");
    CHECK(scene.allowed(kGenericRead));
    CHECK(scene.granted(kGenericRead) == 0x0002'0001);
    CHECK(scene.allowed(kEventdRead));
    CHECK_FALSE(scene.allowed(kGenericWrite));
}

TEST_CASE("check: a question with reserved bits is EINVAL (Ruling V2, D-7)") {
    const AccessScene scene("O:SYD:NO_ACCESS_CONTROL");
    for (const uint32_t bit : {21u, 22u, 23u, 26u, 27u}) {
        CHECK(scene.errnoOf(1 | uint32_t{1} << bit) == "EINVAL");
    }
    CHECK(scene.errnoOf(kMaximumAllowed | kAccessSystemSecurity).empty());
}

TEST_CASE("check: without a DACL everything that is still open is granted (§10.2)") {
    const AccessScene scene("O:SYD:NO_ACCESS_CONTROL");
    CHECK(scene.granted(1) == 0x000F'0003);
    CHECK_FALSE(scene.allowed(kAccessSystemSecurity));
    CHECK_FALSE(scene.allowed(kSynchronize));
    CHECK_FALSE(AccessScene("O:SYD:").allowed(1));
}

TEST_CASE("check: owners may read the descriptor and change the rules (§3.7, §10.2)") {
    AccessScene mine("O:S-1-22-1-1000D:(D;;RCWD;;;WD)");
    mine.group("S-1-1-0");
    CHECK(mine.granted(kOwnerBits) == kOwnerBits);
    CHECK(mine.granted(1) == kOwnerBits);
    CHECK_FALSE(mine.allowed(1));
    CHECK_FALSE(AccessScene("O:SYD:").allowed(kReadControl));
}

TEST_CASE("check: ownership is equality, whatever the attributes (Ruling V2, D-24)") {
    AccessScene by_user("O:S-1-22-1-1000D:");
    by_user.token.user_deny_only = true;
    CHECK(by_user.allowed(kReadControl));
    for (const uint32_t attributes : {kGroupEnabled, kGroupDenyOnly, 0u}) {
        CHECK(AccessScene("O:BAD:").group("S-1-5-32-544", attributes).allowed(kWriteDac));
    }
}

TEST_CASE("check: a rule for Owner Rights takes the place of what owners get (§3.7)") {
    CHECK_FALSE(AccessScene("O:S-1-22-1-1000D:(A;;CC;;;OW)").allowed(kReadControl));
    CHECK(AccessScene("O:S-1-22-1-1000D:(A;;CC;;;OW)").allowed(1));
    CHECK_FALSE(AccessScene("O:SYD:(A;;CC;;;OW)").allowed(1));
    CHECK(AccessScene("O:S-1-22-1-1000D:(A;IO;CC;;;OW)").allowed(kReadControl));
    // The condition does not matter, nor does an auditing rule count.
    CHECK_FALSE(AccessScene("O:S-1-22-1-1000D:(XA;;CC;;;OW;(1 == 2))").allowed(kReadControl));
    CHECK(AccessScene("O:S-1-22-1-1000D:(AU;SA;CC;;;OW)").allowed(kReadControl));
    CHECK_FALSE(AccessScene("O:S-1-22-1-1000D:(D;;CC;;;OW)(A;;CC;;;S-1-22-1-1000)").allowed(1));
}

TEST_CASE("check: Principal Self stands for whom the question says (§10.5)") {
    AccessScene scene("O:SYD:(A;;CC;;;PS)");
    CHECK_FALSE(scene.allowed(1));
    scene.self_sid = sidOf(kMe);
    CHECK(scene.allowed(1));
    scene.self_sid = sidOf("S-1-22-1-1001");
    CHECK_FALSE(scene.allowed(1));
    scene.group("S-1-22-1-1001", kGroupDenyOnly);
    CHECK_FALSE(scene.allowed(1));
    AccessScene denied("O:SYD:(D;;CC;;;PS)(A;;CC;;;S-1-22-1-1000)");
    denied.group("S-1-22-1-1001", kGroupDenyOnly).self_sid = sidOf("S-1-22-1-1001");
    CHECK_FALSE(denied.allowed(1));
}

TEST_CASE("check: doubt about a condition is no grant, and is a denial (§3.8)") {
    const auto allowed = [](std::string_view dacl) {
        return AccessScene("O:SYD:" + std::string(dacl)).allowed(1);
    };
    CHECK(allowed("(XA;;CC;;;S-1-22-1-1000;(1 == 1))"));
    CHECK_FALSE(allowed("(XA;;CC;;;S-1-22-1-1000;(1 == 2))"));
    CHECK_FALSE(allowed("(XA;;CC;;;S-1-22-1-1000;(@User.a == 2))"));
    const std::string rest = "(A;;CC;;;S-1-22-1-1000)";
    CHECK_FALSE(allowed("(XD;;CC;;;S-1-22-1-1000;(1 == 1))" + rest));
    CHECK(allowed("(XD;;CC;;;S-1-22-1-1000;(1 == 2))" + rest));
    CHECK_FALSE(allowed("(XD;;CC;;;S-1-22-1-1000;(@User.a == 2))" + rest));
}

TEST_CASE("check: a callback rule without a condition is UNKNOWN (§3.11)") {
    AccessScene scene("O:SYD:(XA;;CC;;;S-1-22-1-1000;(1 == 1))");
    scene.descriptor.dacl->aces.front().application_data.clear();
    CHECK_FALSE(scene.allowed(1));
    scene.descriptor.dacl->aces.front().application_data = {'x', 'y', 'z', 't'};
    CHECK_FALSE(scene.allowed(1));
}

TEST_CASE("check: resource attributes reach the conditions, the first of a name (§3.10)") {
    const char* dacl = "O:SYD:(XA;;CC;;;S-1-22-1-1000;(@User.level >= @Resource.secrecy))S:";
    const auto with = [&](std::string_view sacl) {
        AccessScene scene(dacl + std::string(sacl));
        scene.token.user_claims = test::claimSet({test::integerClaim("Level", {2})});
        return scene.allowed(1);
    };
    CHECK(with("(RA;;;;;WD;(\"Secrecy\",TI,0,2))"));
    CHECK_FALSE(with("(RA;;;;;WD;(\"Secrecy\",TI,0,3))"));
    CHECK(with("(RA;;;;;WD;(\"SECRECY\",TI,0,1))(RA;;;;;WD;(\"secrecy\",TI,0,3))"));
    CHECK_FALSE(with("(RA;IO;;;;WD;(\"Secrecy\",TI,0,2))"));
    CHECK_FALSE(with(""));
}

TEST_CASE("check: local claims reach the conditions (§3.8)") {
    AccessScene scene("O:SYD:(XA;;CC;;;S-1-22-1-1000;(@Local.department == \"security\"))");
    CHECK_FALSE(scene.allowed(1));
    scene.local_claims = test::claimSet({test::textClaim("Department", {"Security"})});
    CHECK(scene.allowed(1));
}

TEST_CASE("check: a descriptor without an owner is EINVAL (§10.10)") {
    CHECK(AccessScene("D:(A;;CC;;;S-1-22-1-1000)").errnoOf(1) == "EINVAL");
}

TEST_CASE("check: an identification token gets EACCES, an anonymous one an answer (§10.10)") {
    AccessScene scene("O:SYD:NO_ACCESS_CONTROL");
    scene.token.impersonation_level = ImpersonationLevel::Identification;
    CHECK(scene.errnoOf(1) == "EACCES");
    scene.descriptor.owner.reset();
    CHECK(scene.errnoOf(1) == "EACCES");
    scene.token.write_restricted = true;
    CHECK(scene.errnoOf(1) == "EINVAL");
    AccessScene anonymous("O:SYD:NO_ACCESS_CONTROL");
    anonymous.token.impersonation_level = ImpersonationLevel::Anonymous;
    CHECK(anonymous.allowed(1));
}

TEST_CASE("check: a scoped policy nobody told us is the recovery policy (§10.8)") {
    const char* text = "O:SYD:(A;;CC;;;S-1-22-1-1000)(A;;CC;;;BA)(A;;CC;;;WD)S:(SP;;;;;S-1-17-1)";
    CHECK_FALSE(AccessScene(text).allowed(1));
    CHECK(AccessScene(text).group("S-1-5-32-544").allowed(1));
    CHECK_FALSE(
        AccessScene(text).group("S-1-5-32-544", kGroupDenyOnly).group("S-1-1-0").allowed(1));
    CHECK(AccessScene("O:S-1-22-1-1000D:(A;;CC;;;S-1-22-1-1000)S:(SP;;;;;S-1-17-1)").allowed(1));
    // It only ever takes away, and inherit-only policies do not apply.
    CHECK_FALSE(AccessScene("O:SYD:S:(SP;;;;;S-1-17-1)").group("S-1-5-32-544").allowed(1));
    CHECK(AccessScene("O:SYD:(A;;CC;;;S-1-22-1-1000)S:(SP;IO;;;;S-1-17-1)").allowed(1));
    // Intents are not passed on to a policy.
    AccessScene backup(text);
    backup.privileges(kBackupPrivilege).intent = kBackupIntent;
    CHECK_FALSE(backup.allowed(1));
}

}  // namespace
}  // namespace evd::access
