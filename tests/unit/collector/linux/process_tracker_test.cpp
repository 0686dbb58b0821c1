#include "collector/linux/process_tracker.h"

#include "common/wire/msgpack_path.h"
#include "tests/unit/collector/linux/fake_proc.h"

#include <doctest/doctest.h>

namespace evd::collector {
namespace {

using Kind = ProcessEvent::Kind;

// "exec pid=7 name=sh ..." with the fields asked for.
std::string shown(const SensorEvent& event, const std::vector<std::string>& fields) {
    std::string text(event.type.substr(event.type.find('.') + 1));
    REQUIRE(wire::validateMsgpack(event.payload, 32).ok());
    for (const std::string& name : fields) {
        const auto value = wire::findPath(event.payload, name);
        if (!value.has_value()) {
            continue;
        }
        const auto token = wire::MsgpackReader(*value).next().value();
        text += base::cat(" ", name, "=");
        if (token.kind == wire::MsgpackKind::Text) {
            text += token.bytes;
        } else if (token.kind == wire::MsgpackKind::Boolean) {
            text += token.boolean ? "yes" : "no";
        } else {
            text += base::cat(token.int_value);
        }
    }
    return text;
}

struct Fixture {
    FakeProc proc;
    ProcReader reader{proc.fd()};
    ProcessTracker tracker{reader,
                           BootTime{.boot_wall_ns = 1'000'000'000, .ticks_per_second = 100}};

    std::vector<SensorEvent> handle(const ProcessEvent& event) {
        std::vector<SensorEvent> out;
        tracker.handle(event, out);
        return out;
    }
    std::string one(const ProcessEvent& event, const std::vector<std::string>& fields) {
        const auto out = handle(event);
        REQUIRE(out.size() == 1);
        return shown(out[0], fields);
    }
    std::vector<std::string> scan(ProcessTracker::ScanMode mode) {
        std::vector<SensorEvent> out;
        REQUIRE(tracker.scan(mode, out).ok());
        std::vector<std::string> texts;
        for (const SensorEvent& event : out) {
            texts.push_back(shown(event, {"pid", "name", "reconstructed"}));
        }
        return texts;
    }
    static ProcessEvent fork(pid_t parent, pid_t child) {
        ProcessEvent event;
        event.kind = Kind::Fork;
        event.pid = child;
        event.parent_pid = parent;
        return event;
    }
    static ProcessEvent of(Kind kind, pid_t pid) {
        ProcessEvent event;
        event.kind = kind;
        event.pid = pid;
        return event;
    }
};

const std::vector<std::string> kAll = {
    "pid",          "ppid",       "uid",       "gid",          "name",        "executable_path",
    "command_line", "start_time", "exit_code", "exit_signal",  "core_dumped", "old_uid",
    "new_uid",      "old_name",   "new_name",  "reconstructed"};

TEST_CASE_FIXTURE(Fixture, "tracker: an exec carries all that /proc says, secrets hidden") {
    proc.add({.pid = 7,
              .name = "sh",
              .parent = 3,
              .start = 250,
              .uid = 5,
              .command_line = {"sh", "--password=x"},
              .executable = "/bin/sh"});
    CHECK(one(of(Kind::Exec, 7), kAll) ==
          "exec pid=7 ppid=3 uid=5 gid=5 name=sh executable_path=/bin/sh "
          "command_line=sh --password=<redacted> start_time=3500000000");
}

TEST_CASE_FIXTURE(Fixture,
                  "tracker: a fork carries what is known of the parent, with its own start") {
    proc.add({.pid = 7,
              .name = "sh",
              .parent = 3,
              .start = 250,
              .uid = 5,
              .command_line = {"sh"},
              .executable = "/bin/sh"});
    proc.add({.pid = 8,
              .name = "sh",
              .parent = 7,
              .start = 300,
              .uid = 5,
              .command_line = {"sh"},
              .executable = "/bin/sh"});
    CHECK(one(fork(7, 8), {"pid", "ppid", "name", "executable_path", "start_time"}) ==
          "fork pid=8 ppid=7 name=sh executable_path=/bin/sh start_time=4000000000");
    proc.remove(9);
    CHECK(one(fork(7, 9), {"pid", "ppid", "name", "start_time"}) == "fork pid=9 ppid=7 name=sh");
}

TEST_CASE_FIXTURE(Fixture, "tracker: an exit still says what ended, and how") {
    proc.add({.pid = 7,
              .name = "sh",
              .parent = 3,
              .start = 250,
              .uid = 5,
              .command_line = {"sh"},
              .executable = "/bin/sh"});
    (void)handle(of(Kind::Exec, 7));
    proc.remove(7);
    ProcessEvent exit = of(Kind::Exit, 7);
    exit.wait_status = 3 << 8;
    CHECK(one(exit, {"pid", "name", "executable_path", "exit_code", "exit_signal"}) ==
          "exit pid=7 name=sh executable_path=/bin/sh exit_code=3");
    CHECK(tracker.knownCount() == 0);
    exit.wait_status = 11 | 0x80;
    CHECK(one(exit, kAll) == "exit pid=7 exit_signal=11 core_dumped=yes");  // nothing known now
}

TEST_CASE_FIXTURE(Fixture, "tracker: an exec of a process that is gone carries no stale program") {
    proc.add({.pid = 7,
              .name = "sh",
              .parent = 3,
              .start = 250,
              .uid = 5,
              .command_line = {"sh"},
              .executable = "/bin/sh"});
    (void)handle(of(Kind::Exec, 7));
    proc.remove(7);
    CHECK(one(of(Kind::Exec, 7), kAll) == "exec pid=7 ppid=3 uid=5 gid=5 start_time=3500000000");
}

TEST_CASE_FIXTURE(Fixture, "tracker: changes of uid and name tell old and new, once") {
    proc.add({.pid = 7,
              .name = "sh",
              .parent = 3,
              .start = 250,
              .uid = 5,
              .command_line = {},
              .executable = ""});
    (void)handle(of(Kind::Exec, 7));
    ProcessEvent uid = of(Kind::Uid, 7);
    uid.real_id = 5;
    uid.effective_id = 0;
    CHECK(one(uid, {"pid", "uid", "old_uid", "new_uid"}) == "uid pid=7 uid=0 old_uid=5 new_uid=0");
    CHECK(handle(uid).empty());
    ProcessEvent comm = of(Kind::Comm, 7);
    comm.name = "renamed";
    CHECK(one(comm, {"pid", "name", "old_name", "new_name"}) ==
          "comm pid=7 name=renamed old_name=sh new_name=renamed");
    CHECK(handle(comm).empty());
    ProcessEvent gid = of(Kind::Gid, 7);
    gid.effective_id = 77;
    CHECK(handle(gid).empty());
    CHECK(one(of(Kind::Exit, 7), {"gid"}) == "exit gid=77");
}

TEST_CASE_FIXTURE(Fixture, "tracker: the first look learns and tells nothing") {
    proc.add({.pid = 7,
              .name = "sh",
              .parent = 3,
              .start = 250,
              .uid = 5,
              .command_line = {"sh"},
              .executable = "/bin/sh"});
    CHECK(scan(ProcessTracker::ScanMode::Learn).empty());
    CHECK(tracker.knownCount() == 1);
    CHECK(scan(ProcessTracker::ScanMode::Tell).empty());
}

TEST_CASE_FIXTURE(Fixture, "tracker: a later look tells who came, went, was replaced or renamed") {
    const auto process = [](pid_t pid, const char* name, uint64_t start) {
        return FakeProcess{.pid = pid,
                           .name = name,
                           .parent = 1,
                           .start = start,
                           .uid = 0,
                           .command_line = {name},
                           .executable = ""};
    };
    for (const pid_t pid : {1, 2, 3, 4}) {
        proc.add(process(pid, "old", 10));
    }
    (void)scan(ProcessTracker::ScanMode::Learn);
    proc.remove(1);
    proc.add(process(2, "new", 10));  // exec
    proc.add(process(3, "old", 20));  // another process of the same number
    proc.add(process(5, "came", 30));
    CHECK(scan(ProcessTracker::ScanMode::Tell) ==
          std::vector<std::string>{
              "exit pid=1 name=old reconstructed=yes", "exec pid=2 name=new reconstructed=yes",
              "exit pid=3 name=old reconstructed=yes", "exec pid=3 name=old reconstructed=yes",
              "exec pid=5 name=came reconstructed=yes"});
    CHECK(scan(ProcessTracker::ScanMode::Tell).empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "tracker: a process that the fork announced is not told again by a scan") {
    (void)handle(fork(1, 8));
    proc.add({.pid = 8,
              .name = "sh",
              .parent = 1,
              .start = 9,
              .uid = 0,
              .command_line = {},
              .executable = ""});
    CHECK(scan(ProcessTracker::ScanMode::Tell).empty());
}

TEST_CASE("process cache: above its maximum it forgets who was looked at longest ago") {
    ProcessCache cache(3);
    for (const pid_t pid : {1, 2, 3}) {
        ProcessInfo info;
        info.pid = pid;
        cache.put(info);
    }
    REQUIRE(cache.find(1) != nullptr);
    ProcessInfo fourth;
    fourth.pid = 4;
    cache.put(fourth);
    CHECK(cache.count() == 3);
    CHECK(cache.find(2) == nullptr);
    CHECK(cache.find(1) != nullptr);
    cache.put(fourth);
    CHECK(cache.count() == 3);
    CHECK(cache.take(4).has_value());
    CHECK_FALSE(cache.take(4).has_value());
}

TEST_CASE("boot time: a start time beyond all reason does not overflow") {
    const BootTime boot{.boot_wall_ns = 1'700'000'000'000'000'000, .ticks_per_second = 100};
    CHECK(boot.wallNsOf(100) == 1'700'000'001'000'000'000);
    CHECK(boot.wallNsOf(~uint64_t{0}) > 0);
}

}  // namespace
}  // namespace evd::collector
