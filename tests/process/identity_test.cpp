// The group as it runs when it is installed: started by root, each program as a user of its own.
// The users are numbers, so that no test touches the machine's list of users.

#include "tests/support/emitter.h"
#include "tests/support/evctl.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace test = evd::test;
namespace fs = std::filesystem;
using test::ask;

namespace {

constexpr const char* kEventType = "identity.event";
constexpr uid_t kStore = 61001;
constexpr const char* kUsers =
    R"(["store=61001", "queryd=61002", "ingest=61003", "kmesd=61004", "collector=61005", "sensor=61006"])";
const std::map<std::string, uid_t> kUids = {{"eventd-store", 61001},     {"eventd-queryd", 61002},
                                            {"eventd-ingest", 61003},    {"eventd-kmesd", 61004},
                                            {"eventd-collector", 61005}, {"eventd-sensor", 61006}};

bool isRoot() {
    if (::geteuid() != 0) {
        MESSAGE("needs root to change users");
    }
    return ::geteuid() == 0;
}

test::GroupOptions withUsers() {
    test::GroupOptions options;
    options.values = {{"Linux", "Users", "multi", kUsers}};
    return options;
}

// An event is on its way when it is emitted, and stored a moment later.
bool waitForCount(const test::StateFolder& state, uint64_t count) {
    const std::string wanted = std::to_string(count);
    return test::waitUntil(test::kPatienceMs, [&] {
        const auto answer = ask(state, std::string("EVENTS ") + kEventType + " COUNT");
        return answer.status == 0 && answer.output.find(wanted) != std::string::npos;
    });
}

// A line of /proc/<pid>/status behind its name.
std::string statusLine(pid_t pid, const std::string& name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with(name + ":\t")) {
            return line.substr(name.size() + 2);
        }
    }
    return "";
}

std::string namespaceOf(pid_t pid, const char* kind) {
    std::error_code ignored;
    return fs::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + kind, ignored).string();
}

void emitAll(const test::StateFolder& state, uint64_t first, uint32_t count) {
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType, 20);
    REQUIRE(emitter.emit(first, count).acknowledged == count);
}

void checkOwners(const test::StateFolder& state) {
    for (const char* name : {"events/shard-0000.db", "events/shard-0000.db-wal",
                             "events/shard-0000.db-shm", "logs.db", "metrics.db"}) {
        CAPTURE(name);
        struct stat found {};
        REQUIRE(::stat(state.below(name).c_str(), &found) == 0);
        CHECK(found.st_uid == kStore);
        CHECK(found.st_gid == kStore);
        CHECK((found.st_mode & 0777) == 0640);
    }
}

}  // namespace

TEST_CASE("identity: every program is a user of its own, without groups and capabilities") {
    if (!isRoot()) {
        return;
    }
    const test::StateFolder state;
    test::Group group(state, withUsers());
    REQUIRE(group.waitReady());
    for (const auto& [name, uid] : kUids) {
        CAPTURE(name);
        const pid_t pid = group.childPid(name);
        REQUIRE(pid > 0);
        const std::string id = std::to_string(uid);
        const std::string four = id + "\t" + id + "\t" + id + "\t" + id;
        CHECK(statusLine(pid, "Uid") == four);
        CHECK(statusLine(pid, "Gid") == four);
        CHECK(statusLine(pid, "Groups") == (name == "eventd-queryd" ? "61001 " : " "));
        CHECK(statusLine(pid, "NoNewPrivs") == "1");
        const bool is_sensor = name == "eventd-sensor";
        const std::string effective = statusLine(pid, "CapEff");
        CHECK((effective == "0000000000000000" || (is_sensor && effective == "0000000000080000")));
        CHECK(statusLine(pid, "CapBnd") == effective);
        CHECK(statusLine(pid, "CapAmb") == "0000000000000000");
    }
    CHECK(group.stop() == 0);
}

TEST_CASE(
    "identity: events, logs and metrics flow and are read by another user than their writer") {
    if (!isRoot()) {
        return;
    }
    const test::StateFolder state;
    test::Group group(state, withUsers());
    REQUIRE(group.waitReady());
    emitAll(state, 1, 200);
    CHECK(waitForCount(state, 200));
    checkOwners(state);
    // Whoever writes first makes the index of the log; the reader never may.
    for (const char* victim : {"eventd-store", "eventd-queryd", "eventd-kmesd"}) {
        CAPTURE(victim);
        REQUIRE(group.signalChild(victim, SIGKILL));
        REQUIRE(group.waitForStderr(std::string(victim) + " serves again", test::kReadySeconds));
        CHECK(ask(state, std::string("EVENTS ") + kEventType + " TAKE 1").status == 0);
    }
    emitAll(state, 201, 200);
    CHECK(group.stop() == 0);
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    CHECK(report.violations.empty());
    CHECK(report.numbers.size() == 400);
}

TEST_CASE("identity: a store that root's group made goes on under its user, and back") {
    if (!isRoot()) {
        return;
    }
    const test::StateFolder state;
    const auto run = [&](const test::GroupOptions& options, uint64_t first) {
        test::Group group(state, options);
        REQUIRE(group.waitReady());
        emitAll(state, first, 50);
        CHECK(waitForCount(state, first + 49));
        CHECK(group.stop() == 0);
    };
    run({}, 1);
    run(withUsers(), 51);
    checkOwners(state);
    run({}, 101);
}

TEST_CASE("identity: without such users all run as who started them, and one line says so") {
    const test::StateFolder state;
    test::GroupOptions options;
    options.values = {{"Linux", "Users", "multi", "[]"}};
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    CHECK(group.stderrText().find("every program runs as the user who started it") !=
          std::string::npos);
    for (const auto& [name, pid] : group.children()) {
        CAPTURE(name);
        CHECK(statusLine(pid, "Uid").starts_with(std::to_string(::geteuid()) + "\t"));
    }
    CHECK(group.stop() == 0);
}

TEST_CASE("identity: no program of the group shares the network with the host") {
    const test::StateFolder state;
    test::Group group(state, withUsers());
    REQUIRE(group.waitReady());
    if (group.stderrText().find("no own network") != std::string::npos || !isRoot()) {
        MESSAGE("this kernel lets us make no namespaces");
        return;
    }
    std::set<std::string> networks = {namespaceOf(group.pid(), "net")};
    for (const auto& [name, pid] : group.children()) {
        CAPTURE(name);
        CHECK(networks.insert(namespaceOf(pid, "net")).second);
        CHECK(namespaceOf(pid, "ipc") != namespaceOf(group.pid(), "ipc"));
    }
    // The sensor tells of the host's interfaces all the same.
    const std::string question = "METRIC network.received.bytes.total";
    CHECK(ask(state, question).status == 0);
    CHECK(group.stop() == 0);
}
