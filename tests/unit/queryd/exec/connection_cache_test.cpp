#include "queryd/exec/connection_cache.h"

#include "common/base/text.h"
#include "queryd/exec/read_snapshot.h"
#include "tests/support/event_shards.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <memory>
#include <utility>
#include <vector>

namespace evd::queryd {
namespace {

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
