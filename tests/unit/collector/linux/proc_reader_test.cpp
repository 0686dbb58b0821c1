#include "collector/linux/proc_reader.h"

#include "common/base/fd.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/collector/linux/fake_proc.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace evd::collector {
namespace {

TEST_CASE("status: the effective ids, not what a name imitates") {
    const auto ids =
        parseStatusIds("Name:\tUid:\\n\nUmask:\t0022\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n");
    REQUIRE(ids.ok());
    CHECK(ids.value().uid == 2);
    CHECK(ids.value().gid == 6);
    CHECK_FALSE(parseStatusIds("Uid:\t1\t2\t3\t4\n").ok());
    CHECK_FALSE(parseStatusIds("Uid:\t1\nGid:\t1\n").ok());
    CHECK_FALSE(parseStatusIds("Uid:\t1\t99999999999\nGid:\t1\t1\n").ok());
    CHECK_FALSE(parseStatusIds("").ok());
}

TEST_CASE("command line: arguments end at NUL bytes, empty ones count") {
    const std::vector<std::string> three = {"a", "", "b c"};
    CHECK(parseCommandLine(std::string("a\0\0b c\0", 7), false) == three);
    CHECK(parseCommandLine(std::string("a\0\0b c", 6), false) == three);
    CHECK(parseCommandLine("", false).empty());
}

TEST_CASE("command line: the argument that is cut is left out") {
    CHECK(parseCommandLine(std::string("a\0--password=hal", 16), true) ==
          std::vector<std::string>{"a"});
    CHECK(parseCommandLine(std::string("a\0b\0", 4), true) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("proc reader: a process as /proc shows it") {
    FakeProc proc;
    proc.add({.pid = 7,
              .name = "worker",
              .parent = 3,
              .start = 99,
              .uid = 1000,
              .command_line = {"worker", "--fast"},
              .executable = "/usr/bin/worker"});
    ProcReader reader(proc.fd());
    const auto info = reader.read(7);
    REQUIRE(info.has_value());
    CHECK(info->name == "worker");
    CHECK(info->parent_pid == 3);
    CHECK(info->start_ticks == 99U);
    CHECK(info->uid == 1000U);
    CHECK(info->gid == 1000U);
    CHECK(info->arguments == std::vector<std::string>{"worker", "--fast"});
    CHECK(info->executable_path == "/usr/bin/worker");
    CHECK_FALSE(info->arguments_cut);
}

TEST_CASE("proc reader: what is gone is absent, without a stat there is no process") {
    FakeProc proc;
    proc.add({.pid = 7,
              .name = "w",
              .parent = 3,
              .start = 99,
              .uid = 0,
              .command_line = {},
              .executable = ""});
    proc.removeFile(7, "status");
    proc.removeFile(7, "cmdline");
    ProcReader reader(proc.fd());
    const auto info = reader.read(7);
    REQUIRE(info.has_value());
    CHECK_FALSE(info->uid.has_value());
    CHECK_FALSE(info->executable_path.has_value());
    CHECK(info->arguments.empty());
    CHECK_FALSE(reader.read(8).has_value());
    proc.removeFile(7, "stat");
    CHECK_FALSE(reader.read(7).has_value());
}

TEST_CASE("proc reader: a command line up to the limit is whole, a longer one is cut") {
    FakeProc proc;
    const std::string longest(kCommandLineReadBytesMax - 3, 'a');  // "w", NUL, it, NUL: one too few
    proc.add({.pid = 7,
              .name = "w",
              .parent = 1,
              .start = 1,
              .uid = 0,
              .command_line = {"w", longest.substr(1)},
              .executable = ""});
    proc.add({.pid = 8,
              .name = "w",
              .parent = 1,
              .start = 1,
              .uid = 0,
              .command_line = {"w", longest + "aa"},
              .executable = ""});
    ProcReader reader(proc.fd());
    CHECK_FALSE(reader.read(7)->arguments_cut);
    CHECK(reader.read(7)->arguments.size() == 2);
    CHECK(reader.read(8)->arguments_cut);
    CHECK(reader.read(8)->arguments == std::vector<std::string>{"w"});
}

TEST_CASE("proc reader: lists processes only, ascending") {
    FakeProc proc;
    for (const pid_t pid : {30, 7, 200}) {
        proc.add({.pid = pid,
                  .name = "w",
                  .parent = 1,
                  .start = 1,
                  .uid = 0,
                  .command_line = {},
                  .executable = ""});
    }
    proc.addFolder("self");
    proc.addFolder("0");
    proc.addFolder("99999999999");
    ProcReader reader(proc.fd());
    const std::vector<pid_t> expected = {7, 30, 200};
    CHECK(reader.list().value() == expected);
}

TEST_CASE("proc reader: the real /proc knows this test") {
    const base::Fd proc(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    ProcReader reader(proc.get());
    const auto info = reader.read(::getpid());
    REQUIRE(info.has_value());
    CHECK(info->parent_pid == ::getppid());
    CHECK(info->uid == ::geteuid());
    CHECK_FALSE(info->arguments.empty());
    CHECK(info->executable_path.has_value());
    const auto pids = reader.list().value();
    CHECK(std::find(pids.begin(), pids.end(), ::getpid()) != pids.end());
}

}  // namespace
}  // namespace evd::collector
