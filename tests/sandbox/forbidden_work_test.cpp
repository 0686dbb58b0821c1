// Children that do what they must not. Not built with a sanitizer, which leaves the filter out.

#include "sandbox/profiles/profile.h"
#include "tests/sandbox/jail.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <functional>
#include <vector>

namespace sandbox = evd::sandbox;
namespace test = evd::test;
using sandbox::Role;

namespace {

struct Deed {
    const char* name;
    std::function<bool()> act;  // must not return when the filter holds
};

// What no role may do. None of it returns.
std::vector<Deed> forbiddenToAll() {
    char* const nothing[] = {nullptr};
    return {
        {"execve", [=] { return ::execve("/bin/true", nothing, nothing) != 0; }},
        {"fork", [] { return ::syscall(SYS_fork) >= 0; }},
        {"clone without thread flags",
         [] { return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0; }},
        {"ptrace", [] { return ::ptrace(PTRACE_TRACEME, 0, 0, 0) == 0; }},
        {"kill of the parent", [] { return ::kill(::getppid(), 0) == 0; }},
        {"tgkill of the parent",
         [] { return ::syscall(SYS_tgkill, ::getpid() - 1, ::getpid() - 1, 0) == 0; }},
        {"socket AF_INET", [] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }},
        {"socket AF_NETLINK", [] { return ::socket(AF_NETLINK, SOCK_RAW, 0) >= 0; }},
        {"socket AF_UNIX datagram", [] { return ::socket(AF_UNIX, SOCK_DGRAM, 0) >= 0; }},
        {"bind", [] { return ::bind(0, nullptr, 0) == 0; }},
        {"listen", [] { return ::listen(0, 1) == 0; }},
        {"mmap executable",
         [] {
             return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                           0) != MAP_FAILED;
         }},
        {"mprotect executable",
         [] {
             void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
             return ::mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
         }},
        {"prctl other than a name", [] { return ::prctl(PR_GET_DUMPABLE) >= 0; }},
        {"ioctl that types into a terminal",
         [] {
             char letter = 'x';
             return ::ioctl(0, TIOCSTI, &letter) == 0;
         }},
        {"setuid", [] { return ::setuid(0) == 0; }},
        {"mount", [] { return ::syscall(SYS_mount, 0, 0, 0, 0, 0) == 0; }},
        {"chmod", [] { return ::syscall(SYS_chmod, "/tmp", 0777) == 0; }},
        {"symlink", [] { return ::symlink("/etc", "/tmp/evd-never") == 0; }},
        {"process_vm_readv", [] { return ::syscall(SYS_process_vm_readv, 1, 0, 0, 0, 0, 0) == 0; }},
        {"bpf", [] { return ::syscall(SYS_bpf, 0, 0, 0) == 0; }},
        {"io_uring_setup", [] { return ::syscall(SYS_io_uring_setup, 1, 0) == 0; }},
        {"userfaultfd", [] { return ::syscall(SYS_userfaultfd, 0) == 0; }},
        {"rlimit of another process", [] { return ::syscall(SYS_prlimit64, 1, 7, 0, 0) == 0; }},
    };
}

}  // namespace

TEST_CASE("profiles: what no role may do ends each of them") {
    for (const Role role : test::kRoles) {
        for (const auto& deed : forbiddenToAll()) {
            CAPTURE(sandbox::roleName(role));
            CAPTURE(deed.name);
            CHECK(test::runJailed(role, deed.act).killedByFilter());
        }
    }
}

TEST_CASE("profiles: only those who measure disks ask how full a file system is") {
    for (const Role role : {Role::Collector, Role::Kmesd}) {
        CAPTURE(sandbox::roleName(role));
        CHECK(test::runJailed(role, [] {
                  struct statvfs found {};
                  return ::statvfs("/", &found) == 0;
              }).killedByFilter());
    }
}

TEST_CASE("profiles: only the store opens files for writing") {
    for (const Role role : test::kRoles) {
        CAPTURE(sandbox::roleName(role));
        const auto outcome = test::runJailed(
            role, [] { return ::open("/tmp/evd-never", O_WRONLY | O_CREAT, 0600) >= 0; });
        if (role == Role::Store) {
            CHECK(outcome.exit_code == test::kJailFailed);  // Landlock's EACCES
        } else {
            CHECK(outcome.killedByFilter());
        }
    }
}

TEST_CASE("profiles: the store opens databases, and nothing in a way that no database is opened") {
    for (const int flags : {O_RDWR | O_TRUNC, O_RDWR | O_TMPFILE, O_PATH, O_RDWR | O_DIRECT}) {
        CAPTURE(flags);
        CHECK(test::runJailed(Role::Store, [=] {
                  return ::open("/tmp", flags, 0600) >= 0;
              }).killedByFilter());
    }
}

TEST_CASE("profiles: options are set of sockets as such, and of no other protocol") {
    for (const Role role : {Role::Store, Role::Queryd}) {
        CAPTURE(sandbox::roleName(role));
        CHECK(test::runJailed(role, [] {
                  const int one = 1;
                  return ::setsockopt(0, IPPROTO_IP, IP_OPTIONS, &one, sizeof(one)) == 0;
              }).killedByFilter());
    }
}

TEST_CASE("profiles: truncating by opening ends a reader") {
    for (const int flags : {O_RDONLY | O_TRUNC, O_RDWR | O_TRUNC, O_WRONLY, O_RDWR | O_TMPFILE}) {
        CAPTURE(flags);
        const auto act = [=] { return ::open("/tmp", flags, 0600) >= 0; };
        const auto outcome = test::runJailed(Role::Queryd, act);
        // A temporary file looks like an index of a log; it is refused all the same.
        CHECK((outcome.killedByFilter() || outcome.exit_code == test::kJailFailed));
        CHECK(test::runJailed(Role::Sensor, act).killedByFilter());
    }
}

TEST_CASE("profiles: SQLite's try for the index of a log is refused, not fatal") {
    CHECK(test::runJailed(Role::Queryd, [] {
              return ::open("/tmp/evd-shm", O_RDWR | O_CREAT | O_NOFOLLOW, 0600) < 0 &&
                     errno == EACCES;
          }).exit_code == test::kJailDone);
}

TEST_CASE("profiles: collector and ingest open nothing, and glibc's curiosity does not kill them") {
    for (const Role role : {Role::Collector, Role::Ingest}) {
        CAPTURE(sandbox::roleName(role));
        CHECK(test::runJailed(role, [] {
                  return ::open("/proc/sys/vm/overcommit_memory", O_RDONLY) < 0 && errno == EACCES;
              }).exit_code == test::kJailDone);
        CHECK(test::runJailed(role, [] {
                  return ::open("/proc/sys/vm/overcommit_memory", O_RDWR) >= 0;
              }).killedByFilter());
    }
}

TEST_CASE("profiles: ingest reads its doors, and neither lists, looks up, connects nor answers") {
    const std::vector<Deed> deeds = {
        {"getdents64", [] { return ::syscall(SYS_getdents64, 0, nullptr, 0) >= 0; }},
        {"readlink", [] { return ::syscall(SYS_readlink, "/proc/self/exe", nullptr, 0) >= 0; }},
        {"connect", [] { return ::connect(0, nullptr, 0) == 0; }},
        {"accept4", [] { return ::accept4(0, nullptr, nullptr, 0) >= 0; }},
        {"sendto", [] { return ::sendto(0, nullptr, 0, 0, nullptr, 0) >= 0; }},
        {"setsockopt", [] { return ::setsockopt(0, SOL_SOCKET, SO_SNDBUF, nullptr, 0) == 0; }},
        {"memfd_create", [] { return ::syscall(SYS_memfd_create, "x", 0) >= 0; }},
    };
    for (const auto& deed : deeds) {
        CAPTURE(deed.name);
        CHECK(test::runJailed(Role::Ingest, deed.act).killedByFilter());
    }
}

TEST_CASE("profiles: only the store makes a socket, and only a Unix stream") {
    for (const Role role : test::kRoles) {
        CAPTURE(sandbox::roleName(role));
        const auto outcome = test::runJailed(
            role, [] { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0; });
        CHECK(outcome.killedByFilter() == (role != Role::Store));
    }
}

TEST_CASE("profiles: reading roles cannot remove, rename or sync") {
    for (const Role role :
         {Role::Collector, Role::Kmesd, Role::Sensor, Role::Ingest, Role::Queryd}) {
        CAPTURE(sandbox::roleName(role));
        CHECK(
            test::runJailed(role, [] { return ::unlink("/tmp/evd-never") == 0; }).killedByFilter());
        CHECK(test::runJailed(role, [] {
                  return ::rename("/tmp/evd-a", "/tmp/evd-b") == 0;
              }).killedByFilter());
        CHECK(test::runJailed(role, [] { return ::fsync(0) == 0; }).killedByFilter());
    }
}

TEST_CASE("profiles: abort ends a jailed process as an abort") {
    for (const Role role : test::kRoles) {
        const auto outcome = test::runJailed(role, []() -> bool { ::abort(); });
        CHECK(outcome.signal == SIGABRT);
    }
}
