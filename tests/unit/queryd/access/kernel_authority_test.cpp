#include "queryd/access/kernel_authority.h"

#include "common/access/well_known_sids.h"
#include "common/base/text.h"
#include "queryd/access/access_backend.h"
#include "queryd/access/access_policy.h"
#include "queryd/access/record_access.h"
#include "tests/support/fake_kacs.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>
#include <fcntl.h>

namespace rights = evd::access;
namespace base = evd::base;
using evd::access::FieldTree;
using evd::access::FieldVerdict;
using evd::access::ObjectKind;
using evd::queryd::AccessPolicy;
using evd::queryd::Caller;
using evd::queryd::KernelChecker;
using evd::queryd::RecordAccess;
using evd::queryd::TokenFact;
using evd::test::FakeKacs;
using evd::test::policyOf;
using Fields = std::vector<std::string_view>;

namespace {

constexpr int kConnection = 5;  // a number; the fake kernel does not look

rights::Token tokenOf(const char* sid, const std::vector<rights::SidAndAttributes>& groups = {}) {
    rights::Token token;
    token.user = rights::Sid::parseText(sid).value();
    token.groups = groups;
    return token;
}

const rights::Token kAlice = tokenOf("S-1-5-21-1-2-3-1001");

struct Scene {
    explicit Scene(const rights::Token& token) { kernel.is(token); }

    Caller caller() {
        auto made = authority->identify(kConnection);
        REQUIRE(made.ok());
        return std::move(made).value();
    }
    // What the kernel says of a record with these fields under a descriptor.
    FieldVerdict ask(const std::string& sddl, const Fields& fields, const Caller& who) {
        const rights::PatternTable table(policyOf(ObjectKind::Events, {{"kacs", sddl}}));
        const FieldTree tree(ObjectKind::Events, fields);
        return checker.check(who, {ObjectKind::Events, "kacs.access_denied",
                                   table.resolve(ObjectKind::Events, "kacs.access_denied"), tree});
    }

    FakeKacs kernel;
    std::unique_ptr<evd::queryd::Authority> authority = evd::queryd::makeKernelAuthority(kernel);
    KernelChecker checker{kernel};
};

constexpr const char* kForAlice = "O:SYG:SYD:P(A;;0x1;;;S-1-5-21-1-2-3-1001)";
constexpr const char* kForNobody = "O:SYG:SYD:P(A;;0x1;;;SY)";

class NoSink final : public evd::queryd::AuditSink {
  public:
    void tell(const Caller&, const evd::queryd::RecordQuestion&,
              std::span<const rights::AuditEvent>) override {}
};

}  // namespace

TEST_CASE("kernel authority: without a peer token there is no caller, whatever the errno (§9.2)") {
    for (const int error : {-EBADF, -ENOTSOCK, -EACCES, -ENOSYS, -ENOMEM, -EMFILE}) {
        CAPTURE(error);
        Scene scene(kAlice);
        scene.kernel.open_outcome = error;
        const auto caller = scene.authority->identify(kConnection);
        REQUIRE_FALSE(caller.ok());
        CHECK(caller.error().kind == base::ErrorKind::Denied);
    }
}

TEST_CASE("kernel authority: a token that does not say who it is, is no caller and is closed") {
    for (const TokenFact fact : {TokenFact::User, TokenFact::Groups, TokenFact::RestrictedSids,
                                 TokenFact::ConfinementSid, TokenFact::ImpersonationLevel}) {
        for (const int error : {-EACCES, -ERANGE, -EINVAL, -ENOSYS}) {
            Scene scene(kAlice);
            scene.kernel.fact_errors[fact] = error;
            CHECK_FALSE(scene.authority->identify(kConnection).ok());
            CHECK(::fcntl(scene.kernel.last_descriptor, F_GETFD) == -1);
        }
    }
    Scene scene(kAlice);
    scene.kernel.facts[TokenFact::User] = {1, 2, 3};
    CHECK_FALSE(scene.authority->identify(kConnection).ok());
    scene.kernel.is(kAlice).facts[TokenFact::ImpersonationLevel] = {2, 0};
    CHECK_FALSE(scene.authority->identify(kConnection).ok());
}

TEST_CASE("kernel authority: the token lives as long as somebody holds the caller") {
    Scene scene(kAlice);
    auto question = std::make_unique<Caller>(scene.caller());
    const int descriptor = scene.kernel.last_descriptor;
    auto copy = std::make_unique<Caller>(*question);
    question.reset();
    CHECK(::fcntl(descriptor, F_GETFD) >= 0);
    copy.reset();
    CHECK(::fcntl(descriptor, F_GETFD) == -1);
}

TEST_CASE("kernel authority: who somebody is comes from the token") {
    Scene scene(kAlice);
    const Caller alice = scene.caller();
    CHECK(alice.user_sid == "S-1-5-21-1-2-3-1001");
    CHECK_FALSE(alice.system);
    CHECK_FALSE(alice.administrator);
    CHECK_FALSE(alice.maySeeEverything());
    CHECK(alice.token == nullptr);
    scene.kernel.is(tokenOf("S-1-5-18"));
    CHECK(scene.caller().system);
    using evd::access::sids::kAdministrators;
    scene.kernel.is(tokenOf("S-1-5-21-1-2-3-1001", {{kAdministrators, rights::kGroupEnabled}}));
    CHECK(scene.caller().administrator);
    // A group that is not enabled, or good for denials only, makes nobody an administrator.
    scene.kernel.is(tokenOf("S-1-5-21-1-2-3-1001", {{kAdministrators, 0}}));
    CHECK_FALSE(scene.caller().administrator);
    scene.kernel.is(tokenOf("S-1-5-21-1-2-3-1001",
                            {{kAdministrators, rights::kGroupEnabled | rights::kGroupDenyOnly}}));
    CHECK_FALSE(scene.caller().administrator);
}

TEST_CASE("kernel authority: a narrowed token is nobody special") {
    rights::Token system = tokenOf("S-1-5-18");
    SUBCASE("restricted") {
        system.restricted_sids = {{rights::sids::kEveryone, 0}};
    }
    SUBCASE("confined") {
        system.confinement_sid = rights::Sid::parseText("S-1-15-2-1").value();
    }
    SUBCASE("for identification only") {
        system.impersonation_level = rights::ImpersonationLevel::Identification;
    }
    SUBCASE("anonymous") {
        system.impersonation_level = rights::ImpersonationLevel::Anonymous;
    }
    Scene scene(system);
    CHECK_FALSE(scene.caller().system);
    CHECK_FALSE(scene.caller().maySeeEverything());
}

TEST_CASE("kernel authority: two connections never share verdicts (D-11)") {
    Scene scene(kAlice);
    const Caller first = scene.caller();
    const Caller second = scene.caller();
    CHECK_FALSE(first.token_key.empty());
    CHECK(first.token_key != second.token_key);
}

TEST_CASE("kernel checker: the local claims go along (Spec §9.1)") {
    Scene scene(kAlice);
    const auto root = [&](const char* condition) {
        const std::string sddl =
            base::cat("O:SYG:SYD:P(XA;;0x1;;;S-1-5-21-1-2-3-1001;(", condition, "))");
        return scene.ask(sddl, {"uid"}, scene.caller()).root;
    };
    CHECK(root("@Local.kind == \"events\" && @Local.pattern == \"kacs\""));
    CHECK_FALSE(root("@Local.kind == \"logs\""));
    CHECK_FALSE(root("@Local.pattern == \"kacs.access_denied\""));
}

TEST_CASE("kernel checker: asks for EVENTD_READ with the tree, the mapping and the context (A1)") {
    Scene scene(kAlice);
    const Caller alice = scene.caller();
    const FieldVerdict verdict = scene.ask(kForAlice, {"timestamp", "uid", "timestamp"}, alice);
    CHECK(verdict.root);
    CHECK(verdict.fields == std::vector<bool>{true, true, true});
    REQUIRE(scene.kernel.checks.size() == 1);
    const auto& check = scene.kernel.checks.front();
    CHECK(check.arguments.caller_size == 136);
    CHECK(check.arguments.token_fd == alice.kernel_token->get());
    CHECK(check.arguments.desired_access == 1);
    CHECK(check.arguments.generic_read == 0x20001);
    CHECK(check.arguments.generic_write == 0x20002);
    CHECK(check.arguments.generic_execute == 0x20001);
    CHECK(check.arguments.generic_all == 0xF0003);
    CHECK(check.arguments.pip_type == 0);
    CHECK(check.arguments.zero0 + check.arguments.zero1 + check.arguments.zero2 == 0);
    CHECK(check.context == "events:kacs");  // Spec §9.2
    REQUIRE(check.nodes.size() == 3);       // fields with one name share a node (A3)
    CHECK(check.nodes[0].level == 0);
    CHECK(base::Guid{check.nodes[0].guid} == rights::rootGuid(ObjectKind::Events));
    CHECK(check.nodes[1].level == 1);
    CHECK(base::Guid{check.nodes[1].guid} == rights::fieldGuid("timestamp"));
}

TEST_CASE("kernel checker: each field has the verdict of its node") {
    Scene scene(kAlice);
    const Caller alice = scene.caller();
    const std::string field = evd::test::guidText(rights::fieldGuid("uid"));
    const auto verdict = scene.ask("O:SYG:SYD:P(OA;;0x1;" + field + ";;S-1-5-21-1-2-3-1001)",
                                   {"timestamp", "uid"}, alice);
    CHECK_FALSE(verdict.root);
    CHECK(verdict.recordVisible());  // Ruling A2
    CHECK(verdict.fields == std::vector<bool>{false, true});
    CHECK_FALSE(scene.ask(kForNobody, {"uid"}, alice).recordVisible());
}

TEST_CASE("kernel checker: every error is a denial of everything") {
    for (const int error : {-EACCES, -EINVAL, -EFAULT, -EBADF, -ENOSYS, -EPERM, 1}) {
        CAPTURE(error);
        Scene scene(kAlice);
        const Caller alice = scene.caller();
        scene.kernel.check_outcomes = {error};
        const auto verdict = scene.ask(kForAlice, {"uid"}, alice);
        CHECK_FALSE(verdict.recordVisible());
        CHECK_FALSE(verdict.passing);
        CHECK(scene.kernel.checks.size() == 1);
    }
}

TEST_CASE("kernel checker: a shortage is asked about once more, and what it denies is passing") {
    for (const int error : {-EIO, -ERANGE, -ENOMEM}) {  // D-34
        CAPTURE(error);
        Scene scene(kAlice);
        const Caller alice = scene.caller();
        scene.kernel.check_outcomes = {error};
        CHECK(scene.ask(kForAlice, {"uid"}, alice).root);
        CHECK(scene.kernel.checks.size() == 2);
        scene.kernel.check_outcomes = {error, error};
        const auto verdict = scene.ask(kForAlice, {"uid"}, alice);
        CHECK_FALSE(verdict.recordVisible());
        CHECK(verdict.passing);
        CHECK(scene.kernel.checks.size() == 4);
    }
}

TEST_CASE("kernel checker: results that were not written, or contradict themselves, are denials") {
    Scene scene(kAlice);
    const Caller alice = scene.caller();
    scene.kernel.is_silent = true;
    CHECK_FALSE(scene.ask(kForAlice, {"uid"}, alice).recordVisible());
}

TEST_CASE("kernel checker: without a kernel token nothing is granted, and nobody is asked") {
    Scene scene(kAlice);
    Caller nobody;
    CHECK_FALSE(scene.ask(kForAlice, {"uid"}, nobody).recordVisible());
    nobody.kernel_token = std::make_shared<const base::Fd>();
    CHECK_FALSE(scene.ask(kForAlice, {"uid"}, nobody).recordVisible());
    // A Unix token is nothing to it.
    nobody.token = std::make_shared<const rights::Token>(kAlice);
    CHECK_FALSE(scene.ask(kForAlice, {"uid"}, nobody).recordVisible());
    CHECK(scene.kernel.checks.empty());
}

TEST_CASE("kernel checker: what has its answer without a descriptor is not asked about") {
    Scene scene(kAlice);
    const FieldTree tree(ObjectKind::Events, Fields{"uid"});
    for (const auto answer :
         {rights::ResolvedPattern::Answer::Open, rights::ResolvedPattern::Answer::Closed}) {
        rights::ResolvedPattern pattern;
        pattern.answer = answer;
        const auto verdict =
            scene.checker.check(scene.caller(), {ObjectKind::Events, "a.b", pattern, tree});
        CHECK(verdict.recordVisible() == (answer == rights::ResolvedPattern::Answer::Open));
    }
    CHECK(scene.kernel.checks.empty());
}

TEST_CASE("kernel checker: a token for identification sees nothing") {
    rights::Token token = kAlice;
    token.impersonation_level = rights::ImpersonationLevel::Identification;
    Scene scene(token);
    CHECK_FALSE(scene.ask(kForAlice, {"uid"}, scene.caller()).recordVisible());
}

TEST_CASE("kernel checker: a passing denial is not kept for the next question") {
    Scene scene(kAlice);
    const Caller alice = scene.caller();
    AccessPolicy policy(scene.checker);
    policy.install(policyOf(ObjectKind::Events, {{"kacs", kForAlice}}));
    scene.kernel.check_outcomes = {-ENOMEM, -ENOMEM};
    RecordAccess first(policy, alice);
    CHECK_FALSE(first.mayRead(ObjectKind::Events, "kacs.a"));
    CHECK(policy.verdicts().size() == 0);
    RecordAccess second(policy, alice);
    CHECK(second.mayRead(ObjectKind::Events, "kacs.a"));
    RecordAccess third(policy, alice);
    CHECK(third.mayRead(ObjectKind::Events, "kacs.b"));
    CHECK(scene.kernel.checks.size() == 3);  // the third question found the verdict of the second
}

TEST_CASE("access backend: this machine has no KACS, and asking it anyway fails closed") {
    const auto& real = evd::queryd::kernelKacs();
    if (evd::queryd::hasKacs(real)) {
        return;  // a Peios machine
    }
    CHECK_FALSE(evd::queryd::makeKernelAuthority(real)->identify(0).ok());
    Caller caller;
    caller.kernel_token =
        std::make_shared<const base::Fd>(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rights::PatternTable table(
        policyOf(ObjectKind::Events, {{"*", "O:SYG:SYD:(A;;1;;;WD)"}}));
    const FieldTree tree(ObjectKind::Events, Fields{"uid"});
    CHECK_FALSE(
        KernelChecker(real)
            .check(caller, {ObjectKind::Events, "a", table.resolve(ObjectKind::Events, "a"), tree})
            .recordVisible());
}

TEST_CASE("access backend: the kernel wherever it has KACS, else Unix credentials") {
    FakeKacs kernel;
    NoSink sink;
    CHECK(evd::queryd::hasKacs(kernel));
    auto backend = evd::queryd::chooseAccessBackend(kernel, {}, sink);
    CHECK(backend.description.find("kernel tokens") != std::string_view::npos);
    CHECK(dynamic_cast<KernelChecker*>(backend.checker.get()) != nullptr);
    // Half a KACS is one: it must not end in believing Unix credentials.
    kernel.open_outcome = -ENOSYS;
    CHECK(evd::queryd::hasKacs(kernel));
    kernel.check_outcomes = {-ENOSYS};
    CHECK_FALSE(evd::queryd::hasKacs(kernel));
    backend = evd::queryd::chooseAccessBackend(kernel, {}, sink);
    CHECK(backend.description.find("Unix credentials") != std::string_view::npos);
    CHECK(dynamic_cast<KernelChecker*>(backend.checker.get()) == nullptr);
}
