#include "queryd/access/record_access.h"

#include "common/base/text.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>

using evd::access::FieldTree;
using evd::access::FieldVerdict;
using evd::access::ObjectKind;
using evd::access::SecurityPolicy;
using evd::base::cat;
using evd::queryd::AccessChecker;
using evd::queryd::AccessPolicy;
using evd::queryd::Caller;
using evd::queryd::callerOf;
using evd::queryd::RecordAccess;
using evd::queryd::RecordQuestion;
using evd::queryd::ReferenceChecker;
using evd::test::policyOf;
using Fields = std::vector<std::string_view>;

namespace {

// The reference check, and how often it was asked.
class CountingChecker final : public AccessChecker {
  public:
    FieldVerdict check(const Caller& caller, const RecordQuestion& question) const override {
        ++asked;
        return reference_.check(caller, question);
    }
    mutable size_t asked = 0;

  private:
    ReferenceChecker reference_;
};

const Caller kAlice = callerOf({1, 1001, 1001, {1500}}, {0, {27}});
const Caller kBob = callerOf({1, 1002, 1002, {}}, {0, {27}});
const Caller kAdmin = callerOf({1, 1003, 27, {}}, {0, {27}});
const Caller kRoot = callerOf({1, 0, 0, {}}, {0, {27}});

std::string fieldRule(const char* type, std::string_view field, const char* sid) {
    return cat("(", type, ";;0x1;", evd::test::guidText(evd::access::fieldGuid(field)), ";;", sid,
               ")");
}

struct Scene {
    explicit Scene(const SecurityPolicy& security = {}) { policy.install(security); }
    CountingChecker checker;
    AccessPolicy policy{checker};
};

}  // namespace

TEST_CASE("record access: the defaults let administrators see events, everybody logs (§9.1, A10)") {
    Scene scene;
    const Fields fields = {"timestamp", "uid"};
    for (const Caller* caller : {&kAlice, &kAdmin, &kRoot}) {
        RecordAccess access(scene.policy, *caller);
        const bool trusted = caller != &kAlice;
        CHECK(access.of(ObjectKind::Events, "process.exec", fields).recordVisible() == trusted);
        CHECK(access.mayRead(ObjectKind::Events, "process.exec") == trusted);
        CHECK(access.seesAll(ObjectKind::Events, "process.exec") == trusted);
        CHECK(access.of(ObjectKind::Logs, "sshd", fields).shows(1));
        CHECK(access.seesAll(ObjectKind::Metrics, "cpu.load"));
    }
}

TEST_CASE("record access: without rules for fields one check serves a pattern (Spec §9.2)") {
    Scene scene;
    RecordAccess access(scene.policy, kAlice);
    for (int record = 0; record < 100; ++record) {
        const std::string field = cat("f", record);
        const Fields fields = {"timestamp", field};
        CHECK(access.of(ObjectKind::Logs, cat("origin", record), fields).shows(1));
    }
    CHECK(scene.checker.asked == 1);
}

TEST_CASE("record access: with rules for fields one check serves a field set (Spec §9.2)") {
    Scene scene(policyOf(ObjectKind::Events,
                         {{"*", cat("O:SYD:", fieldRule("OA", "timestamp", "S-1-22-2-1500"))}}));
    RecordAccess access(scene.policy, kAlice);
    for (int round = 0; round < 10; ++round) {
        const auto& one = access.of(ObjectKind::Events, "a", Fields{"timestamp", "uid"});
        CHECK(one.shows(0));
        CHECK_FALSE(one.shows(1));
        CHECK_FALSE(access.of(ObjectKind::Events, "b", Fields{"uid", "gid"}).recordVisible());
    }
    CHECK(scene.checker.asked == 2);
    // Another question of the same caller finds them in the common cache, another caller does not.
    RecordAccess again(scene.policy, kAlice);
    CHECK(again.of(ObjectKind::Events, "c", Fields{"timestamp", "uid"}).shows(0));
    CHECK(scene.checker.asked == 2);
    RecordAccess other(scene.policy, kBob);
    CHECK_FALSE(other.of(ObjectKind::Events, "c", Fields{"timestamp", "uid"}).recordVisible());
    CHECK(scene.checker.asked == 3);
}

TEST_CASE("record access: one field alone, and whether anything could be seen (Rulings A4, A5)") {
    Scene scene(policyOf(ObjectKind::Events,
                         {{"part", cat("O:SYD:", fieldRule("OA", "uid", "AU"))},
                          {"but", cat("O:SYD:", fieldRule("OD", "uid", "WD"), "(A;;0x1;;;AU)")},
                          {"all", "O:SYD:(A;;0x1;;;AU)"},
                          {"useless", cat("O:SYD:", fieldRule("OA", "uid", "BA"))}}));
    RecordAccess access(scene.policy, kAlice);
    CHECK(access.seesField(ObjectKind::Events, "part", "uid"));
    CHECK_FALSE(access.seesField(ObjectKind::Events, "part", "gid"));
    CHECK(access.mayRead(ObjectKind::Events, "part"));
    CHECK_FALSE(access.seesAll(ObjectKind::Events, "part"));

    CHECK_FALSE(access.seesField(ObjectKind::Events, "but", "uid"));
    CHECK(access.seesField(ObjectKind::Events, "but", "gid"));
    CHECK(access.mayRead(ObjectKind::Events, "but"));
    CHECK_FALSE(access.seesAll(ObjectKind::Events, "but"));

    CHECK(access.seesAll(ObjectKind::Events, "all.below"));
    CHECK_FALSE(access.mayRead(ObjectKind::Events, "useless"));
    CHECK_FALSE(access.seesAll(ObjectKind::Events, "useless"));
}

TEST_CASE("record access: a log rule for a field that logs do not have opens nothing") {
    Scene scene(policyOf(ObjectKind::Logs, {{"*", cat("O:SYD:", fieldRule("OA", "uid", "AU"))}}));
    RecordAccess access(scene.policy, kAlice);
    CHECK_FALSE(access.mayRead(ObjectKind::Logs, "sshd"));
}

TEST_CASE("record access: a closed pattern is closed for SYSTEM too") {
    Scene scene(policyOf(ObjectKind::Events, {{"*", ""}}));
    RecordAccess access(scene.policy, kRoot);
    CHECK_FALSE(access.of(ObjectKind::Events, "x", Fields{"timestamp"}).recordVisible());
    CHECK_FALSE(access.mayRead(ObjectKind::Events, "x"));
    CHECK(scene.checker.asked == 0);
}

TEST_CASE("record access: fields beyond what a tree holds are denied, whatever the rule (A3)") {
    Scene scene;
    std::vector<std::string> texts;
    for (size_t index = 0; index <= FieldTree::kFieldsMax; ++index) {
        texts.push_back(cat("f", index));
    }
    Fields fields(texts.begin(), texts.end());
    fields.push_back("f0");  // has its node already
    RecordAccess access(scene.policy, kRoot);
    const auto& verdict = access.of(ObjectKind::Events, "x", fields);
    CHECK(verdict.shows(FieldTree::kFieldsMax - 1));
    CHECK_FALSE(verdict.shows(FieldTree::kFieldsMax));
    CHECK(verdict.shows(FieldTree::kFieldsMax + 1));
    CHECK(access.of(ObjectKind::Events, "x", std::span(fields).first(FieldTree::kFieldsMax))
              .shows(FieldTree::kFieldsMax - 1));
}

TEST_CASE("record access: a new policy counts after refresh, and drops every verdict (A7)") {
    Scene scene;
    RecordAccess access(scene.policy, kAlice);
    const Fields fields = {"timestamp"};
    CHECK(access.of(ObjectKind::Logs, "sshd", fields).recordVisible());
    scene.policy.install(policyOf(ObjectKind::Logs, {{"sshd", "O:SYD:"}}));
    CHECK(scene.policy.verdicts().size() == 0);
    CHECK(access.of(ObjectKind::Logs, "sshd", fields).recordVisible());  // of one piece
    CHECK(access.refresh());
    CHECK_FALSE(access.of(ObjectKind::Logs, "sshd", fields).recordVisible());
    CHECK(access.of(ObjectKind::Logs, "cron", fields).recordVisible());
    CHECK_FALSE(access.refresh());
}

TEST_CASE("record access: what an older question puts in the cache, a newer one does not find") {
    Scene scene(policyOf(ObjectKind::Logs, {{"*", "O:SYD:(A;;0x1;;;AU)"}}));
    RecordAccess older(scene.policy, kAlice);
    scene.policy.install(policyOf(ObjectKind::Logs, {{"*", "O:SYD:"}}));
    CHECK(older.of(ObjectKind::Logs, "sshd", {}).recordVisible());
    RecordAccess newer(scene.policy, kAlice);
    CHECK_FALSE(newer.of(ObjectKind::Logs, "sshd", {}).recordVisible());
}

TEST_CASE("record access: the same policy again drops nothing") {
    const auto security = policyOf(ObjectKind::Logs, {{"*", "O:SYD:(A;;0x1;;;AU)"}});
    Scene scene(security);
    RecordAccess access(scene.policy, kAlice);
    CHECK(access.of(ObjectKind::Logs, "sshd", {}).recordVisible());
    scene.policy.install(security);
    CHECK(scene.policy.verdicts().size() == 1);
    CHECK_FALSE(access.refresh());
}

TEST_CASE("record access: more names and field sets than it remembers change no verdict") {
    Scene scene(policyOf(ObjectKind::Events, {{"*", cat("O:SYD:", fieldRule("OA", "uid", "AU"))}}));
    RecordAccess access(scene.policy, kAlice);
    for (size_t round = 0; round < 2 * RecordAccess::kKnownMax + 10; ++round) {
        const std::string field = cat("f", round);
        const auto& verdict =
            access.of(ObjectKind::Events, cat("type", round), Fields{field, "uid"});
        REQUIRE_FALSE(verdict.shows(0));
        REQUIRE(verdict.shows(1));
    }
}

TEST_CASE("record access: a caller without a token sees nothing") {
    Scene scene(policyOf(ObjectKind::Logs, {{"*", "O:SYD:(A;;0x1;;;WD)"}}));
    const Caller nobody{"S-1-22-1-1", true, true};
    RecordAccess access(scene.policy, nobody);
    CHECK_FALSE(access.of(ObjectKind::Logs, "sshd", {}).recordVisible());
    CHECK(scene.policy.verdicts().size() == 0);  // and shares no verdict with others like it
}
