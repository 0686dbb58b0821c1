#include "queryd/access/audit_trail.h"

#include "common/access/well_known_sids.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "common/wire/msgpack_json.h"
#include "queryd/access/access_policy.h"
#include "queryd/access/record_access.h"
#include "tests/support/fake_clock.h"
#include "tests/support/security_rules.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <chrono>

namespace rights = evd::access;
namespace base = evd::base;
namespace wire = evd::wire;
using evd::access::ObjectKind;
using evd::queryd::AccessPolicy;
using evd::queryd::AuditAllowance;
using evd::queryd::AuditTrail;
using evd::queryd::Caller;
using evd::queryd::callerOf;
using evd::queryd::RecordAccess;
using evd::queryd::ReferenceChecker;
using evd::test::policyOf;
using Fields = std::vector<std::string_view>;

namespace {

constexpr auto kPatience = std::chrono::seconds(10);

const Caller kAlice = callerOf({1, 1001, 1001, {1500}}, {0, {27}});
const Caller kRoot = callerOf({1, 0, 0, {}}, {0, {27}});

// SYSTEM may read; reading and being refused are told, whoever it is.
constexpr const char* kWatched = "O:SYG:SYD:P(A;;0x1;;;SY)S:(AU;SAFA;0x1;;;WD)";

// What a KMES got, and how it answers.
struct Kmes {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::vector<uint8_t>> payloads;
    std::deque<base::ErrorKind> errors;  // of the next emits
    size_t calls = 0;
    bool is_stuck = false;

    bool waitForPayloads(size_t count) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, kPatience, [&] { return payloads.size() >= count; });
    }
    bool waitForCalls(size_t count) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, kPatience, [&] { return calls >= count; });
    }
    void breakOff() {
        const std::lock_guard lock(mutex);
        is_stuck = false;
        changed.notify_all();
    }
};

class Client final : public evd::kmes::EmitClient {
  public:
    explicit Client(Kmes& to) : to_(to) {}
    base::Result<void> emit(const evd::kmes::EmitEntry& entry) override {
        std::unique_lock lock(to_.mutex);
        ++to_.calls;
        to_.changed.notify_all();
        to_.changed.wait(lock, [&] { return !to_.is_stuck; });
        if (!to_.errors.empty()) {
            const auto kind = to_.errors.front();
            to_.errors.pop_front();
            return base::fail(kind, "refused by the test");
        }
        CHECK(entry.type == "access-audit");
        CHECK(wire::validateMsgpack(entry.payload, 32).ok());
        to_.payloads.emplace_back(entry.payload.begin(), entry.payload.end());
        to_.changed.notify_all();
        return {};
    }
    evd::kmes::BatchOutcome emitBatch(std::span<const evd::kmes::EmitEntry>) override { return {}; }

  private:
    Kmes& to_;
};

struct Scene {
    explicit Scene(const rights::SecurityPolicy& security) { policy.install(security); }
    void connect() {
        trail->connect(std::make_unique<Client>(kmes), [this] { kmes.breakOff(); });
    }

    Kmes kmes;
    evd::test::FakeClock clock;
    std::unique_ptr<AuditTrail> trail = std::make_unique<AuditTrail>(
        clock, evd::queryd::ProcessName{42, "eventd-queryd", "/usr/bin/eventd-queryd"});
    ReferenceChecker checker{trail.get()};
    AccessPolicy policy{checker};
};

std::string shown(const std::vector<uint8_t>& payload) {
    std::string json;
    wire::appendJson(payload, json);
    return json;
}

}  // namespace

TEST_CASE("audit trail: a check is told with who, what, which right and the verdict (PSD-004)") {
    Scene scene(policyOf(ObjectKind::Events, {{"kacs", kWatched}}));
    scene.connect();
    RecordAccess access(scene.policy, kAlice);
    CHECK_FALSE(access.mayRead(ObjectKind::Events, "kacs.access_denied"));
    REQUIRE(scene.kmes.waitForPayloads(1));
    const std::string json = shown(scene.kmes.payloads.front());
    CAPTURE(json);
    const auto has = [&](std::string_view part) { return json.find(part) != std::string::npos; };
    CHECK(has(base::encodeHex(kAlice.token->user.bytes())));
    CHECK(has(base::encodeHex(base::asBytes("events:kacs"))));
    CHECK(has(R"("object_name":"events:kacs.access_denied")"));
    CHECK(has(R"("requested_access":1)"));
    CHECK(has(R"("granted_access":0)"));
    CHECK(has(R"("success":false)"));
    CHECK(has(R"("kind":"sacl")"));
    CHECK(has(R"("integrity_level":8192)"));
    CHECK(has(R"("pid":42)"));
    // The ACE of the SACL, byte for byte.
    CHECK(has("02c01400"));
    RecordAccess root(scene.policy, kRoot);
    CHECK(root.mayRead(ObjectKind::Events, "kacs"));
    REQUIRE(scene.kmes.waitForPayloads(2));
    CHECK(shown(scene.kmes.payloads.back()).find(R"("success":true)") != std::string::npos);
}

TEST_CASE("audit trail: only the outcomes that the SACL names are told") {
    Scene scene(
        policyOf(ObjectKind::Events, {{"yes", "O:SYG:SYD:P(A;;0x1;;;SY)S:(AU;SA;0x1;;;WD)"},
                                      {"no", "O:SYG:SYD:P(A;;0x1;;;SY)S:(AU;FA;0x1;;;WD)"},
                                      {"other", "O:SYG:SYD:P(A;;0x1;;;SY)S:(AU;SAFA;0x2;;;WD)"}}));
    scene.connect();
    for (const Caller* caller : {&kAlice, &kRoot}) {
        RecordAccess access(scene.policy, *caller);
        for (const char* name : {"yes", "no", "other"}) {
            (void)access.mayRead(ObjectKind::Events, name);
        }
    }
    REQUIRE(scene.kmes.waitForPayloads(2));
    scene.trail.reset();
    REQUIRE(scene.kmes.payloads.size() == 2);
    CHECK(shown(scene.kmes.payloads[0]).find("events:no") != std::string::npos);
    CHECK(shown(scene.kmes.payloads[1]).find("events:yes") != std::string::npos);
}

TEST_CASE("audit trail: the default descriptors make no noise") {
    Scene scene{rights::SecurityPolicy()};
    scene.connect();
    for (const Caller* caller : {&kAlice, &kRoot}) {
        RecordAccess access(scene.policy, *caller);
        for (const ObjectKind kind : {ObjectKind::Events, ObjectKind::Logs, ObjectKind::Metrics}) {
            (void)access.mayRead(kind, "a");
        }
    }
    CHECK(scene.trail->emitted() + scene.trail->dropped() == 0);
    scene.trail.reset();
    CHECK(scene.kmes.calls == 0);
}

// Ruling A7. A stream over everything sees the events that it has caused: under the verdict that
// caused them, so that it causes no more.
TEST_CASE("audit trail: what is remembered makes no noise, so no stream feeds itself") {
    Scene scene(policyOf(ObjectKind::Events, {{"*", kWatched}}));
    scene.connect();
    RecordAccess stream(scene.policy, kRoot);
    CHECK(stream.mayRead(ObjectKind::Events, "login"));
    REQUIRE(scene.kmes.waitForPayloads(1));
    for (int batch = 0; batch < 100; ++batch) {
        (void)stream.refresh();
        CHECK(stream.of(ObjectKind::Events, "access-audit", Fields{"timestamp", "success"}).root);
    }
    RecordAccess another(scene.policy, kRoot);
    CHECK(another.mayRead(ObjectKind::Events, "access-audit"));
    scene.trail.reset();
    CHECK(scene.kmes.payloads.size() == 1);
}

TEST_CASE("audit trail: with rules for fields a stream is told of once for each set of fields") {
    const std::string field = evd::test::guidText(rights::fieldGuid("uid"));
    Scene scene(policyOf(ObjectKind::Events, {{"*", base::cat("O:SYG:SYD:P(A;;0x1;;;SY)(OA;;0x1;",
                                                              field, ";;WD)S:(AU;SA;0x1;;;WD)")}}));
    scene.connect();
    for (int question = 0; question < 20; ++question) {
        RecordAccess stream(scene.policy, kRoot);
        CHECK(stream.mayRead(ObjectKind::Events, "access-audit"));
        CHECK(stream.seesAll(ObjectKind::Events, "access-audit"));
        CHECK(stream.of(ObjectKind::Events, "access-audit", Fields{"timestamp", "success"}).root);
    }
    REQUIRE(scene.kmes.waitForPayloads(2));
    scene.trail.reset();
    CHECK(scene.kmes.payloads.size() == 2);  // one for the telltales
}

TEST_CASE("audit trail: a new policy is a new check, and is told") {
    Scene scene(policyOf(ObjectKind::Events, {{"*", kWatched}}));
    scene.connect();
    RecordAccess stream(scene.policy, kRoot);
    CHECK(stream.mayRead(ObjectKind::Events, "a"));
    scene.policy.install(policyOf(ObjectKind::Events, {{"*", kWatched}, {"b", kWatched}}));
    CHECK(stream.refresh());
    CHECK(stream.mayRead(ObjectKind::Events, "a"));
    CHECK(scene.kmes.waitForPayloads(2));
}

TEST_CASE("audit trail: events wait for KMES, up to a number, and are counted beyond") {
    Scene scene(policyOf(ObjectKind::Events, {{"*", kWatched}}));
    const rights::PatternTable table(policyOf(ObjectKind::Events, {{"*", kWatched}}));
    const rights::FieldTree tree(ObjectKind::Events, Fields{});
    const evd::queryd::RecordQuestion question{ObjectKind::Events, "a",
                                               table.resolve(ObjectKind::Events, "a"), tree};
    const size_t many = AuditTrail::kWaitingMax + 500;
    for (size_t i = 0; i < many; ++i) {
        scene.clock.advanceNs(base::kNsPerSecond);  // so that the rate is not what stops it
        (void)scene.checker.check(kAlice, question);
    }
    // The thread holds one more in its hand.
    CHECK(scene.trail->dropped() >= 499);
    CHECK(scene.trail->dropped() <= 500);
    scene.connect();
    REQUIRE(scene.kmes.waitForPayloads(AuditTrail::kWaitingMax));
    scene.trail.reset();
    CHECK(scene.kmes.payloads.size() >= AuditTrail::kWaitingMax);
}

TEST_CASE("audit trail: the rate is bounded, what is above it is counted") {
    Scene scene{rights::SecurityPolicy()};
    scene.connect();
    const rights::PatternTable table(policyOf(ObjectKind::Events, {{"*", kWatched}}));
    const rights::FieldTree tree(ObjectKind::Events, Fields{});
    const evd::queryd::RecordQuestion question{ObjectKind::Events, "a",
                                               table.resolve(ObjectKind::Events, "a"), tree};
    for (int64_t i = 0; i < AuditAllowance::kBurst + 5; ++i) {
        (void)scene.checker.check(kAlice, question);
    }
    CHECK(scene.trail->dropped() == 5);
    CHECK(scene.kmes.waitForPayloads(AuditAllowance::kBurst));
}

TEST_CASE("audit allowance: a burst, then so many a second, and never more than a burst") {
    AuditAllowance allowance;
    const auto takeAll = [&](int64_t now_ns) {
        int64_t taken = 0;
        while (allowance.take(now_ns)) {
            ++taken;
        }
        return taken;
    };
    CHECK(takeAll(5) == AuditAllowance::kBurst);
    CHECK(takeAll(5 + base::kNsPerSecond) == AuditAllowance::kPerSecond);
    CHECK(takeAll(5 + base::kNsPerSecond) == 0);
    CHECK(takeAll(INT64_MAX) == AuditAllowance::kBurst);
    CHECK(takeAll(0) == 0);  // a clock that goes back gives nothing
}

TEST_CASE("audit trail: a kmesd that dies gets its successor the event that was in the air") {
    Scene scene(policyOf(ObjectKind::Events, {{"*", kWatched}}));
    scene.kmes.errors = {base::ErrorKind::Gone};
    scene.connect();
    RecordAccess access(scene.policy, kAlice);
    (void)access.mayRead(ObjectKind::Events, "a");
    REQUIRE(scene.kmes.waitForCalls(1));
    scene.connect();
    CHECK(scene.kmes.waitForPayloads(1));
    CHECK(scene.trail->dropped() == 0);
}

TEST_CASE("audit trail: busy is tried again, a refusal is counted") {
    Scene scene(policyOf(ObjectKind::Events, {{"a", kWatched}, {"b", kWatched}}));
    scene.kmes.errors = {base::ErrorKind::Busy, base::ErrorKind::Busy};
    scene.connect();
    RecordAccess access(scene.policy, kAlice);
    (void)access.mayRead(ObjectKind::Events, "a");
    REQUIRE(scene.kmes.waitForPayloads(1));
    {
        const std::lock_guard lock(scene.kmes.mutex);
        scene.kmes.errors = {base::ErrorKind::Denied};
    }
    (void)access.mayRead(ObjectKind::Events, "b");
    REQUIRE(scene.kmes.waitForCalls(4));
    CHECK(
        evd::test::waitUntil(evd::test::kPatienceMs, [&] { return scene.trail->dropped() == 1; }));
    scene.trail.reset();
    CHECK(scene.kmes.payloads.size() == 1);
}

TEST_CASE("audit trail: a KMES that does not answer does not hold up the end") {
    Scene scene(policyOf(ObjectKind::Events, {{"a", kWatched}}));
    scene.kmes.is_stuck = true;
    scene.connect();
    RecordAccess access(scene.policy, kAlice);
    (void)access.mayRead(ObjectKind::Events, "a");
    REQUIRE(scene.kmes.waitForCalls(1));
    scene.trail.reset();
    CHECK(scene.kmes.calls == 1);
}

TEST_CASE("audit event: as large as KMES takes, for any caller and any name") {
    rights::Token token;
    for (uint32_t group = 0; group < 5000; ++group) {
        token.groups.push_back(
            {rights::Sid(22, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, group}), 4});
    }
    const rights::PatternTable table(policyOf(ObjectKind::Events, {{"*", kWatched}}));
    const rights::FieldTree tree(ObjectKind::Events, Fields{});
    std::string name(evd::kmes::kEventTypeBytesMax, 'x');
    for (size_t i = 0; i + 1 < name.size(); i += 2) {
        name.replace(i, 2, "ä");
    }
    name.insert(0, "y");  // so that the cut falls into a letter
    const auto payload = evd::queryd::auditPayload(
        token, {ObjectKind::Events, name, table.resolve(ObjectKind::Events, "a"), tree},
        {0, 1, 0, false}, {1, "a", "b"});
    CHECK(payload.size() < 60'000);
    CHECK(wire::validateMsgpack(payload, 32).ok());
    // Nobody is known to have been refused a name that is no text: it is left out.
    const auto other = evd::queryd::auditPayload(
        token, {ObjectKind::Events, "\xff", table.resolve(ObjectKind::Events, "a"), tree},
        {std::nullopt, 1, 0, false}, {1, "a", "b"});
    CHECK(wire::validateMsgpack(other, 32).ok());
    CHECK(shown(other).find(R"("kind":"policy")") != std::string::npos);
}
