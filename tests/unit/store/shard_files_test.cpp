#include "store/shard_files.h"

#include "common/db/schema.h"

#include "tests/unit/store/store_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

namespace evd::store {
namespace {

class Folder {
  public:
    std::string path(const std::string& name) const { return directory_ / name; }
    const std::string& folder() const { return directory_.path(); }
    OpenedShard open(uint16_t shard) const {
        auto opened = openShard(folder(), shard, boot_, clock_);
        REQUIRE(opened);
        return std::move(opened).value();
    }
    OpenedShards openAll(uint16_t count) const {
        auto opened = openShards(folder(), count, boot_, clock_);
        REQUIRE(opened);
        return std::move(opened).value();
    }
    void execute(const std::string& name, const std::string& sql) const {
        auto connection = db::Connection::openForWriting(path(name));
        REQUIRE(connection);
        REQUIRE(connection.value()->execute(sql));
    }
    void setVersion(const std::string& name, const std::string& version) const {
        execute(name, "UPDATE metadata SET value = '" + version + "' WHERE key = 'schema_version'");
    }
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        const auto files = db::discoverEventStores(folder());
        REQUIRE(files);
        for (const db::StoreFile& file : files.value()) {
            names.push_back(file.name);
        }
        return names;
    }

  private:
    test::TemporaryDirectory directory_;
    base::SystemClock clock_;
    base::Guid boot_;
};

TEST_CASE("shard files: a missing shard is made, WAL, synchronous FULL, 16 KiB pages (Spec §3.2)") {
    const Folder folder;
    const OpenedShard opened = folder.open(3);
    REQUIRE(opened.database != nullptr);
    CHECK(opened.trouble.empty());
    db::Connection& connection = opened.database->connection();
    CHECK(connection.pageBytes() == db::kPageBytes);
    const auto pragma = [&](const char* sql) {
        auto query = connection.prepare(sql);
        REQUIRE(query);
        REQUIRE(query.value()->step().value());
        return std::string(query.value()->columnText(0));
    };
    CHECK(pragma("PRAGMA journal_mode") == "wal");
    CHECK(pragma("PRAGMA synchronous") == "2");
    CHECK(pragma("PRAGMA wal_autocheckpoint") == "0");
    CHECK(folder.names() == std::vector<std::string>{"shard-0003.db"});
}

TEST_CASE("shard files: what an interrupted creation left behind is replaced") {
    const Folder folder;
    std::ofstream(folder.path("shard-0000.db.new")) << "half";
    std::ofstream(folder.path("shard-0000.db.new-journal")) << "half";
    std::ofstream(folder.path("shard-0000.db-wal")) << "of a database that somebody took away";
    CHECK(folder.open(0).database != nullptr);
    CHECK_FALSE(std::filesystem::exists(folder.path("shard-0000.db.new")));
}

TEST_CASE("shard files: the journal of a database that is gone is not played into its successor") {
    const Folder folder;
    {
        auto other = db::Connection::createForWriting(folder.path("other"), 4096);
        REQUIRE(other);
        const auto execute = [&](const char* sql) { REQUIRE(other.value()->execute(sql)); };
        execute("PRAGMA cache_size=1; CREATE TABLE t(x)");
        execute("INSERT INTO t VALUES (zeroblob(100000)), (zeroblob(100000))");
        execute("BEGIN; UPDATE t SET x = randomblob(100000)");
        std::filesystem::copy_file(folder.path("other-journal"),
                                   folder.path("shard-0000.db-journal"));
        execute("ROLLBACK");
    }
    const auto opened = folder.open(0);
    REQUIRE(opened.database != nullptr);
    CHECK(opened.trouble.empty());
    CHECK_FALSE(std::filesystem::exists(folder.path("shard-0000.db-journal")));
}

TEST_CASE("shard files: an existing shard is opened as it is") {
    const Folder folder;
    folder.open(0);
    folder.execute("shard-0000.db", "INSERT INTO event_types VALUES ('mine')");
    const OpenedShard opened = folder.open(0);
    CHECK(opened.trouble.empty());
    auto query = opened.database->connection().prepare("SELECT event_type FROM event_types");
    REQUIRE(query);
    CHECK(query.value()->step().value());
}

TEST_CASE("shard files: a corrupt shard is put aside readable and a fresh one made (Ruling S6)") {
    for (const char* damage :
         {"DROP TABLE events", "DROP INDEX idx_events_timestamp", "DELETE FROM metadata"}) {
        CAPTURE(damage);
        const Folder folder;
        folder.open(0);
        folder.execute("shard-0000.db", damage);
        const OpenedShard opened = folder.open(0);
        CHECK(opened.database != nullptr);
        CHECK_FALSE(opened.trouble.empty());
        const auto names = folder.names();
        REQUIRE(names.size() == 2);
        CHECK(names.at(0).starts_with("shard-0000.corrupt-"));
        CHECK(names.at(0).ends_with(".db"));
        CHECK(names.at(1) == "shard-0000.db");
        CHECK(std::filesystem::exists(folder.path(names.at(0) + "-wal")));
    }
}

TEST_CASE("shard files: a file that is no database is put aside too") {
    const Folder folder;
    std::ofstream(folder.path("shard-0000.db")) << std::string(100'000, 'x');
    CHECK(folder.open(0).database != nullptr);
    CHECK(folder.names().size() == 2);
}

TEST_CASE("shard files: a shard of unknown version is not touched and excluded (Ruling S10)") {
    const Folder folder;
    folder.openAll(2);
    folder.setVersion("shard-0000.db", "2");
    const auto before = std::filesystem::file_size(folder.path("shard-0000.db"));
    const OpenedShards opened = folder.openAll(2);
    REQUIRE(opened.shards.size() == 2);
    CHECK(opened.shards.at(0).database == nullptr);
    CHECK_FALSE(opened.shards.at(0).trouble.empty());
    CHECK(opened.shards.at(1).database != nullptr);
    CHECK(std::filesystem::file_size(folder.path("shard-0000.db")) == before);
    CHECK(test::askFile(folder.path("shard-0000.db"),
                        "SELECT value FROM metadata WHERE key = 'schema_version'") == "2");
}

TEST_CASE("shard files: when no shard can be written new ones get the next free numbers") {
    const Folder folder;
    folder.openAll(2);
    folder.open(7);
    folder.setVersion("shard-0000.db", "2");
    folder.setVersion("shard-0001.db", "2");
    const OpenedShards opened = folder.openAll(2);
    REQUIRE(opened.shards.size() == 4);
    CHECK(opened.shards.at(2).shard == 8);
    CHECK(opened.shards.at(3).shard == 9);
    CHECK(opened.shards.at(3).database != nullptr);
}

TEST_CASE("shard files: the store directory is made with what is above it") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "a/b/c";
    REQUIRE(makeStoreDirectory(path));
    CHECK(makeStoreDirectory(path));
    CHECK(std::filesystem::is_directory(path));
    std::ofstream(directory / "file").close();
    CHECK_FALSE(makeStoreDirectory(directory / "file/inside"));
}

}  // namespace
}  // namespace evd::store
