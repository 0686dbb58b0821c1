#include "collector/ingest/publish_gate.h"

#include "collector/ingest/door.h"
#include "tests/support/security_rules.h"
#include "tests/unit/collector/ingest/ingest_fixture.h"

#include <doctest/doctest.h>

namespace rights = evd::access;
namespace test = evd::test;
using evd::collector::LogWindow;
using evd::collector::PublishGate;
using evd::collector::Receipt;
using evd::collector::Reject;
using evd::collector::RejectCounts;
using evd::collector::SampleWindow;
using evd::collector::Sender;
using evd::test::policyOf;
using rights::ObjectKind;

namespace {

constexpr Sender kWeb = {1001, 1500};
constexpr Sender kOther = {1002, 1002};
constexpr Sender kRoot = {0, 0};
const rights::UnixRoles kRoles = {0, {27}};

// The web server's names are its own, and SYSTEM's.
constexpr const char* kForWeb = "O:SYG:SYD:P(A;;0x8;;;SY)(A;;0x8;;;S-1-22-1-1001)";

struct Scene {
    explicit Scene(ObjectKind kind) : kind_(kind) { policy.install(rules()); }
    rights::SecurityPolicy rules() const { return policyOf(kind_, {{"web", kForWeb}}); }
    PublishGate gate() { return PublishGate(policy, kind_, kRoles); }

    ObjectKind kind_;
    rights::LivePolicy policy;
};

Receipt from(const Sender& sender) {
    return {5, 5, sender};
}

}  // namespace

TEST_CASE("publish gate: without descriptors everybody may send anything (Spec §9.2)") {
    PublishGate without;
    CHECK(without.isOpen());
    CHECK(without.admits(kOther, "web"));
    const rights::LivePolicy empty;
    PublishGate gate(empty, ObjectKind::PublishLogs, kRoles);
    CHECK(gate.isOpen());
    CHECK(gate.admits(Sender{}, "web"));
    CHECK(gate.verdictCount() == 0);
}

TEST_CASE(
    "publish gate: the sensor sends as SYSTEM under a user of its own, an unknown one does not") {
    Scene scene(ObjectKind::PublishLogs);
    constexpr Sender kSensor = {61006, 61006};
    CHECK_FALSE(scene.gate().admits(kSensor, "web"));
    PublishGate gate(scene.policy, ObjectKind::PublishLogs, kRoles, kSensor.uid);
    CHECK(gate.admits(kSensor, "web"));
    CHECK_FALSE(gate.admits(kOther, "web"));
    CHECK_FALSE(gate.admits(Sender{}, "web"));
}

TEST_CASE("publish gate: a name is for those whom its descriptor lets publish") {
    Scene scene(ObjectKind::PublishLogs);
    PublishGate gate = scene.gate();
    CHECK_FALSE(gate.isOpen());
    for (const char* name : {"web", "web.front", "WEB.front"}) {
        CAPTURE(name);
        CHECK(gate.admits(kWeb, name));
        CHECK(gate.admits(kRoot, name));
        CHECK_FALSE(gate.admits(kOther, name));
        CHECK_FALSE(gate.admits(Sender{}, name));  // somebody the kernel does not name
    }
    CHECK(gate.admits(kOther, "webfoo"));  // another name, for which nothing is set
}

TEST_CASE("publish gate: verdicts are kept by sender and pattern, and not without bound") {
    Scene scene(ObjectKind::PublishLogs);
    PublishGate gate = scene.gate();
    for (int i = 0; i < 1000; ++i) {
        CHECK(gate.admits(kWeb, "web." + std::to_string(i)));
    }
    CHECK(gate.verdictCount() == 1);
    CHECK_FALSE(gate.admits({1002, 1500}, "web"));  // the group alone is not the user
    CHECK(gate.verdictCount() == 2);
    for (uint32_t uid = 0; uid < 3 * PublishGate::kVerdictsMax; ++uid) {
        CHECK(gate.admits({uid, 5}, "web") == (uid == 0 || uid == 1001));
        REQUIRE(gate.verdictCount() <= PublishGate::kVerdictsMax);
    }
}

TEST_CASE("publish gate: a changed policy holds from the next datagram on") {
    Scene scene(ObjectKind::PublishLogs);
    PublishGate gate = scene.gate();
    CHECK_FALSE(gate.admits(kOther, "web"));
    scene.policy.install({});
    CHECK_FALSE(gate.admits(kOther, "web"));
    gate.refresh();
    CHECK(gate.admits(kOther, "web"));
    CHECK(gate.isOpen());
    scene.policy.install(scene.rules());
    gate.refresh();
    CHECK_FALSE(gate.admits(kOther, "web"));
    scene.policy.install(rights::closedPolicy());
    gate.refresh();
    CHECK_FALSE(gate.admits(kRoot, "anything"));
}

TEST_CASE("log door: a forbidden origin is refused alone, and counted by its reason") {
    Scene scene(ObjectKind::PublishLogs);
    LogWindow window([] {});
    const auto door = evd::collector::makeLogDoor(window, scene.gate());
    auto bytes = test::datagram(R"([{"origin":"web","is_error":false,"message":"forged"},
                                    {"origin":"mine","is_error":false,"message":"m"},
                                    {"origin":"web.front","is_error":true,"message":"forged"}])");
    RejectCounts rejects;
    CHECK(door->take(bytes, from(kOther), rejects) == 1);
    CHECK(test::only(rejects, Reject::NotPermitted) == 2);
    CHECK(door->take(bytes, from(kWeb), rejects) == 3);
    CHECK(test::only(rejects, Reject::NotPermitted) == 2);
    const auto batch = window.take(/*only_full=*/false);
    REQUIRE(batch->count() == 4);
    CHECK(batch->record(0).origin == "mine");
}

TEST_CASE("syslog door: the tag of a line is an origin like any other") {
    Scene scene(ObjectKind::PublishLogs);
    LogWindow window([] {});
    const auto door = evd::collector::makeSyslogDoor(window, scene.gate());
    for (const auto& [sender, taken] : {std::pair(kOther, 0U), std::pair(kWeb, 1U)}) {
        auto bytes = test::bytesOf("<13>Jan  1 00:00:00 web: hello");
        RejectCounts rejects;
        CHECK(door->take(bytes, from(sender), rejects) == taken);
        CHECK(test::only(rejects, Reject::NotPermitted) == 1 - taken);
    }
}

TEST_CASE("metric door: a forbidden name is refused alone") {
    Scene scene(ObjectKind::PublishMetrics);
    SampleWindow window([] {});
    const auto door = evd::collector::makeMetricDoor(window, scene.gate());
    auto bytes = test::datagram(R"([{"name":"web.hits","type":"gauge","value":1.5},
                                    {"name":"mine","type":"gauge","value":2.5}])");
    RejectCounts rejects;
    CHECK(door->take(bytes, from(kOther), rejects) == 1);
    CHECK(test::only(rejects, Reject::NotPermitted) == 1);
    CHECK(window.take(/*only_full=*/false)->samples()[0].value == 2.5);
}

TEST_CASE("statsd door: a forbidden name changes no series") {
    Scene scene(ObjectKind::PublishMetrics);
    SampleWindow window([] {});
    const auto door = evd::collector::makeStatsdDoor(window, scene.gate());
    RejectCounts rejects;
    auto forged = test::bytesOf("web.hits:100|c\nmine:1|c\n");
    CHECK(door->take(forged, from(kOther), rejects) == 1);
    CHECK(test::only(rejects, Reject::NotPermitted) == 1);
    auto real = test::bytesOf("web.hits:1|c");
    CHECK(door->take(real, from(kWeb), rejects) == 1);
    door->finish(6);
    const auto batch = window.take(/*only_full=*/false);
    REQUIRE(batch->samples().size() == 2);
    CHECK(batch->samples()[0].value == 1);
    CHECK(batch->samples()[1].value == 1);
}

// The kinds are apart: a descriptor for logs says nothing of metrics.
TEST_CASE("publish gate: descriptors for origins do not close metric names") {
    Scene scene(ObjectKind::PublishLogs);
    PublishGate metrics(scene.policy, ObjectKind::PublishMetrics, kRoles);
    CHECK(metrics.admits(kOther, "web"));
}
