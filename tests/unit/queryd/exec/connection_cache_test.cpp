#include "queryd/exec/connection_cache.h"

#include "common/base/text.h"
#include "common/base/thread.h"
#include "queryd/exec/read_snapshot.h"
#include "tests/support/event_shards.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace evd::queryd {
namespace {

namespace fs = std::filesystem;

// Shards that have been written to: a database without a write-ahead log is never kept open.
class Shards {
  public:
    explicit Shards(size_t count) {
        for (size_t i = 0; i < count; ++i) {
            shards_.push_back(
                std::make_unique<test::TestShard>(folder_ / base::cat("shard-", 1000 + i, ".db")));
            test::TestEvent event;
            event.id = static_cast<int64_t>(i) + 1;
            shards_.back()->insert(event);
        }
        auto found = databasesOf(db::discoverEventStores(folder_.path()), "event");
        REQUIRE(found);
        files = std::move(found).value();
        REQUIRE(files.size() == count);
    }

    std::vector<DatabaseFile> files;

  private:
    test::TemporaryDirectory folder_;
    std::vector<std::unique_ptr<test::TestShard>> shards_;
};

// Whether it was kept: then it leaves the idle ones, else it is opened anew.
bool isKept(ConnectionCache& cache, const DatabaseFile& file) {
    const size_t before = cache.idleCount();
    auto connection = cache.acquire(file);
    REQUIRE(connection);
    const bool was_kept = cache.idleCount() == before - 1;
    cache.release(file, std::move(connection).value());
    return was_kept;
}

void use(ConnectionCache& cache, const DatabaseFile& file) {
    auto connection = cache.acquire(file);
    REQUIRE(connection);
    REQUIRE(connection.value()->execute("SELECT count(*) FROM events"));
    cache.release(file, std::move(connection).value());
}

constexpr int64_t kGenerations = 300;

// One shard that is put aside again and again, as the store does it; what takes its place has an
// event with the next id, in its log alone.
class PutAsideByTurns {
  public:
    PutAsideByTurns() { makeNext(path_); }

    // The one of that name now; none in the moment when there is none.
    std::optional<DatabaseFile> list() const {
        struct stat status {};
        return ::stat(path_.c_str(), &status) == 0
                   ? std::optional(DatabaseFile{path_, status.st_dev, status.st_ino})
                   : std::nullopt;
    }
    void putAside() {
        const std::string next = folder_ / "next.db";
        makeNext(next);
        const std::string aside = base::cat(db::quarantinePrefix(path_), generations_, ".db");
        for (const char* suffix : {"-wal", "-shm"}) {
            fs::create_hard_link(path_ + suffix, aside + suffix);
        }
        fs::rename(path_, aside);
        for (const char* suffix : {"-wal", "-shm"}) {
            fs::remove(path_ + suffix);
        }
        for (const char* suffix : {"-wal", "-shm", ""}) {
            fs::rename(next + suffix, path_ + suffix);
        }
    }
    void removeAside() {
        for (const auto& entry : fs::directory_iterator(folder_.path())) {
            if (entry.path().string().find("corrupt") != std::string::npos) {
                fs::remove(entry.path());
            }
        }
    }

  private:
    void makeNext(const std::string& path) {
        writer_ = std::make_unique<test::TestShard>(path);
        writer_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
        test::TestEvent event;
        event.id = ++generations_;
        writer_->insert(event);
    }

    test::TemporaryDirectory folder_;
    const std::string path_ = folder_ / "shard-0001.db";
    int64_t generations_ = 0;
    std::unique_ptr<test::TestShard> writer_;
};

int64_t idIn(db::Connection& connection) {
    auto statement = connection.prepare("SELECT max(id) FROM events");
    if (!statement || !statement.value()->step()) {
        return -1;
    }
    return statement.value()->columnInteger(0);
}

}  // namespace

TEST_CASE("connection cache: of many shards a bounded number stays open (Spec §14.1)") {
    const Shards shards(kIdleConnectionsMax + 3);
    ConnectionCache cache;
    for (const DatabaseFile& file : shards.files) {
        use(cache, file);
        CHECK(cache.idleCount() <= kIdleConnectionsMax);
    }
    CHECK(cache.idleCount() == kIdleConnectionsMax);
    // The first three have been idle longest, and are closed; the fourth is not.
    CHECK(isKept(cache, shards.files[3]));
    CHECK_FALSE(isKept(cache, shards.files[0]));
    CHECK(cache.idleCount() == kIdleConnectionsMax);
    CHECK(isKept(cache, shards.files[0]));        // now it is
    CHECK_FALSE(isKept(cache, shards.files[4]));  // in the place of this one
}

TEST_CASE("connection cache: a connection is in one hand at a time") {
    const Shards shards(1);
    ConnectionCache cache;
    use(cache, shards.files[0]);
    CHECK(cache.idleCount() == 1);
    auto first = cache.acquire(shards.files[0]);
    auto second = cache.acquire(shards.files[0]);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first.value() != second.value());
    CHECK(cache.idleCount() == 0);
}

TEST_CASE("connection cache: a connection whose transaction did not end is not kept") {
    const Shards shards(1);
    ConnectionCache cache;
    auto connection = cache.acquire(shards.files[0]);
    REQUIRE(connection);
    REQUIRE(connection.value()->execute("BEGIN"));
    cache.release(shards.files[0], std::move(connection).value());
    CHECK(cache.idleCount() == 0);
}

TEST_CASE("connection cache: a database that was put aside since it was listed is that database") {
    PutAsideByTurns shards;
    const auto file = shards.list();
    REQUIRE(file);
    shards.putAside();
    ConnectionCache cache;
    auto connection = cache.acquire(*file);
    REQUIRE(connection);
    CHECK(idIn(*connection.value()) == 1);

    shards.removeAside();
    auto gone = ConnectionCache().acquire(*file);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().kind == base::ErrorKind::NotFound);
}

TEST_CASE("connection cache: while databases are put aside, each is read with its own log") {
    PutAsideByTurns shards;
    std::map<ino_t, int64_t> ids;
    std::vector<std::pair<ino_t, int64_t>> seen;
    std::atomic<bool> is_over = false;
    base::Thread reader("reader", [&] {
        ConnectionCache cache;
        while (!is_over) {
            const auto file = shards.list();
            if (!file) {
                continue;
            }
            const auto connection = cache.acquire(*file);
            if (connection) {
                seen.emplace_back(file->inode, idIn(*connection.value()));
            }
        }
    });
    for (int64_t id = 1; id <= kGenerations; ++id) {
        ids[shards.list().value().inode] = id;
        shards.putAside();
    }
    ids[shards.list().value().inode] = kGenerations + 1;
    is_over = true;
    reader.join();
    CHECK(seen.size() > kGenerations / 4);
    for (const auto& [inode, id] : seen) {
        CHECK(ids.at(inode) == id);
    }
}

TEST_CASE("read snapshot: one that is stopped when it has begun leaves no transaction behind") {
    const Shards shards(1);
    auto connection = db::Connection::openForReading(shards.files[0].path);
    REQUIRE(connection);
    // Stopped after every number of steps, for SQLite counts those of earlier runs of a statement.
    bool was_begun = false;
    for (int steps = 1; steps <= 8; ++steps) {
        CAPTURE(steps);
        connection.value()->setProgressCheck([] { return true; }, steps);
        {
            const ReadSnapshot snapshot(*connection.value());
            was_begun = was_begun || (!snapshot.begun() && connection.value()->isInTransaction());
        }
        CHECK_FALSE(connection.value()->isInTransaction());
        connection.value()->setProgressCheck({});
        CHECK(ReadSnapshot(*connection.value()).begun());
    }
    CHECK(was_begun);
}

}  // namespace evd::queryd
