#include "sandbox/supervisor/sensor_sources.h"

#include "common/config/embedded_paths.h"
#include "sandbox/supervisor/folders.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <set>

namespace base = evd::base;
namespace config = evd::config;
namespace supervisor = evd::supervisor;
namespace test = evd::test;

namespace {

config::Settings settingsOn(const std::string& folder, std::vector<std::string> sensors) {
    auto settings = config::Settings::defaults();
    const auto paths = config::embeddedPaths(folder);
    REQUIRE(paths.ok());
    for (const auto& [name, value] : paths.value().values()) {
        settings.set(name, value);
    }
    settings.set("Linux\\Sensors", std::move(sensors));
    REQUIRE(supervisor::makeFolders(supervisor::foldersOf(settings)).ok());
    return settings;
}

// Without what takes a right that a test may lack.
std::set<std::string> namesOf(const std::vector<supervisor::NamedFd>& sources) {
    std::set<std::string> names;
    for (const auto& source : sources) {
        CHECK(source.fd.valid());
        CHECK((::fcntl(source.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
        if (source.name != "kmsg" && source.name != "proc-connector") {
            names.insert(source.name);
        }
    }
    return names;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("sensor sources: only what the named sensors need") {
    const test::TemporaryDirectory folder;
    const auto all = settingsOn(folder.path(), {"process", "kernel-log", "host-metrics"});
    const auto paths = config::socketPaths(all);
    const test::DatagramReceiver logs(paths.log);
    const test::DatagramReceiver metrics(paths.metric);
    CHECK(namesOf(supervisor::openSensorSources(all)) == Names{"kmsg-position", "log", "metric"});
    const auto only = [&](std::vector<std::string> sensors) {
        return namesOf(
            supervisor::openSensorSources(settingsOn(folder.path(), std::move(sensors))));
    };
    CHECK(only({"kernel-log"}) == Names{"kmsg-position", "log"});
    CHECK(only({"host-metrics"}) == Names{"metric"});
    CHECK(only({"process"}).empty());
    CHECK(only({}).empty());
}

TEST_CASE("sensor sources: sockets that nobody made are left out") {
    const test::TemporaryDirectory folder;
    const auto settings = settingsOn(folder.path(), {"kernel-log", "host-metrics"});
    CHECK(namesOf(supervisor::openSensorSources(settings)) == Names{"kmsg-position"});
}

TEST_CASE("sensor sources: the log's position is a file that is never somebody else's") {
    const test::TemporaryDirectory folder;
    const auto settings = settingsOn(folder.path(), {"kernel-log"});
    const std::string path = settings.text("EventStorePath") + "/kernel-log.position";
    REQUIRE(::symlink("/etc/hostname", path.c_str()) == 0);
    CHECK(namesOf(supervisor::openSensorSources(settings)).empty());
}
