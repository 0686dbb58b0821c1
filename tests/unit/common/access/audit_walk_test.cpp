#include "common/access/audit_walk.h"
#include "common/access/mandatory_access.h"
#include "tests/support/access_scene.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

using test::AccessScene;
using test::sidOf;

constexpr const char* kOpen = "O:SYD:(A;;CC;;;S-1-22-1-1000)S:";

// How many events a check of `desired` asks for.
size_t events(const AccessScene& scene, uint32_t desired) {
    const auto verdict = scene.ask(desired);
    REQUIRE(verdict.ok());
    return verdict.value().audit.size();
}

size_t events(std::string_view sacl, uint32_t desired = 1) {
    return events(AccessScene(kOpen + std::string(sacl)), desired);
}

uint32_t alarms(const AccessScene& scene) {
    return scene.ask(1).value().continuous_mask;
}

TEST_CASE("audit: success and failure are asked for apart (PSD-004 §10.9)") {
    CHECK(events("(AU;SA;CC;;;S-1-22-1-1000)") == 1);
    CHECK(events("(AU;FA;CC;;;S-1-22-1-1000)") == 0);
    CHECK(events("(AU;FA;CCDC;;;S-1-22-1-1000)", 3) == 1);
    CHECK(events("(AU;SA;CCDC;;;S-1-22-1-1000)", 3) == 0);
    CHECK(events("(AU;SAFA;CC;;;S-1-22-1-1000)(AU;SAFA;CC;;;S-1-22-1-1000)") == 2);
    CHECK(events("(AU;;CC;;;S-1-22-1-1000)") == 0);
    CHECK(events("(AU;IOSA;CC;;;S-1-22-1-1000)") == 0);
}

TEST_CASE("audit: the mask is compared with what was asked for (§10.9)") {
    CHECK(events("(AU;SA;DC;;;S-1-22-1-1000)") == 0);
    CHECK(events("(AU;SA;GR;;;S-1-22-1-1000)") == 1);
    CHECK(events("(AU;SA;CC;;;S-1-22-1-1000)", 0) == 0);
    CHECK(events("(AU;SA;CC;;;S-1-22-1-1000)", kMaximumAllowed) == 0);
}

TEST_CASE("audit: SIDs match as widely as they can (§10.9)") {
    AccessScene scene(std::string(kOpen) + "(AU;SA;CC;;;BU)");
    CHECK(events(scene, 1) == 0);
    CHECK(events(scene.group("S-1-5-32-545", kGroupDenyOnly), 1) == 1);
    AccessScene owner("O:S-1-22-1-1000D:(A;;CC;;;S-1-22-1-1000)S:(AU;SA;CC;;;OW)");
    CHECK(events(owner, 1) == 1);
    AccessScene self(std::string(kOpen) + "(AU;SA;CC;;;PS)");
    CHECK(events(self, 1) == 0);
    self.self_sid = sidOf("S-1-22-1-1000");
    CHECK(events(self, 1) == 1);
}

TEST_CASE("audit: doubt about a condition is told (§10.9)") {
    CHECK(events("(XU;SA;CC;;;S-1-22-1-1000;(1 == 1))") == 1);
    CHECK(events("(XU;SA;CC;;;S-1-22-1-1000;(1 == 2))") == 0);
    CHECK(events("(XU;SA;CC;;;S-1-22-1-1000;(@User.a == 2))") == 1);
}

TEST_CASE("audit: a rule for a part is told when the part was asked for (§10.10)") {
    const std::string about = base::cat("(OU;SAFA;CC;", AccessScene::node(1), ";;S-1-22-1-1000)");
    CHECK(events(about) == 1);
    CHECK(events(AccessScene(kOpen + about).nodes({0, 1}), 1) == 1);
    CHECK(events(AccessScene(kOpen + about).nodes({0}), 1) == 0);
}

TEST_CASE("audit: an event says which rule, what was asked for and what came of it (§10.9)") {
    const AccessScene scene(std::string(kOpen) + "(ML;;NW;;;ME)(AU;FA;DC;;;S-1-22-1-1000)");
    const auto verdict = scene.ask(3);
    REQUIRE(verdict.value().audit.size() == 1);
    CHECK(verdict.value().audit.front() == AuditEvent{1, 3, 1, false});
}

TEST_CASE("audit: alarms add up to a mask, whatever was asked for (§10.9)") {
    AccessScene scene(std::string(kOpen) +
                      "(AL;;DC;;;S-1-22-1-1000)(XL;;WP;;;S-1-22-1-1000;(@User.a == 1))"
                      "(XL;;LC;;;S-1-22-1-1000;(1 == 2))(AL;;SW;;;SY)(AL;IO;RP;;;S-1-22-1-1000)");
    CHECK(alarms(scene) == 0x22);
}

TEST_CASE("audit: reserved bits in a label end the check with EINVAL (Ruling V2, D-8)") {
    AccessScene scene(std::string(kOpen) + "(ML;;NW;;;ME)");
    CHECK(scene.errnoOf(1).empty());
    scene.descriptor.sacl->aces.front().mask = 0x0020'0002;
    CHECK(scene.errnoOf(1) == "EINVAL");
    scene.descriptor.sacl->aces.front().flags = kAceInheritOnly;
    CHECK(scene.errnoOf(1).empty());
}

TEST_CASE("audit: the token's policy asks whatever the SACL says (§10.9)") {
    AccessScene scene("O:SYD:(A;;CC;;;S-1-22-1-1000)");
    scene.token.audit_policy = kAuditObjectSuccess;
    CHECK(scene.ask(1).value().audit == std::vector<AuditEvent>{{std::nullopt, 1, 1, true}});
    CHECK(events(scene, 3) == 0);
    scene.token.audit_policy = kAuditObjectFailure;
    CHECK(events(scene, 1) == 0);
    CHECK(scene.ask(3).value().audit == std::vector<AuditEvent>{{std::nullopt, 3, 1, false}});
}

TEST_CASE("audit: it never changes what is granted (§10.9)") {
    const AccessScene plain(kOpen);
    const AccessScene audited(std::string(kOpen) + "(AU;SAFA;GA;;;WD)(AL;;GA;;;WD)");
    for (const uint32_t desired : {0u, 1u, 3u, kMaximumAllowed}) {
        CHECK(plain.granted(desired) == audited.granted(desired));
    }
}

TEST_CASE("privilege use: told when the right survives, or when it does not (§10.10, step 14)") {
    AccessScene scene("O:SYD:");
    scene.privileges(kBackupPrivilege).intent = kBackupIntent;
    scene.token.audit_policy = kAuditPrivilegeSuccess;
    CHECK(scene.ask(1).value().privileges ==
          std::vector<PrivilegeUse>{{kBackupPrivilege, 1, 1, true}});
    CHECK(scene.ask(2).value().privileges.empty());
    CHECK(scene.ask(1 | kMaximumAllowed).value().privileges.empty());
    scene.confinedTo("S-1-15-2-7");
    CHECK(scene.ask(1).value().privileges ==
          std::vector<PrivilegeUse>{{kBackupPrivilege, 1, 0, false}});
    scene.token.audit_policy = kAuditPrivilegeFailure;
    CHECK(scene.ask(1).value().privileges.front().told);
}

TEST_CASE("privilege use: on any node is used (§10.10, step 14)") {
    AccessScene scene(base::cat("O:SYD:(OA;;CC;", AccessScene::node(1), ";;S-1-15-2-7)"));
    scene.nodes({0, 1, 1}).confinedTo("S-1-15-2-7").privileges(kBackupPrivilege);
    scene.intent = kBackupIntent;
    CHECK(scene.ask(1).value().privileges ==
          std::vector<PrivilegeUse>{{kBackupPrivilege, 1, 1, false}});
}

}  // namespace
}  // namespace evd::access
