#include "common/access/mandatory_access.h"
#include "tests/support/access_scene.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

using test::AccessScene;

// Rights that do not share bits, so that one can be seen being blocked.
constexpr GenericMapping kApart = {0x1, 0x2, 0x4, 0x000F'0007};

AccessScene labelled(std::string_view sacl, uint32_t integrity) {
    AccessScene scene("O:SYD:(A;;GA;;;S-1-22-1-1000)S:" + std::string(sacl));
    scene.mapping = kApart;
    scene.token.integrity = integrity;
    return scene;
}

TEST_CASE("integrity: below the label no writing, reading and executing stay (PSD-004 §10.3)") {
    CHECK(labelled("(ML;;NW;;;HI)", kIntegrityMedium).granted(kMaximumAllowed) == 0x5);
    CHECK(labelled("(ML;;NR;;;HI)", kIntegrityMedium).granted(kMaximumAllowed) == 0x4);
    CHECK(labelled("(ML;;NX;;;HI)", kIntegrityMedium).granted(kMaximumAllowed) == 0x1);
    CHECK(labelled("(ML;;NRNWNX;;;HI)", kIntegrityMedium).granted(kMaximumAllowed) == 0);
    CHECK(labelled("(ML;;0;;;HI)", kIntegrityMedium).granted(kMaximumAllowed) == 0x5);
}

TEST_CASE("integrity: at the label or above everything goes (§10.3)") {
    for (const uint32_t level : {kIntegrityHigh, kIntegritySystem}) {
        CHECK(labelled("(ML;;NRNWNX;;;HI)", level).granted(kMaximumAllowed) == 0x000F'0007);
    }
}

TEST_CASE("integrity: an object without a label is Medium, not to be written from below (§10.3)") {
    CHECK(labelled("", kIntegrityMedium).granted(kMaximumAllowed) == 0x000F'0007);
    CHECK(labelled("", kIntegrityLow).granted(kMaximumAllowed) == 0x5);
    CHECK(labelled("(ML;IO;NRNWNX;;;SI)", kIntegrityMedium).granted(kMaximumAllowed) ==
          0x000F'0007);
}

TEST_CASE("integrity: the first label that applies counts (§10.3)") {
    CHECK(labelled("(ML;;NR;;;HI)(ML;;NRNWNX;;;SI)", kIntegrityMedium).granted(kMaximumAllowed) ==
          0x4);
    CHECK(labelled("(ML;IO;NR;;;HI)(ML;;NX;;;SI)", kIntegrityMedium).granted(kMaximumAllowed) ==
          0x1);
}

TEST_CASE("integrity: a token without the policy is not held back (§10.3)") {
    AccessScene scene = labelled("(ML;;NRNWNX;;;SI)", kIntegrityUntrusted);
    scene.token.mandatory_policy = 2;
    CHECK(scene.granted(kMaximumAllowed) == 0x000F'0007);
}

TEST_CASE("integrity: labels name one of five levels, or the check is EINVAL (Ruling V2, D-25)") {
    for (const char* sid : {"S-1-16-8448", "S-1-16-1", "S-1-16", "S-1-16-0-0", "S-1-5-18"}) {
        CHECK(labelled("(ML;;NW;;;" + std::string(sid) + ")", kIntegrityMedium).errnoOf(1) ==
              "EINVAL");
        CHECK(
            labelled("(ML;IO;NW;;;" + std::string(sid) + ")", kIntegrityMedium).errnoOf(1).empty());
    }
    CHECK(labelled("", 8448).errnoOf(1) == "EINVAL");
}

TEST_CASE("integrity: READ_CONTROL goes with writing when the mapping says so (peios-abi §3.13)") {
    AccessScene scene("O:SYD:(A;;GA;;;S-1-22-1-1000)");
    scene.token.integrity = kIntegrityLow;
    CHECK(scene.allowed(kEventdRead));
    CHECK_FALSE(scene.allowed(kGenericRead));
}

TEST_CASE("integrity: what a privilege granted stays (§10.3)") {
    AccessScene scene = labelled("(ML;;NRNWNX;;;SI)", kIntegrityLow);
    scene.privileges(kBackupPrivilege | kSecurityPrivilege).intent = kBackupIntent;
    CHECK(scene.granted(kMaximumAllowed) == (0x1 | kAccessSystemSecurity));
}

TEST_CASE("integrity: SeRelabel lets the rules grant WRITE_OWNER, and no more (§10.3)") {
    AccessScene scene = labelled("(ML;;NRNWNX;;;SI)", kIntegrityLow);
    scene.privileges(kRelabelPrivilege);
    CHECK(scene.granted(kMaximumAllowed) == kWriteOwner);
    scene.descriptor.dacl->aces.clear();
    CHECK(scene.granted(kMaximumAllowed) == 0);
}

AccessScene trusted(std::string_view sacl, ProcessTrust trust) {
    AccessScene scene("O:SYD:(A;;GA;;;S-1-22-1-1000)S:" + std::string(sacl));
    scene.mapping = kApart;
    scene.trust = trust;
    return scene;
}

TEST_CASE("trust: both axes must be reached (§10.7)") {
    const char* label = "(TL;;0x1;;;S-1-19-512-2048)";
    CHECK(trusted(label, {512, 2048}).granted(kMaximumAllowed) == 0x000F'0007);
    CHECK(trusted(label, {1024, 8192}).granted(kMaximumAllowed) == 0x000F'0007);
    CHECK(trusted(label, {511, 8192}).granted(kMaximumAllowed) == 0x1);
    CHECK(trusted(label, {1024, 2047}).granted(kMaximumAllowed) == 0x1);
    CHECK(trusted(label, {}).granted(kMaximumAllowed) == 0x1);
    CHECK(trusted("(TL;;GR;;;S-1-19-7-9)", {}).granted(kMaximumAllowed) == 0x1);
    CHECK(trusted("", {}).granted(kMaximumAllowed) == 0x000F'0007);
}

TEST_CASE("trust: it takes back what privileges granted, and no privilege gets past (§10.7)") {
    AccessScene scene = trusted("(TL;;0x0;;;S-1-19-512-2048)", {});
    scene.privileges(~uint64_t{0}).intent = kBackupIntent | kRestoreIntent;
    CHECK(scene.granted(kMaximumAllowed) == 0);
    scene.descriptor.dacl.reset();
    CHECK(scene.granted(kMaximumAllowed) == 0);
    scene.trust = {512, 2048};
    CHECK(scene.granted(kMaximumAllowed) == (0x000F'0007 | kAccessSystemSecurity));
}

TEST_CASE("trust: the first label that applies counts, and its SID has two numbers (§10.7)") {
    CHECK(trusted("(TL;;0x1;;;S-1-19-1-1)(TL;;0x2;;;S-1-19-1-1)", {}).granted(kMaximumAllowed) ==
          0x1);
    CHECK(trusted("(TL;IO;0x1;;;S-1-19-1-1)(TL;;0x2;;;S-1-19-1-1)", {}).granted(kMaximumAllowed) ==
          0x2);
    for (const char* sid : {"S-1-19-1", "S-1-19-1-1-1", "S-1-19", "S-1-16-1-1"}) {
        const std::string bad = "(TL;;0x1;;;" + std::string(sid) + ")";
        CHECK(trusted(bad, {512, 512}).errnoOf(1) == "EINVAL");
        CHECK(trusted("(TL;;0x1;;;S-1-19-1-1)" + bad, {512, 512}).errnoOf(1).empty());
    }
}

TEST_CASE("privileges: ACCESS_SYSTEM_SECURITY comes from a privilege, never from a rule (§10.10)") {
    const char* text = "O:SYD:(A;;0x01000001;;;S-1-22-1-1000)";
    CHECK_FALSE(AccessScene(text).allowed(kAccessSystemSecurity));
    CHECK(AccessScene(text).privileges(kSecurityPrivilege).allowed(kAccessSystemSecurity));
    CHECK(AccessScene("O:SYD:(D;;0x01000000;;;S-1-22-1-1000)")
              .privileges(kSecurityPrivilege)
              .allowed(kAccessSystemSecurity));
}

TEST_CASE("privileges: backup and restore count only when meant (§7.2, §10.10)") {
    AccessScene scene("O:SYD:(D;;GA;;;S-1-22-1-1000)");
    scene.privileges(kBackupPrivilege | kRestorePrivilege);
    CHECK(scene.granted(kMaximumAllowed) == 0);
    scene.intent = kBackupIntent;
    CHECK(scene.granted(kMaximumAllowed) == 0x0002'0001);
    scene.intent = kRestoreIntent;
    CHECK(scene.granted(kMaximumAllowed) ==
          (0x0002'0002 | kWriteDac | kWriteOwner | kDelete | kAccessSystemSecurity));
    scene.token.privileges = 0;
    CHECK(scene.granted(kMaximumAllowed) == 0);
}

TEST_CASE("privileges: ownership can be taken against the rules, not against integrity (§3.7)") {
    AccessScene scene("O:SYD:(D;;WO;;;S-1-22-1-1000)(D;;WO;;;OW)");
    CHECK_FALSE(scene.allowed(kWriteOwner));
    scene.privileges(kTakeOwnershipPrivilege);
    CHECK(scene.allowed(kWriteOwner));
    CHECK(scene.granted(kMaximumAllowed) == kWriteOwner);
    CHECK(scene.granted(1) == 0);
    scene.token.integrity = kIntegrityLow;
    CHECK_FALSE(scene.allowed(kWriteOwner));
}

}  // namespace
}  // namespace evd::access
