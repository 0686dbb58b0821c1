#include "sandbox/landlock.h"
#include "common/base/text.h"
#include "tests/sandbox/jail.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace base = evd::base;
namespace sandbox = evd::sandbox;
namespace test = evd::test;
using sandbox::PathAccess;
using sandbox::Role;

namespace {

bool denied(int outcome) {
    return outcome < 0 && errno == EACCES;
}

bool canWrite(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
    const bool good = fd >= 0 && ::write(fd, "x", 1) == 1;
    (void)::close(fd);
    return good;
}

}  // namespace

TEST_CASE("landlock: the store writes, renames and removes inside its folder, and nowhere else") {
    if (sandbox::landlockVersion() == 0) {
        MESSAGE("no Landlock here");
        return;
    }
    const test::TemporaryDirectory inside;
    const test::TemporaryDirectory outside;
    const std::string in = inside.path();
    const std::string out = outside.path();
    REQUIRE(canWrite(out + "/there"));
    const auto outcome = test::runJailed(test::jail(Role::Store, in, PathAccess::ReadWrite), [&] {
        return canWrite(in + "/a.db") &&
               ::link((in + "/a.db").c_str(), (in + "/a.second").c_str()) == 0 &&
               ::rename((in + "/a.db").c_str(), (in + "/b.db").c_str()) == 0 &&
               ::mkdir((in + "/deeper").c_str(), 0700) == 0 && canWrite(in + "/deeper/c") &&
               ::unlink((in + "/b.db").c_str()) == 0 &&
               denied(::open((out + "/new").c_str(), O_WRONLY | O_CREAT, 0600)) &&
               denied(::open((out + "/there").c_str(), O_RDONLY)) &&
               denied(::open("/etc/passwd", O_RDONLY)) &&
               denied(::unlink((out + "/there").c_str())) &&
               ::link((out + "/there").c_str(), (in + "/taken").c_str()) != 0 &&
               denied(::open("/proc/self/mem", O_RDWR));
    });
    CHECK(outcome.exit_code == test::kJailDone);
}

TEST_CASE("landlock: queryd reads its folder and can change nothing in it") {
    if (sandbox::landlockVersion() == 0) {
        MESSAGE("no Landlock here");
        return;
    }
    const test::TemporaryDirectory folder;
    const std::string path = folder.path();
    REQUIRE(canWrite(path + "/data.db"));
    const auto outcome = test::runJailed(test::jail(Role::Queryd, path, PathAccess::Read), [&] {
        char byte = 0;
        const int fd = ::open((path + "/data.db").c_str(), O_RDONLY);
        return fd >= 0 && ::read(fd, &byte, 1) == 1 && byte == 'x' &&
               denied(::open((path + "/data.db").c_str(), O_RDWR)) &&
               denied(::open("/etc/passwd", O_RDONLY)) && denied(::open("/", O_RDONLY));
    });
    CHECK(outcome.exit_code == test::kJailDone);
}

TEST_CASE("landlock: a link out of the folder leads nowhere") {
    if (sandbox::landlockVersion() == 0) {
        MESSAGE("no Landlock here");
        return;
    }
    const test::TemporaryDirectory folder;
    const std::string link = folder.path() + "/link";
    REQUIRE(::symlink("/etc/passwd", link.c_str()) == 0);
    CHECK(test::runJailed(test::jail(Role::Queryd, folder.path(), PathAccess::Read), [&] {
              return denied(::open(link.c_str(), O_RDONLY));
          }).exit_code == test::kJailDone);
}

TEST_CASE("landlock: a single file can be opened up") {
    if (sandbox::landlockVersion() == 0) {
        MESSAGE("no Landlock here");
        return;
    }
    CHECK(test::runJailed(test::jail(Role::Sensor, "/etc/passwd", PathAccess::Read), [] {
              return ::open("/etc/passwd", O_RDONLY) >= 0 && denied(::open("/etc/group", O_RDONLY));
          }).exit_code == test::kJailDone);
}

TEST_CASE("landlock: a path that is not there fails the confinement") {
    if (sandbox::landlockVersion() == 0) {
        MESSAGE("no Landlock here");
        return;
    }
    CHECK(test::runJailed(test::jail(Role::Store, "/nonexistent/evd", PathAccess::ReadWrite), [] {
              return true;
          }).exit_code == test::kJailNotConfined);
}

TEST_CASE("landlock: the program of another process is seen only by who asked for it") {
    if (sandbox::landlockVersion() == 0 || ::geteuid() != 0) {
        MESSAGE("needs Landlock and root");
        return;
    }
    const pid_t test_program = ::getpid();
    for (const bool sees : {true, false}) {
        auto confinement = test::jail(Role::Sensor, "/proc", PathAccess::Read);
        confinement.sees_other_processes = sees;
        confinement.keep_capabilities = {CAP_SYS_PTRACE};
        const auto outcome = test::runJailed(confinement, [&] {
            char target[256];
            const std::string link = base::cat("/proc/", test_program, "/exe");
            return ::readlink(link.c_str(), target, sizeof(target)) > 0;
        });
        CHECK(outcome.exit_code == (sees ? test::kJailDone : test::kJailFailed));
    }
}
