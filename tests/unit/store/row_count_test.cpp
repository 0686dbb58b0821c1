#include "store/row_count.h"

#include "common/db/schema.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

class Fixture {
  public:
    Fixture() {
        auto created = db::Connection::createForWriting(directory / "x.db", db::kPageBytes);
        REQUIRE(created);
        connection = std::move(created).value();
        REQUIRE(db::createEventSchema(*connection, 0));
        REQUIRE(connection->execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
            "INSERT INTO events(id, boot_id, timestamp, event_type) SELECT i, x'00', i, 'a' FROM "
            "n"));
    }

    test::TemporaryDirectory directory;
    std::unique_ptr<db::Connection> connection;
};

TEST_CASE("row count: counted once, then kept up") {
    Fixture fixture;
    RowCount rows;
    rows.added(5);  // nobody knows yet
    CHECK_FALSE(rows.rows());
    CHECK(rows.isWanted());
    rows.count(*fixture.connection, [] { return false; });
    CHECK(rows.rows() == 50'000);
    CHECK_FALSE(rows.isWanted());
    rows.added(10);
    rows.removed(7);
    CHECK(rows.rows() == 50'003);
    rows.forget();
    CHECK_FALSE(rows.rows());
}

TEST_CASE("row count: it gives way, and is then still wanted") {
    Fixture fixture;
    RowCount rows;
    rows.count(*fixture.connection, [] { return true; });
    CHECK(rows.isWanted());
    rows.count(*fixture.connection, [] { return false; });
    CHECK(rows.rows() == 50'000);
}

}  // namespace
}  // namespace evd::store
