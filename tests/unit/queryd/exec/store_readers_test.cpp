// Databases that cannot be read, and what a question is told of them.

#include "queryd/exec/store_readers.h"

#include "queryd/exec/question_trace.h"
#include "tests/support/event_shards.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

namespace evd::queryd {
namespace {

struct Fixture {
    test::TemporaryDirectory folder;
    base::SystemClock clock;
    QuestionTrace trace;
    RunControl control{.clock = &clock, .trace = &trace};
    ConnectionCache connections;
    StoreReaders readers{{folder.path(), folder / "logs.db"}, connections, {}, 1 << 20};
};

// Waits for kBusyRetryMs, which is what it is about.
TEST_CASE("store readers: a database that stays busy is left out, and traced as left out") {
    Fixture fixture;
    test::TestShard shard(fixture.folder / "shard-0000.db");
    const auto databases = fixture.readers.databases(StoreKind::Events);
    REQUIRE(databases.ok());
    REQUIRE(databases.value().size() == 1);
    const auto read = fixture.readers.read(
        databases.value()[0], fixture.control, [](db::Connection&) -> base::Result<void> {
            return base::fail(base::ErrorKind::Busy, "somebody recovers it");
        });
    REQUIRE(read.ok());
    CHECK(read.value() == StoreReaders::ReadEnd::LeftOut);
    const auto reads = fixture.trace.reads();
    REQUIRE(reads.size() == 1);
    CHECK(reads[0].slices > 1);
    CHECK(reads[0].left_out);
}

TEST_CASE("store readers: a database that is busy for a moment is read, and not left out") {
    Fixture fixture;
    test::TestShard shard(fixture.folder / "shard-0000.db");
    const auto databases = fixture.readers.databases(StoreKind::Events);
    REQUIRE(databases.ok());
    int attempts = 0;
    const auto read = fixture.readers.read(
        databases.value()[0], fixture.control, [&](db::Connection&) -> base::Result<void> {
            return ++attempts < 3 ? base::fail(base::ErrorKind::Busy, "somebody recovers it")
                                  : base::Result<void>();
        });
    REQUIRE(read.ok());
    CHECK(read.value() == StoreReaders::ReadEnd::Done);
    CHECK_FALSE(fixture.trace.reads()[0].left_out);
}

}  // namespace
}  // namespace evd::queryd
