#include "sandbox/supervisor/store_owner.h"

#include "common/config/embedded_paths.h"
#include "sandbox/supervisor/folders.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>

namespace config = evd::config;
namespace fs = std::filesystem;
namespace supervisor = evd::supervisor;
namespace test = evd::test;

namespace {

constexpr uid_t kStore = 61001;
constexpr uid_t kStranger = 61999;

// Giving away is for root alone.
bool mayGive() {
    if (::geteuid() != 0) {
        MESSAGE("needs root");
    }
    return ::geteuid() == 0;
}

void put(const std::string& path, uid_t owner = 0) {
    std::ofstream(path) << "x";
    REQUIRE(::chown(path.c_str(), owner, owner) == 0);
}

uid_t ownerOf(const std::string& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_uid;
}

unsigned modeOf(const std::string& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 0777;
}

}  // namespace

TEST_CASE("store owner: the folders of the three stores, each once") {
    auto settings = config::embeddedPaths("/state").value();
    CHECK(supervisor::storeFolders(settings) ==
          std::vector<std::string>{"/state/events", "/state"});
    settings.set("LogStorePath", std::string("/other/logs/"));
    CHECK(supervisor::storeFolders(settings) ==
          std::vector<std::string>{"/state/events", "/other/logs", "/state"});
}

TEST_CASE("store owner: a store that root made goes on under its own user") {
    if (!mayGive()) {
        return;
    }
    const test::TemporaryDirectory folder;
    for (const char* name : {"shard-0000.db", "shard-0000.db-wal", "eventd.lock"}) {
        put(folder / name);
    }
    REQUIRE(supervisor::handOverStores({folder.path()}, kStore, kStore, "").ok());
    CHECK(ownerOf(folder.path()) == kStore);
    CHECK((modeOf(folder.path()) & 0070) == 0050);
    CHECK(ownerOf(folder / "shard-0000.db") == kStore);
    CHECK(ownerOf(folder / "shard-0000.db-wal") == kStore);
    CHECK(modeOf(folder / "shard-0000.db") == 0640);
    CHECK(ownerOf(folder / "eventd.lock") == 0);
    // And back, when the users are gone.
    REQUIRE(supervisor::handOverStores({folder.path()}, 0, 0, "").ok());
    CHECK(ownerOf(folder / "shard-0000.db") == 0);
}

TEST_CASE("store owner: links, second names and the files of others are left alone") {
    if (!mayGive()) {
        return;
    }
    const test::TemporaryDirectory folder;
    const test::TemporaryDirectory outside;
    put(outside / "secret.db");
    put(folder / "stranger.db", kStranger);
    REQUIRE(::symlink((outside / "secret.db").c_str(), (folder / "link.db").c_str()) == 0);
    put(outside / "twice.db");
    REQUIRE(::link((outside / "twice.db").c_str(), (folder / "second.db").c_str()) == 0);
    REQUIRE(supervisor::handOverStores({folder.path()}, kStore, kStore, "").ok());
    CHECK(ownerOf(outside / "secret.db") == 0);
    CHECK(ownerOf(outside / "twice.db") == 0);
    CHECK(ownerOf(folder / "stranger.db") == kStranger);
}

TEST_CASE("store owner: a folder of root's that holds other things is not taken") {
    if (!mayGive()) {
        return;
    }
    const test::TemporaryDirectory folder;
    put(folder / "logs.db");
    put(folder / "passwd");
    const auto refused = supervisor::handOverStores({folder.path()}, kStore, kStore, "");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().text.find("passwd") != std::string::npos);
    CHECK(ownerOf(folder.path()) == 0);
    CHECK(ownerOf(folder / "logs.db") == 0);
    // Below the state folder everything is ours; and a folder given before is the store's.
    CHECK(supervisor::handOverStores({folder.path()}, kStore, kStore, folder.path() + "/").ok());
    CHECK(ownerOf(folder / "logs.db") == kStore);
    CHECK(ownerOf(folder / "passwd") == 0);
    CHECK(supervisor::handOverStores({folder.path()}, kStore, kStore, "").ok());
}

TEST_CASE("store owner: one store's folder in another's is no other thing") {
    if (!mayGive()) {
        return;
    }
    const test::TemporaryDirectory folder;
    const std::string events = folder / "events";
    fs::create_directory(events);
    put(folder / "logs.db");
    CHECK(supervisor::handOverStores({events, folder.path()}, kStore, kStore, "").ok());
    CHECK(ownerOf(events) == kStore);
}
