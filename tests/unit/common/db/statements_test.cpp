#include "common/db/statements.h"

#include "common/db/metadata.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

namespace evd::db {
namespace {

using base::ErrorKind;

struct Fixture {
    Fixture() {
        auto created = Connection::createForWriting(directory / "a.db", 4096);
        REQUIRE(created);
        connection = std::move(created).value();
        REQUIRE(connection->execute("CREATE TABLE t(x)"));
        REQUIRE(connection->execute(kMetadataTable));
    }

    test::TemporaryDirectory directory;
    std::unique_ptr<Connection> connection;
};

TEST_CASE("statements: several are prepared at once, up to the first that is wrong") {
    Fixture fixture;
    std::unique_ptr<Statement> first;
    std::unique_ptr<Statement> wrong;
    std::unique_ptr<Statement> never;
    const auto prepared =
        prepareAll(*fixture.connection,
                   {{first, "SELECT 1"}, {wrong, "SELECT nothing FROM t"}, {never, "SELECT 2"}});
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().kind == ErrorKind::Invalid);
    CHECK(first != nullptr);
    CHECK(wrong == nullptr);
    CHECK(never == nullptr);
}

TEST_CASE("statements: the one integer is nothing for NULL, for text and for no row") {
    Fixture fixture;
    CHECK(askInteger(*fixture.connection, "SELECT 7").value() == 7);
    CHECK_FALSE(askInteger(*fixture.connection, "SELECT max(x) FROM t").value());
    CHECK_FALSE(askInteger(*fixture.connection, "SELECT '7'").value());
    CHECK_FALSE(askInteger(*fixture.connection, "SELECT x FROM t").value());
    CHECK(askInteger(*fixture.connection, "SELECT y FROM t").error().kind == ErrorKind::Invalid);
}

TEST_CASE("statements: a row lets go of its statement, so that it can run again") {
    Fixture fixture;
    auto insert = fixture.connection->prepare("INSERT INTO t VALUES (?1)");
    REQUIRE(insert);
    for (const int64_t value : {1, 2}) {
        insert.value()->bindInteger(1, value);
        CHECK(runOnce(*insert.value()));
    }
    auto query = fixture.connection->prepare("SELECT x FROM t ORDER BY x");
    REQUIRE(query);
    for (int times = 0; times < 2; ++times) {
        const Row row(*query.value());
        CHECK(row.found().value());
        CHECK(query.value()->columnInteger(0) == 1);
    }
}

TEST_CASE("statements: a transaction is there as a whole, or nothing of it is") {
    Fixture fixture;
    Connection& connection = *fixture.connection;
    CHECK(
        inTransaction(connection, [&] { return connection.execute("INSERT INTO t VALUES (1)"); }));
    const auto failed = inTransaction(connection, [&]() -> base::Result<void> {
        EVD_TRY(connection.execute("INSERT INTO t VALUES (2)"));
        return connection.execute("INSERT INTO nowhere VALUES (3)");
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::Invalid);
    CHECK(askInteger(connection, "SELECT sum(x) FROM t").value() == 1);
    // Within another one none can begin, and that one goes on.
    REQUIRE(connection.execute("BEGIN"));
    CHECK_FALSE(inTransaction(connection, [] { return base::Result<void>(); }));
    CHECK(connection.isInTransaction());
    REQUIRE(connection.execute("COMMIT"));
    // One that is stopped when it has begun ends too.
    connection.setProgressCheck([] { return true; }, /*steps=*/2);
    CHECK_FALSE(inTransaction(connection, [] { return base::Result<void>(); }));
    CHECK_FALSE(connection.isInTransaction());
}

TEST_CASE("metadata: the last value of a key is read, and nothing for an unknown key") {
    Fixture fixture;
    CHECK_FALSE(readMetadata(*fixture.connection, "key").value());
    REQUIRE(writeMetadata(*fixture.connection, "key", "one"));
    REQUIRE(writeMetadata(*fixture.connection, "key", "two"));
    CHECK(readMetadata(*fixture.connection, "key").value() == "two");
}

}  // namespace
}  // namespace evd::db
