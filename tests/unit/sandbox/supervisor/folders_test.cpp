#include "sandbox/supervisor/folders.h"
#include "sandbox/supervisor/registry_watch.h"

#include "common/config/configuration.h"
#include "common/config/embedded_paths.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <algorithm>
#include <filesystem>
#include <fstream>

namespace config = evd::config;
namespace supervisor = evd::supervisor;
namespace test = evd::test;

namespace {

bool names(const std::vector<supervisor::FolderSpec>& folders, const std::string& path) {
    return std::any_of(folders.begin(), folders.end(),
                       [&](const auto& folder) { return folder.path == path; });
}

unsigned modeOf(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
}

}  // namespace

TEST_CASE("folders: one for each store and for each socket") {
    auto settings = config::embeddedPaths("/state").value();
    settings.set("LogStorePath", std::string("/elsewhere/logs/"));  // Ruling S7
    settings.set("MetricStorePath", std::string("/third/m.db"));
    const auto folders = supervisor::foldersOf(settings);
    CHECK(names(folders, "/state/events"));
    CHECK(names(folders, "/state/run"));
    CHECK(names(folders, "/elsewhere/logs"));
    CHECK(names(folders, "/third"));
}

TEST_CASE("folders: a store path that names a folder is that folder") {  // Ruling S7
    const test::TemporaryDirectory folder;
    auto settings = config::embeddedPaths("/state").value();
    settings.set("LogStorePath", folder.path());
    CHECK(names(supervisor::foldersOf(settings), folder.path()));
}

TEST_CASE("folders: what is missing is made, closed for stores and open for sockets") {
    const test::TemporaryDirectory folder;
    const auto settings = config::embeddedPaths(folder / "a/b").value();
    REQUIRE(supervisor::makeFolders(supervisor::foldersOf(settings)).ok());
    CHECK(modeOf(folder / "a/b/events") == 0750);
    CHECK(modeOf(folder / "a/b/run") == 0755);
    CHECK(supervisor::makeFolders(supervisor::foldersOf(settings)).ok());
}

TEST_CASE("folders: a file in the way is an error that names it") {
    const test::TemporaryDirectory folder;
    std::ofstream(folder / "events") << "x";
    const auto made = supervisor::makeFolders({{folder / "events/deeper", 0750}});
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().text.find(folder / "events") != std::string::npos);
}

TEST_CASE("registry watch: a change of one of our files is noticed, another is not") {
    const test::TemporaryDirectory folder;
    std::ofstream(folder / "a.reg") << "x";
    auto watch = supervisor::RegistryWatch::open({folder / "a.reg"});
    REQUIRE(watch.ok());
    CHECK_FALSE(watch.value().drain());
    std::ofstream(folder / "b.reg") << "x";
    CHECK_FALSE(watch.value().drain());
    std::ofstream(folder / "a.reg") << "y";
    CHECK(watch.value().drain());
    CHECK_FALSE(watch.value().drain());
    std::ofstream(folder / "new") << "z";
    std::filesystem::rename(folder / "new", folder / "a.reg");  // as an editor does
    CHECK(watch.value().drain());
}

TEST_CASE("registry watch: a folder's .reg files count, others do not") {
    const test::TemporaryDirectory folder;
    auto watch = supervisor::RegistryWatch::open({folder.path()});
    REQUIRE(watch.ok());
    std::ofstream(folder / "notes.txt") << "x";
    CHECK_FALSE(watch.value().drain());
    std::ofstream(folder / "10.reg") << "x";
    CHECK(watch.value().drain());
    std::filesystem::remove(folder / "10.reg");
    CHECK(watch.value().drain());
}

TEST_CASE("registry watch: the birth of a folder is noticed, and then what is in it") {
    const test::TemporaryDirectory folder;
    auto watch = supervisor::RegistryWatch::open({folder / "later/registry.d"});
    REQUIRE(watch.ok());
    std::filesystem::create_directory(folder / "later");
    CHECK(watch.value().drain());
    std::filesystem::create_directory(folder / "later/registry.d");
    CHECK(watch.value().drain());
    std::ofstream(folder / "later/registry.d/a.reg") << "x";
    CHECK(watch.value().drain());
}
