// What can happen to rings while the whole group runs on them: they are lapped, they change size
// under load, they are filled in one go, and somebody else reads them too.

#include "common/base/socket.h"
#include "common/base/text.h"
#include "tests/support/emitter.h"
#include "tests/support/evctl.h"
#include "tests/support/event_load.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>

namespace test = evd::test;
using evd::base::cat;

namespace {

constexpr const char* kEventType = "ring.event";
constexpr uint32_t kOpResize = 4;
constexpr uint64_t kEventsBetween = 2000;  // two resizes
constexpr test::EventPace kPace = {50, 1, 100};

test::GroupOptions withRings(int count) {
    test::GroupOptions options = test::withoutSensors();
    options.values.push_back({"Linux", "KmesCpus", "dword", cat(count)});
    return options;
}

int32_t resizeRings(const test::StateFolder& state, uint64_t capacity) {
    const auto connection = evd::base::connectUnix(state.below("run/kmes.sock"), SOCK_SEQPACKET);
    REQUIRE(connection.ok());
    std::vector<uint8_t> packet(16);
    std::memcpy(packet.data(), &kOpResize, sizeof(kOpResize));
    std::memcpy(packet.data() + 8, &capacity, sizeof(capacity));
    REQUIRE(evd::base::sendPacket(connection.value().get(), packet).ok());
    uint8_t reply[8] = {};
    REQUIRE(evd::base::receivePacket(connection.value().get(), reply).ok());
    int32_t status = -1;
    std::memcpy(&status, reply, sizeof(status));
    return status;
}

// What is stored the collector has taken out of the ring.
bool waitForStored(const test::StateFolder& state, uint64_t events) {
    const std::string counted = cat("{\"count\":", events, "}\n");
    return test::waitUntil(test::kPatienceMs, [&] {
        return test::ask(state, cat("EVENTS ", kEventType, " COUNT")).output == counted;
    });
}

// A group that has no rings and reads those of another one.
test::GroupOptions withRingsOf(const test::StateFolder& other) {
    test::GroupOptions options = test::withoutSensors();
    options.values.push_back({"Linux", "KmesBackend", "sz", "\"socket\""});
    options.values.push_back(
        {"Linux", "KmesSocketPath", "sz", cat("\"", other.below("run/kmes.sock"), "\"")});
    return options;
}

void emitHundred(const test::StateFolder& state, uint64_t first) {
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType, 50);
    REQUIRE(emitter.emit(first, 100).acknowledged == 100);
}

void checkNothingBroken(const test::ExactlyOnceReport& report) {
    for (const auto& violation : report.violations) {
        FAIL_CHECK(violation);
    }
    CHECK(report.distinct() == report.numbers.size());
}

}  // namespace

TEST_CASE("ring: each ring has a drain thread of its own (Spec §2.2)") {
    const test::StateFolder state;
    test::Group group(state, withRings(3));
    REQUIRE(group.waitReady());
    const std::multiset<std::string> wanted = {"drain-0", "drain-1", "drain-2"};
    const auto tasks = cat("/proc/", group.childPid("eventd-collector"), "/task");
    const auto drains = [&tasks] {
        std::multiset<std::string> names;
        for (const auto& task : std::filesystem::directory_iterator(tasks)) {
            std::ifstream file(task.path() / "comm");
            std::string name;
            std::getline(file, name);
            if (name.starts_with("drain-")) {
                names.insert(name);
            }
        }
        return names;
    };
    // A thread gives itself its name when it first runs.
    CHECK(test::waitUntil(test::kPatienceMs, [&] { return drains().size() >= wanted.size(); }));
    CHECK(drains() == wanted);
    CHECK(group.stop() == 0);
}

TEST_CASE("ring: a collector that sleeps too long is lapped, and the loss is recorded exactly") {
    const test::StateFolder state;
    test::Group group(state, withRings(1));
    REQUIRE(group.waitReady());
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType, 1000);
    REQUIRE(emitter.emit(1, 10).acknowledged == 10);
    REQUIRE(waitForStored(state, 10));
    REQUIRE(group.signalChild("eventd-collector", SIGSTOP));
    uint64_t next = 11;
    for (int i = 0; i < 60; ++i, next += 200) {  // 12,000 events of a good kilobyte: three laps
        REQUIRE(emitter.emit(next, 200).acknowledged == 200);
    }
    REQUIRE(group.signalChild("eventd-collector", SIGCONT));
    REQUIRE(emitter.emit(next, 10).acknowledged == 10);
    CHECK(group.stop() == 0);
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    checkNothingBroken(report);
    CHECK(report.gap_records >= 1);
    CHECK(report.lost > 0);
    CHECK(report.numbers.size() + report.lost == next + 9);
}

TEST_CASE("ring: growing and shrinking under load loses and doubles nothing unrecorded") {
    const test::StateFolder state;
    test::Group group(state, withRings(1));
    REQUIRE(group.waitReady());
    test::EventLoad load(state.below("run/kmes.sock"), kEventType, kPace);
    const uint64_t mebibyte = 1024 * 1024;
    for (const uint64_t capacity :
         {16 * mebibyte, mebibyte, 8 * mebibyte, mebibyte / 2, 4 * mebibyte}) {
        CHECK(resizeRings(state, capacity) == 0);
        const uint64_t wanted = load.acknowledgedCount() + kEventsBetween;
        CHECK(
            test::waitUntil(test::kPatienceMs, [&] { return load.acknowledgedCount() >= wanted; }));
    }
    CHECK(resizeRings(state, 3 * mebibyte) < 0);  // no power of two
    CHECK(resizeRings(state, 1024) < 0);          // below the least
    load.stop();
    CHECK(group.stop() == 0);
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    checkNothingBroken(report);
    CHECK(report.numbers.size() + report.lost == load.acknowledgedCount());
}

TEST_CASE("ring: bursts that fill a ring in one go are stored without a gap") {
    const test::StateFolder state;
    test::Group group(state, withRings(1));
    REQUIRE(group.waitReady());
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType, 1000);
    uint64_t next = 1;
    for (int burst = 0; burst < 10; ++burst) {
        for (int i = 0; i < 15; ++i, next += 250) {  // 3,750 events, about 4 MB
            REQUIRE(emitter.emit(next, 250).acknowledged == 250);
        }
        REQUIRE(waitForStored(state, next - 1));
    }
    CHECK(group.stop() == 0);
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    checkNothingBroken(report);
    CHECK(report.numbers.size() + report.lost == next - 1);
    CHECK(report.lost == 0);
}

TEST_CASE("ring: a second group may read another's rings over its socket") {
    const test::StateFolder first_state;
    test::Group first(first_state, withRings(1));
    REQUIRE(first.waitReady());
    const test::StateFolder second_state;
    test::Group second(second_state, withRingsOf(first_state));
    REQUIRE(second.waitReady());
    CHECK(second.childPid("eventd-kmesd") == -1);
    emitHundred(first_state, 1);
    CHECK(second.stop() == 0);
    CHECK(first.stop() == 0);
    for (const auto* state : {&first_state, &second_state}) {
        const auto report = test::checkExactlyOnce(state->below("events"), kEventType);
        checkNothingBroken(report);
        CHECK(report.numbers.size() == 100);
    }
}

TEST_CASE("ring: who reads rings over a socket finds them again when their KMES was started anew") {
    const test::StateFolder first_state;
    auto first = std::make_unique<test::Group>(first_state, withRings(1));
    REQUIRE(first->waitReady());
    const test::StateFolder second_state;
    test::Group second(second_state, withRingsOf(first_state));
    REQUIRE(second.waitReady());
    emitHundred(first_state, 1);
    REQUIRE(waitForStored(second_state, 100));

    // Its rings live on. That they are replaced afterwards is told by a new connection alone.
    REQUIRE(first->signalChild("eventd-kmesd", SIGKILL));
    REQUIRE(second.waitForStderr("eventd-collector has a connection to KMES", test::kReadySeconds));
    CHECK(resizeRings(first_state, 8 * 1024 * 1024) == 0);
    emitHundred(first_state, 101);
    CHECK(waitForStored(second_state, 200));

    // And rings that know nothing of the old ones.
    CHECK(first->stop() == 0);
    first = std::make_unique<test::Group>(first_state, withRings(1));
    REQUIRE(first->waitReady());
    emitHundred(first_state, 201);
    CHECK(waitForStored(second_state, 300));

    CHECK(second.stop() == 0);
    CHECK(first->stop() == 0);
    for (const auto* state : {&first_state, &second_state}) {
        const auto report = test::checkExactlyOnce(state->below("events"), kEventType);
        checkNothingBroken(report);
        CHECK(report.numbers.size() == 300);
        CHECK(report.lost == 0);
    }
}
