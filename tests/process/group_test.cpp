// The life of the group as a whole: it becomes ready, stops cleanly, comes back with what it had,
// refuses a second instance, and keeps its word on exit codes.

#include "tests/support/group.h"
#include "common/base/text.h"
#include "tests/support/emitter.h"
#include "tests/support/evctl.h"
#include "tests/support/exactly_once.h"
#include "tests/support/init_system.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

namespace test = evd::test;
namespace fs = std::filesystem;
using test::ask;

namespace {

constexpr const char* kEventType = "group.event";
constexpr int kSaidSeconds = 30;

// What it is answered as soon as there is anything.
std::string firstAnswer(const test::StateFolder& state, const std::string& question) {
    std::string answer;
    (void)test::waitUntil(test::kPatienceMs,
                          [&] { return !(answer = ask(state, question).output).empty(); });
    return answer;
}

// What /proc/<pid>/autogroup says behind "nice"; nothing where the kernel does not weigh sessions.
std::optional<int> niceOfSession(pid_t pid) {
    std::ifstream file(evd::base::cat("/proc/", pid, "/autogroup"));
    std::string session;
    std::string word;
    int nice = 0;
    return file >> session >> word >> nice ? std::optional(nice) : std::nullopt;
}

void emitAll(const test::StateFolder& state, uint64_t first, uint32_t count) {
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType, 20);
    REQUIRE(emitter.emit(first, count).acknowledged == count);
}

}  // namespace

TEST_CASE("group: becomes ready with its sockets, answers, and stops with 0") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    for (const char* name : {"run/query.sock", "run/rpc.sock", "run/kmes.sock"}) {
        struct stat found {};
        REQUIRE(::stat(state.below(name).c_str(), &found) == 0);
        CHECK(S_ISSOCK(found.st_mode));
        CHECK((found.st_mode & 0777) == 0666);
    }
    const auto answer = ask(state, "EVENTS synthetic.startup");
    CHECK(answer.status == 0);
    CHECK(answer.output.find("synthetic.startup") != std::string::npos);
    CHECK(group.stop() == 0);
}

TEST_CASE("group: events emitted before a stop are there after the next start, exactly once") {
    const test::StateFolder state;
    {
        test::Group group(state, {});
        REQUIRE(group.waitReady());
        emitAll(state, 1, 200);
        CHECK(group.stop() == 0);
    }
    test::Group again(state, {});
    REQUIRE(again.waitReady());
    emitAll(state, 201, 200);
    CHECK(again.stop() == 0);
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    CHECK(report.violations.empty());
    CHECK(report.gap_records == 0);
    CHECK(report.numbers.size() == 400);
    CHECK(report.distinct() == 400);
}

TEST_CASE("group: queryd has less of a contended processor than what stores") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const int ours = ::getpriority(PRIO_PROCESS, static_cast<id_t>(group.pid()));
    for (const auto& [name, pid] : group.children()) {
        CAPTURE(name);
        const int wanted = name == "eventd-queryd" ? 5 : 0;
        CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(pid)) - ours == wanted);
        CHECK(niceOfSession(pid).value_or(wanted) == wanted);
    }
    CHECK(group.stop() == 0);
}

TEST_CASE("group: a second instance on the same store refuses and names the holder") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const auto second = test::runCommand({test::programPath("eventd"), "--state", state.path()});
    CHECK(second.status == 1);
    CHECK(second.errors.find(std::to_string(group.pid())) != std::string::npos);
    CHECK(ask(state, "EVENTS TAKE 1").status == 0);
}

TEST_CASE("group: bad usage exits with 2, a missing required key with 1") {
    CHECK(test::runCommand({test::programPath("eventd"), "--no-such-option"}).status == 2);
    const test::StateFolder state;
    std::ofstream(state.below("empty.reg")) << "{\"keys\": []}";
    const auto started =
        test::runCommand({test::programPath("eventd"), "--registry", state.below("empty.reg")});
    CHECK(started.status == 1);
    CHECK(started.errors.find("EventStorePath") != std::string::npos);
}

TEST_CASE("group: --check names key, value and reason, and starts nothing") {
    const test::StateFolder state;
    std::ofstream(state.below("bad.reg"))
        << R"({"keys": [{"path": "Machine\\System\\eventd", "values": [)"
        << R"({"name": "MaxBatchSize", "type": "dword", "data": 7}]}]})";
    const std::string events = state.below("state/events");
    const auto checked =
        test::runCommand({test::programPath("eventd"), "--check", "--state", state.below("state"),
                          "--registry", state.below("bad.reg")});
    CHECK(checked.status == 1);
    const std::string said = checked.output + checked.errors;
    CHECK(said.find("MaxBatchSize") != std::string::npos);
    CHECK(said.find("7") != std::string::npos);
    CHECK(!fs::exists(events));
}

TEST_CASE("group: --check finds what only this machine can judge, and so does the start") {
    struct Case {
        const char* name;
        const char* setting;
        const char* said;
    };
    for (const Case& wrong :
         {Case{"Users", R"({"name": "Users", "type": "multi", "data": ["store=0"]})", "store=0"},
          Case{"KmesBackend", R"({"name": "KmesBackend", "type": "sz", "data": "kernel"})",
               "KmesBackend"}}) {
        CAPTURE(wrong.name);
        const test::StateFolder state;
        std::ofstream(state.below("bad.reg"))
            << R"({"keys": [{"path": "Machine\\System\\eventd\\Linux", "values": [)"
            << wrong.setting << "]}]}";
        std::vector<std::string> command = {test::programPath("eventd"), "--state",
                                            state.below("state"),        "--registry",
                                            state.below("bad.reg"),      "--check"};
        const auto checked = test::runCommand(command);
        CHECK(checked.status == 1);
        CHECK(checked.errors.find(wrong.said) != std::string::npos);
        CHECK(!fs::exists(state.below("state/events")));
        command.pop_back();
        if (::geteuid() != 0) {
            continue;  // Who may not change users starts without them.
        }
        const auto started = test::runCommand(command);
        CHECK(started.status == 1);
        CHECK(started.errors.find(wrong.said) != std::string::npos);
    }
}

TEST_CASE("group: TERM, INT and QUIT all end it cleanly, QUIT with a report") {
    for (const int number : {SIGTERM, SIGINT, SIGQUIT}) {
        const test::StateFolder state;
        test::Group group(state, {});
        REQUIRE(group.waitReady());
        group.signal(number);
        CHECK(group.waitExit(test::kStopSeconds) == 0);
        if (number == SIGQUIT) {
            CHECK(group.stderrText().find("eventd-store") != std::string::npos);
        }
    }
}

TEST_CASE("group: HUP takes new live settings over, and a bad file changes nothing") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const std::string long_question = "EVENTS TAKE 1 -- " + std::string(2000, 'x');
    CHECK(ask(state, long_question).status == 0);
    const auto registry = [&](const std::string& text) {
        std::ofstream(state.below("test.reg")) << text;
        group.signal(SIGHUP);
    };
    registry(R"({"keys": [{"path": "Machine/System/eventd", "values": [)"
             R"({"name": "MaxQueryMessageBytes", "type": "dword", "data": 1024}]}]})");
    CHECK(
        test::waitUntil(test::kPatienceMs, [&] { return ask(state, long_question).status == 1; }));
    const std::string recorded = R"({"key":"MaxQueryMessageBytes","new":1024,"old":65536})";
    CHECK(firstAnswer(state, "EVENTS synthetic.config_change SELECT key, old, new") ==
          recorded + "\n");
    registry("{\"keys\": [");
    CHECK(group.waitForStderr("test.reg", kSaidSeconds));
    CHECK(ask(state, long_question).status == 1);
    CHECK(ask(state, "EVENTS TAKE 1").status == 0);
}

TEST_CASE("group: a changed descriptor is taken over and recorded as SDDL (Spec §12, Ruling S11)") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    std::ofstream(state.below("test.reg"))
        << R"reg({"keys": [{"path": "Machine/System/eventd/Security/Logs", "values": [)reg"
           R"reg({"name": "sshd", "type": "sddl", "data": "O:SYD:(A;;0x1;;;SY)"},)reg"
           R"reg({"name": "cron", "type": "sddl", "data": "O:SYD:(A;;0x1;;;QQ)"}]}]})reg";
    group.signal(SIGHUP);
    CHECK(group.waitForStderr("cron", kSaidSeconds));  // no descriptor, and no reason to stop
    CHECK(firstAnswer(state, R"(EVENTS synthetic.config_change )"
                             R"(WHERE key == "Security\\Logs\\sshd" SELECT key, old, new)") ==
          R"reg({"key":"Security\\Logs\\sshd","new":"O:SYD:(A;;0x1;;;SY)","old":null})reg"
          "\n");
}

TEST_CASE("group: a program that keeps dying ends the group with 1") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const auto has_ended = [&] {
        const pid_t pid = group.childPid("eventd-queryd");
        if (pid > 0) {
            ::kill(pid, SIGKILL);
        }
        return group.waitExit(0) != -1;
    };
    CHECK(test::waitUntil(test::kPatienceMs, has_ended));
    CHECK(group.waitExit(0) == 1);
    CHECK(group.stderrText().find("eventd-queryd") != std::string::npos);
}

TEST_CASE("group: a stopped child is found by its missing heartbeat and replaced") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const pid_t hung = group.childPid("eventd-queryd");
    REQUIRE(hung > 0);
    ::kill(hung, SIGSTOP);
    CHECK(test::waitUntil(test::kPatienceMs, [&] {
        const pid_t now = group.childPid("eventd-queryd");
        return now > 0 && now != hung;
    }));
    CHECK(test::waitUntil(test::kPatienceMs,
                          [&] { return ask(state, "EVENTS TAKE 1").status == 0; }));
}

// It may take long to recover its log, and answers nothing meanwhile; but then it does something.
TEST_CASE("group: a store that is stopped while it starts is replaced as soon as any other") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const std::string found = "before it was ready";
    const auto isFound = [&] { return group.stderrText().find(found) != std::string::npos; };
    // One that was ready by then was stopped too late.
    for (int attempt = 0; attempt < 5 && !isFound(); ++attempt) {
        const pid_t last = group.childPid("eventd-store");
        REQUIRE(group.signalChild("eventd-store", SIGKILL));
        pid_t starting = -1;
        REQUIRE(test::waitUntil(test::kPatienceMs, [&] {
            starting = group.childPid("eventd-store");
            return starting > 0 && starting != last;
        }));
        ::kill(starting, SIGSTOP);
        CHECK(test::waitUntil(test::kPatienceMs, [&] {
            const pid_t now = group.childPid("eventd-store");
            return now > 0 && now != starting;
        }));
    }
    CHECK(isFound());
    CHECK(test::waitUntil(test::kPatienceMs,
                          [&] { return ask(state, "EVENTS TAKE 1").status == 0; }));
    CHECK(group.stop() == 0);
}

TEST_CASE("group: a start that fails says why, ends with 1 and is never ready (Spec §10.1)") {
    const test::StateFolder state;
    test::InitSystem init(state.below("notify.sock"));
    test::GroupOptions options;
    init.handOver(options);
    // Found out by the collector, when everything before it is there.
    options.values.push_back({"Linux", "KmesBackend", "sz", "\"socket\""});
    const std::string nobodys = evd::base::cat('"', state.below("nobodys.sock"), '"');
    options.values.push_back({"Linux", "KmesSocketPath", "sz", nobodys});
    test::Group group(state, options);
    CHECK(group.waitExit(test::kReadySeconds) == 1);
    CHECK(group.stderrText().find("eventd-collector") != std::string::npos);
    CHECK(group.stderrText().find("eventd: ready") == std::string::npos);
    CHECK_FALSE(init.read("READY=1"));
}

TEST_CASE("group: readiness and stopping are told to the notify socket") {
    const test::StateFolder state;
    test::InitSystem init(state.below("notify.sock"));
    test::GroupOptions options;
    init.handOver(options);
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    CHECK(init.waitFor("READY=1", test::kReadySeconds));
    CHECK(group.stop() == 0);
    CHECK(init.read("STOPPING=1"));
}
