#include "sandbox/supervisor/inherited_fds.h"

#include "common/base/socket.h"
#include "sandbox/supervisor/fd_keeper.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <map>

namespace base = evd::base;
namespace supervisor = evd::supervisor;
using supervisor::inheritedNames;
using supervisor::KmesBackend;
using supervisor::NamedFd;
using supervisor::Program;

namespace {

constexpr base::Guid kBoot{{1, 2, 3}};
constexpr base::Guid kOtherBoot{{4, 5, 6}};

class RememberingKeeper final : public supervisor::FdKeeper {
  public:
    void keep(const std::string& name, int fd) override { kept[name] = fd; }
    void forget(const std::string& name) override {
        kept.erase(name);
        forgotten.push_back(name);
    }
    std::map<std::string, int> kept;
    std::vector<std::string> forgotten;
};

base::Fd any() {
    return base::Fd(::dup(STDERR_FILENO));
}

base::Result<supervisor::Inheritance> sorted(std::vector<NamedFd> fds,
                                             const evd::config::SocketPaths& paths = {}) {
    return supervisor::sortInherited(std::move(fds),
                                     supervisor::planGroup(KmesBackend::Builtin, {}), paths, kBoot);
}

// One descriptor of that name; the error's text, or "" when it was taken.
std::string refusal(std::string name, base::Fd fd, const evd::config::SocketPaths& paths) {
    std::vector<NamedFd> fds;
    fds.push_back({std::move(name), std::move(fd)});
    const auto result = sorted(std::move(fds), paths);
    return result.ok() ? "" : result.error().text;
}

}  // namespace

TEST_CASE("inherited descriptors: names come in order, and only to the process that is meant") {
    using Names = std::vector<std::string>;
    CHECK(inheritedNames({"2", "log:metric", "77"}, 77).value() == Names{"log", "metric"});
    CHECK(inheritedNames({"2", "log:metric", "78"}, 77).value().empty());
    CHECK(inheritedNames({"1", "log", nullptr}, 77).value() == Names{"log"});  // peinit
    CHECK(inheritedNames({"2", nullptr, "77"}, 77).value() == Names{"unknown", "unknown"});
    CHECK(inheritedNames({"2", ":x", "77"}, 77).value() == Names{"", "x"});
    CHECK(inheritedNames({"0", "", "77"}, 77).value().empty());
    CHECK(inheritedNames({nullptr, "log", nullptr}, 77).value().empty());
}

TEST_CASE("inherited descriptors: count and names that contradict one another are refused") {
    CHECK_FALSE(inheritedNames({"2", "log", nullptr}, 77).ok());
    CHECK_FALSE(inheritedNames({"1", "log:metric", nullptr}, 77).ok());
    CHECK_FALSE(inheritedNames({"-1", "log", nullptr}, 77).ok());
    CHECK_FALSE(inheritedNames({"", "log", nullptr}, 77).ok());
    CHECK(
        inheritedNames({std::to_string(supervisor::kInheritedFdsMax).c_str(), nullptr, nullptr}, 77)
            .ok());
    CHECK_FALSE(
        inheritedNames({std::to_string(supervisor::kInheritedFdsMax + 1).c_str(), nullptr, nullptr},
                       77)
            .ok());
}

TEST_CASE("inherited descriptors: a socket is taken when it is what its name says") {
    const evd::test::TemporaryDirectory folder;
    evd::config::SocketPaths paths;
    paths.query = folder / "query.sock";
    paths.log = folder / "log.sock";
    auto query = base::listenUnix(paths.query, SOCK_STREAM, 0600, 1);
    auto log = base::listenUnix(paths.log, SOCK_DGRAM, 0600, 1);
    std::vector<NamedFd> fds;
    fds.push_back({"query", std::move(query).value()});
    fds.push_back({"log", std::move(log).value()});
    const auto result = sorted(std::move(fds), paths);
    REQUIRE(result.ok());
    CHECK(result.value().sockets.size() == 2);
    CHECK(result.value().unwanted.empty());
}

TEST_CASE("inherited descriptors: any other socket is refused with its name and the reason") {
    const evd::test::TemporaryDirectory folder;
    evd::config::SocketPaths paths;
    paths.query = folder / "query.sock";
    const auto listening = [&](const char* name, int type) {
        auto socket = base::listenUnix(folder / name, type, 0600, 1);
        REQUIRE(socket.ok());
        return std::move(socket).value();
    };
    CHECK(refusal("query", listening("query.sock", SOCK_SEQPACKET), paths).find("kind") !=
          std::string::npos);
    CHECK(refusal("query", listening("other.sock", SOCK_STREAM), paths).find("bound to") !=
          std::string::npos);
    CHECK(refusal("query", any(), paths).find("kind") != std::string::npos);
    CHECK(refusal("query", base::Fd(::socket(AF_UNIX, SOCK_STREAM, 0)), paths)
              .find("not listening") != std::string::npos);
    CHECK(refusal("query", base::Fd(::socket(AF_INET, SOCK_STREAM, 0)), paths).find("kind") !=
          std::string::npos);
    CHECK(refusal("query", listening("query.sock", SOCK_STREAM), paths).empty());
}

TEST_CASE("inherited descriptors: what was parked is sorted by program and boot") {
    std::vector<NamedFd> fds;
    fds.push_back({supervisor::keptName("eventd-kmesd", kBoot, "ring.0.1.producer"), any()});
    fds.push_back({supervisor::keptName("eventd-kmesd", kOtherBoot, "ring.0.1.producer"), any()});
    fds.push_back({supervisor::keptName("eventd-store", kBoot, "ring.0.1.producer"), any()});
    fds.push_back({"stored", any()});
    const auto result = sorted(std::move(fds));
    REQUIRE(result.ok());
    REQUIRE(result.value().parked.size() == 1);
    CHECK(result.value().parked[0].program == Program::Kmesd);
    CHECK(result.value().parked[0].name == "ring.0.1.producer");
    CHECK(result.value().unwanted.size() == 3);
}

TEST_CASE(
    "inherited descriptors: the broker passes on what is parked to its keeper, and drops it") {
    RememberingKeeper keeper;
    auto plan = supervisor::planGroup(KmesBackend::Builtin, {});
    supervisor::FdBroker broker(plan, &keeper, kBoot);
    const std::string name = supervisor::keptName("eventd-kmesd", kBoot, "ring.1.1.producer");
    supervisor::Inheritance inherited;
    inherited.parked.push_back({Program::Kmesd, "ring.1.1.producer", any()});
    inherited.unwanted.push_back("somebody");
    REQUIRE(broker.adopt(std::move(inherited)).ok());
    CHECK(keeper.kept.contains(name));  // given back, as peinit holds it no longer
    CHECK(keeper.forgotten == std::vector<std::string>{"somebody"});
    REQUIRE(broker.park(Program::Kmesd, "ring.counters", any()).ok());
    CHECK(keeper.kept.size() == 2);
    broker.unpark(Program::Kmesd, "ring.1.");
    CHECK_FALSE(keeper.kept.contains(name));
    CHECK(keeper.kept.size() == 1);
}
