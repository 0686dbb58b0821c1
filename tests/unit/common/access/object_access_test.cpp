#include "tests/support/access_scene.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

using test::AccessScene;
using Grants = std::vector<uint32_t>;

// A rule of this type for the caller about node `index`.
std::string rule(std::string_view type, size_t index, std::string_view rights = "CC") {
    return base::cat('(', type, ";;", rights, ';', AccessScene::node(index), ";;S-1-22-1-1000)");
}

std::string ruleForAll(std::string_view type, std::string_view rights = "CC") {
    return base::cat('(', type, ";;", rights, ";;;S-1-22-1-1000)");
}

// The pattern with two fields, each of which has two parts.
AccessScene scene(const std::string& dacl) {
    AccessScene made("O:SYD:" + dacl);
    made.nodes({0, 1, 2, 2, 1, 2, 2});
    return made;
}

TEST_CASE("tree: a rule without a GUID is about every node (PSD-004 §10.5)") {
    CHECK(scene(ruleForAll("A")).nodeGrants(1) == Grants(7, 1));
    CHECK(scene(ruleForAll("OA")).nodeGrants(1) == Grants(7, 1));
    CHECK(scene(ruleForAll("D") + ruleForAll("A")).nodeGrants(1) == Grants(7, 0));
}

TEST_CASE("tree: a grant flows down, and up once all children have it (§10.5)") {
    CHECK(scene(rule("OA", 1)).nodeGrants(1) == Grants{0, 1, 1, 1, 0, 0, 0});
    CHECK(scene(rule("OA", 2)).nodeGrants(1) == Grants{0, 0, 1, 0, 0, 0, 0});
    CHECK(scene(rule("OA", 2) + rule("OA", 3)).nodeGrants(1) == Grants{0, 1, 1, 1, 0, 0, 0});
    CHECK(scene(rule("OA", 1) + rule("OA", 5) + rule("OA", 6)).nodeGrants(1) == Grants(7, 1));
    CHECK(scene(rule("OA", 0)).nodeGrants(1) == Grants(7, 1));
}

TEST_CASE("tree: rights go up bit by bit (§10.5)") {
    const auto made = scene(rule("OA", 2, "CCDC") + rule("OA", 3, "DC"));
    CHECK(made.nodeGrants(3) == Grants{0, 2, 3, 2, 0, 0, 0});
}

TEST_CASE("tree: a denial flows down and up, and leaves siblings alone (§10.5)") {
    const std::string all = ruleForAll("A");
    CHECK(scene(rule("OD", 2) + all).nodeGrants(1) == Grants{0, 0, 0, 1, 1, 1, 1});
    CHECK(scene(rule("OD", 1) + all).nodeGrants(1) == Grants{0, 0, 0, 0, 1, 1, 1});
    CHECK(scene(rule("OD", 0) + all).nodeGrants(1) == Grants(7, 0));
}

TEST_CASE("tree: what is decided stays decided, on every node by itself (§10.5)") {
    CHECK(scene(ruleForAll("A") + rule("OD", 2)).nodeGrants(1) == Grants(7, 1));
    CHECK(scene(rule("OA", 2) + rule("OD", 1) + ruleForAll("A")).nodeGrants(1) ==
          Grants{0, 0, 1, 0, 1, 1, 1});
    // A denial that changes nothing below does not go up either.
    CHECK(scene(rule("OA", 2) + rule("OD", 2) + ruleForAll("A")).nodeGrants(1) == Grants(7, 1));
}

TEST_CASE("tree: a GUID that is not in it is about nothing (§10.5)") {
    CHECK(scene(rule("OA", 99)).nodeGrants(1) == Grants(7, 0));
    CHECK(scene(rule("OD", 99) + ruleForAll("A")).nodeGrants(1) == Grants(7, 1));
}

TEST_CASE("tree: without one, a rule for a part is about the whole (§10.5)") {
    CHECK(AccessScene("O:SYD:" + rule("OA", 2)).allowed(1));
    CHECK_FALSE(AccessScene("O:SYD:" + rule("OD", 2) + ruleForAll("A")).allowed(1));
}

TEST_CASE("tree: the verdict is the root's, each node has its own (§10.10)") {
    const auto made = scene(rule("OA", 1));
    const auto verdict = made.ask(1);
    REQUIRE(verdict.ok());
    CHECK_FALSE(verdict.value().allowed);
    CHECK(verdict.value().granted == 0);
    REQUIRE(verdict.value().nodes.size() == 7);
    CHECK(verdict.value().nodes[2] == NodeVerdict{1, true});
    CHECK(verdict.value().nodes[4] == NodeVerdict{0, false});
    CHECK(scene("").ask(0).value().nodes[3].allowed);
}

TEST_CASE("tree: owners, privileges and an absent DACL reach every node (§10.10)") {
    AccessScene owner("O:S-1-22-1-1000D:");
    owner.nodes({0, 1, 1});
    CHECK(owner.nodeGrants(1) == Grants(3, kReadControl | kWriteDac));
    AccessScene open("O:SYD:NO_ACCESS_CONTROL");
    open.nodes({0, 1, 1});
    CHECK(open.nodeGrants(1) == Grants(3, 0x000F'0003));
    AccessScene taker("O:SYD:" + rule("OA", 1, "WO") + rule("OD", 2, "WO"));
    taker.nodes({0, 1, 1}).privileges(kTakeOwnershipPrivilege);
    CHECK(taker.nodeGrants(kWriteOwner) == Grants(3, kWriteOwner));
}

TEST_CASE("tree: conditions hold for parts too") {
    CHECK(scene(base::cat("(ZA;;CC;", AccessScene::node(1), ";;S-1-22-1-1000;(1 == 1))"))
              .nodeGrants(1) == Grants{0, 1, 1, 1, 0, 0, 0});
    CHECK(scene(base::cat("(ZA;;CC;", AccessScene::node(1), ";;S-1-22-1-1000;(1 == 2))"))
              .nodeGrants(1) == Grants(7, 0));
    CHECK(scene(base::cat("(ZD;;CC;", AccessScene::node(4), ";;S-1-22-1-1000;(@User.a == 2))") +
                ruleForAll("A"))
              .nodeGrants(1) == Grants{0, 1, 1, 1, 0, 0, 0});
}

TEST_CASE("tree: restriction and confinement narrow every node by itself (§10.4, §10.6)") {
    AccessScene restricted("O:SYD:" + ruleForAll("A") +
                           base::cat("(OA;;CC;", AccessScene::node(1), ";;S-1-5-12)"));
    restricted.nodes({0, 1, 1}).restrictedTo("S-1-5-12");
    CHECK(restricted.nodeGrants(1) == Grants{0, 1, 0});
    AccessScene confined("O:SYD:" + ruleForAll("A") +
                         base::cat("(OA;;CC;", AccessScene::node(2), ";;S-1-15-2-7)"));
    confined.nodes({0, 1, 1}).confinedTo("S-1-15-2-7");
    CHECK(confined.nodeGrants(1) == Grants{0, 0, 1});
}

// Spec PSD-008 §9.1: the example of the specification, and why Ruling A2 looks at the fields.
TEST_CASE("tree: fields granted one by one leave the root denied (Ruling A2)") {
    AccessScene monitoring("O:SYD:(A;;CC;;;BA)" + rule("OA", 1) + rule("OA", 2));
    monitoring.nodes({0, 1, 1, 1});
    CHECK(monitoring.nodeGrants(1) == Grants{0, 1, 1, 0});
    CHECK(AccessScene("O:SYD:(A;;CC;;;BA)" + rule("OA", 1))
              .nodes({0, 1, 1, 1})
              .group("S-1-5-32-544")
              .nodeGrants(1) == Grants(4, 1));
}

}  // namespace
}  // namespace evd::access
