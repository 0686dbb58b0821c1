#include "common/db/store_files.h"

#include "tests/support/temporary_directory.h"

#include <dirent.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>

namespace {

// A disk that breaks while a folder is listed: how many entries are still read; -1 for a good one.
int entries_left = -1;
int lstat_errno = 0;

// Those of the C library, in whose places the next two are: nothing else makes them fail half-way.
template <typename Function>
Function* libraryFunction(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int lstat(const char* path, struct stat* found) noexcept {
    if (lstat_errno != 0) {
        errno = lstat_errno;
        return -1;
    }
    static auto* const real = libraryFunction<int(const char*, struct stat*)>("lstat");
    return real(path, found);
}

extern "C" dirent* readdir(DIR* folder) {
    if (entries_left == 0) {
        errno = EIO;
        return nullptr;
    }
    entries_left -= entries_left > 0 ? 1 : 0;
    static auto* const real = libraryFunction<dirent*(DIR*)>("readdir");
    return real(folder);
}

namespace evd::db {
namespace {

TEST_CASE("store files: an active shard's name carries its number in four digits") {
    CHECK(shardFileName(0) == "shard-0000.db");
    CHECK(shardFileName(255) == "shard-0255.db");
    CHECK(shardFileName(kShardIndexMax) == "shard-9999.db");
    CHECK(shardOfFileName("shard-0000.db") == 0);
    CHECK(shardOfFileName("shard-9999.db") == kShardIndexMax);
}

TEST_CASE("store files: a name that is not exactly an active shard's has no number") {
    for (const char* name :
         {"shard-000.db", "shard-00000.db", "shard-00a0.db", "shard-+001.db", "Shard-0000.db",
          "shard-0000.db-wal", "shard-0000.corrupt-17.db", ""}) {
        CAPTURE(name);
        CHECK_FALSE(shardOfFileName(name));
    }
}

TEST_CASE("store files: every database is found in name order, the meta database is not") {
    const test::TemporaryDirectory directory;
    for (const char* name :
         {"shard-0001.db", "shard-0000.db", "shard-0000.db-wal", "eventd-meta.db",
          "archive-2026.db", "shard-0002.corrupt-5.db", "notes.txt"}) {
        std::ofstream(directory / name).close();
    }
    REQUIRE(::mkdir((directory.path() + "/folder.db").c_str(), 0755) == 0);
    REQUIRE(::symlink("shard-0000.db", (directory.path() + "/link.db").c_str()) == 0);
    const auto found = discoverEventStores(directory.path());
    REQUIRE(found);
    REQUIRE(found.value().size() == 4);
    CHECK(found.value().at(0).name == "archive-2026.db");
    CHECK_FALSE(found.value().at(0).shard);
    CHECK(found.value().at(1).name == "shard-0000.db");
    CHECK(found.value().at(1).shard == 0);
    CHECK(found.value().at(1).path == directory.path() + "/shard-0000.db");
    CHECK(found.value().at(2).shard == 1);
    CHECK(found.value().at(3).name == "shard-0002.corrupt-5.db");
    CHECK_FALSE(found.value().at(3).shard);
}

TEST_CASE("store files: a directory that does not exist is NotFound") {
    const test::TemporaryDirectory directory;
    const auto found = discoverEventStores(directory.path() + "/none");
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == base::ErrorKind::NotFound);
}

TEST_CASE("store files: a folder of which only a part can be listed is an error, and not shorter") {
    const test::TemporaryDirectory directory;
    for (const char* name : {"shard-0000.db", "shard-0001.db", "shard-0002.db"}) {
        std::ofstream(directory / name).close();
    }
    for (int entries = 0; entries < 6; ++entries) {  // the two dots among them
        CAPTURE(entries);
        entries_left = entries;
        const auto shards = discoverEventStores(directory.path());
        entries_left = entries;
        const auto single = discoverSingleStore(directory / "shard-0000.db");
        entries_left = -1;
        REQUIRE_FALSE(shards);
        CHECK(shards.error().kind == base::ErrorKind::Io);
        CHECK_FALSE(single);
    }
    CHECK(discoverEventStores(directory.path()).value().size() == 3);
}

TEST_CASE("store files: one that is gone again is left out, one that cannot be looked at is not") {
    const test::TemporaryDirectory directory;
    std::ofstream(directory / "shard-0000.db").close();
    lstat_errno = ENOENT;
    const auto gone = discoverEventStores(directory.path());
    lstat_errno = EIO;
    const auto broken = discoverEventStores(directory.path());
    lstat_errno = 0;
    REQUIRE(gone);
    CHECK(gone.value().empty());
    REQUIRE_FALSE(broken);
    CHECK(broken.error().kind == base::ErrorKind::Io);
}

TEST_CASE(
    "store files: a path to one store is the file itself, or the file within a folder (Ruling "
    "S7)") {
    const test::TemporaryDirectory directory;
    CHECK(singleStorePath("/none/x.db", kLogFileName) == "/none/x.db");
    CHECK(singleStorePath("/none/logs/", kLogFileName) == "/none/logs/logs.db");
    CHECK(singleStorePath(directory.path(), kMetricFileName) == directory.path() + "/metrics.db");
    CHECK(folderOf("/a/b.db") == "/a");
    CHECK(folderOf("/b.db") == "/");
    CHECK(folderOf("b.db") == ".");
}

TEST_CASE("store files: one store is found with what was put aside of it, and nothing else") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "logs.db";
    for (const char* name :
         {"logs.db", "logs.db-wal", "logs.corrupt-17.db", "logs.corrupt-17.db-wal",
          "logs.corrupt-9.db", "logs2.db", "metrics.corrupt-1.db"}) {
        std::ofstream(directory / name) << "x";
    }
    const auto found = discoverSingleStore(path);
    REQUIRE(found);
    std::string names;
    for (const StoreFile& file : found.value()) {
        names += file.name + " ";
    }
    CHECK(names == "logs.corrupt-17.db logs.corrupt-9.db logs.db ");
    const auto none = discoverSingleStore(directory.path() + "/none/logs.db");
    REQUIRE(none);
    CHECK(none.value().empty());
}

}  // namespace
}  // namespace evd::db
