#include "common/base/text.h"
#include "sandbox/profiles/profile.h"
#include "tests/sandbox/jail.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <map>
#include <set>

namespace base = evd::base;
namespace sandbox = evd::sandbox;
namespace test = evd::test;
using sandbox::Role;

TEST_CASE("profiles: each line has a reason and each call's lines have different conditions") {
    for (const Role role : test::kRoles) {
        std::set<std::string> seen;
        for (const auto& rule : sandbox::profileOf(role)) {
            CAPTURE(sandbox::roleName(role));
            CAPTURE(rule.name);
            CHECK_FALSE(rule.reason.empty());
            std::string key(rule.name);
            for (const auto& condition : rule.conditions) {
                key +=
                    base::cat("/", condition.argument, ":", condition.mask, ":", condition.value);
            }
            CHECK(seen.insert(key).second);
        }
    }
}

TEST_CASE("profiles: no more calls than the goal allows") {  // calls this machine has, by name
    const std::map<Role, size_t> goal = {{Role::Collector, 45}, {Role::Kmesd, 50},
                                         {Role::Sensor, 51},    {Role::Ingest, 45},
                                         {Role::Store, 75},     {Role::Queryd, 60}};
    for (const auto& [role, most] : goal) {
        std::set<std::string_view> names;
        for (const auto& rule : sandbox::profileOf(role)) {
            if (rule.verdict == sandbox::Verdict::Allow) {
                names.insert(rule.name);
            }
        }
        MESSAGE(std::string(sandbox::roleName(role)), ": ", names.size(), " calls");
        CHECK(names.size() <= most);
    }
}

TEST_CASE("confine: capabilities, core dumps, inspection and new privileges are gone") {
    sandbox::Confinement confinement;
    confinement.role = Role::Sensor;
    confinement.paths = {{"/proc", sandbox::PathAccess::Read}};
    confinement.fds_max = 77;
    const auto outcome = test::runJailed(confinement, [] {
        const int fd = ::open("/proc/self/status", O_RDONLY);
        char buffer[4096] = {};
        const ssize_t bytes = ::read(fd, buffer, sizeof(buffer) - 1);
        const std::string_view status(buffer, bytes > 0 ? static_cast<size_t>(bytes) : 0);
        const auto says = [&](std::string_view line) {
            return status.find(line) != std::string_view::npos;
        };
        return says("NoNewPrivs:\t1") && says("CapPrm:\t0000000000000000") &&
               says("CapEff:\t0000000000000000") && says("CapAmb:\t0000000000000000") &&
               says("CapInh:\t0000000000000000") &&
               (says("CapBnd:\t0000000000000000") || !says("Uid:\t0"));
    });
    CHECK(outcome.exit_code == test::kJailDone);
}

TEST_CASE("confine: the number of descriptors is bounded") {
    sandbox::Confinement confinement;
    confinement.fds_max = 32;
    CHECK(test::runJailed(confinement, [] {
              int last = 0;
              while (const int next = ::fcntl(0, F_DUPFD_CLOEXEC, 3)) {
                  if (next < 0) {
                      break;
                  }
                  last = next;
              }
              return last == 31;
          }).exit_code == test::kJailDone);
}
