#include "common/db/sqlite.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

namespace evd::db {
namespace {

using base::ErrorKind;

std::unique_ptr<Connection> makeDatabase(const std::string& path) {
    {
        auto created = Connection::createForWriting(path, 4096);
        REQUIRE(created);
        REQUIRE(created.value()->execute("CREATE TABLE t(x)"));
    }
    auto opened = Connection::openForWriting(path);
    REQUIRE(opened);
    return std::move(opened).value();
}

int64_t countRows(Connection& connection) {
    auto query = connection.prepare("SELECT count(*) FROM t");
    REQUIRE(query);
    REQUIRE(query.value()->step().value());
    return query.value()->columnInteger(0);
}

TEST_CASE("sqlite: reserved room is there before the pages are, in whole steps") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "a.db";
    auto connection = makeDatabase(path);
    connection->setFileGrowth(65'536);
    REQUIRE(connection->reserveFileBytes(1));
    CHECK(std::filesystem::file_size(path) == 65'536);
    REQUIRE(connection->reserveFileBytes(65'536));
    CHECK(std::filesystem::file_size(path) == 65'536);
    REQUIRE(connection->reserveFileBytes(65'537));
    CHECK(std::filesystem::file_size(path) == 131'072);
    REQUIRE(connection->execute("INSERT INTO t VALUES (1)"));
    const auto checkpoint = connection->checkpointPassive();
    REQUIRE(checkpoint);
    CHECK(checkpoint.value().moved_pages == checkpoint.value().wal_pages);
    CHECK(countRows(*Connection::openForReading(path).value()) == 1);
}

TEST_CASE("sqlite: every kind of value comes back as it was bound") {
    const test::TemporaryDirectory directory;
    auto connection = makeDatabase(directory.path() + "/a.db");
    REQUIRE(connection->execute("CREATE TABLE v(a, b, c, d, e, f, g)"));
    auto insert = connection->prepare("INSERT INTO v VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    REQUIRE(insert);
    const std::vector<uint8_t> blob{0, 1, 255};
    insert.value()->bindNull(1);
    insert.value()->bindInteger(2, INT64_MIN);
    insert.value()->bindFloat(3, 0.5);
    insert.value()->bindText(4, std::string_view("a\0b", 3));
    insert.value()->bindBlob(5, blob);
    insert.value()->bindText(6, {});
    insert.value()->bindBlob(7, {});
    CHECK_FALSE(insert.value()->step().value());

    auto query = connection->prepare("SELECT * FROM v");
    REQUIRE(query);
    REQUIRE(query.value()->step().value());
    const Statement& row = *query.value();
    CHECK(row.columnCount() == 7);
    CHECK(row.columnKind(0) == ColumnKind::Null);
    CHECK(row.columnInteger(1) == INT64_MIN);
    CHECK(row.columnFloat(2) == 0.5);
    CHECK(row.columnText(3) == std::string_view("a\0b", 3));
    CHECK(std::vector<uint8_t>(row.columnBlob(4).begin(), row.columnBlob(4).end()) == blob);
    CHECK(row.columnKind(5) == ColumnKind::Text);
    CHECK(row.columnKind(6) == ColumnKind::Blob);
    CHECK(row.columnBlob(6).empty());
    CHECK_FALSE(query.value()->step().value());
}

TEST_CASE("sqlite: opening what is not there is NotFound for readers and writers") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/none.db";
    CHECK(Connection::openForReading(path).error().kind == ErrorKind::NotFound);
    CHECK(Connection::openForWriting(path).error().kind == ErrorKind::NotFound);
}

TEST_CASE("sqlite: a file that is no database is Corrupt") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/junk.db";
    std::ofstream(path) << std::string(8192, 'x');
    CHECK(Connection::openForWriting(path).error().kind == ErrorKind::Corrupt);
    auto reader = Connection::openForReading(path);
    if (reader) {
        CHECK(reader.value()->prepare("SELECT * FROM t").error().kind == ErrorKind::Corrupt);
    } else {
        CHECK(reader.error().kind == ErrorKind::Corrupt);
    }
}

TEST_CASE("sqlite: a reader cannot write, even where the file permissions would let it") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/a.db";
    auto writer = makeDatabase(path);
    auto reader = Connection::openForReading(path);
    REQUIRE(reader);
    CHECK_FALSE(reader.value()->execute("INSERT INTO t VALUES (1)"));
    CHECK_FALSE(reader.value()->execute("PRAGMA query_only=OFF; INSERT INTO t VALUES (1)"));
    CHECK(countRows(*writer) == 0);
}

TEST_CASE("sqlite: a second writer is told Busy after a bounded wait") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/a.db";
    auto first = makeDatabase(path);
    auto second = Connection::openForWriting(path);
    REQUIRE(second);
    REQUIRE(second.value()->execute("PRAGMA busy_timeout=1"));
    REQUIRE(first->execute("BEGIN IMMEDIATE"));
    CHECK(second.value()->execute("BEGIN IMMEDIATE").error().kind == ErrorKind::Busy);
    REQUIRE(first->execute("ROLLBACK"));
    CHECK(second.value()->execute("BEGIN IMMEDIATE; ROLLBACK"));
}

TEST_CASE("sqlite: a full database is Io and the next smaller write works") {
    const test::TemporaryDirectory directory;
    auto writer = makeDatabase(directory.path() + "/a.db");
    REQUIRE(writer->execute("PRAGMA max_page_count=8"));
    const auto refused = writer->execute("INSERT INTO t VALUES (zeroblob(100000))");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Io);
    CHECK(writer->execute("INSERT INTO t VALUES (1)"));
}

TEST_CASE("sqlite: a statement that names no table is Invalid") {
    const test::TemporaryDirectory directory;
    auto writer = makeDatabase(directory.path() + "/a.db");
    CHECK(writer->prepare("SELECT * FROM nothing").error().kind == ErrorKind::Invalid);
    CHECK(writer->execute("gibberish").error().kind == ErrorKind::Invalid);
}

TEST_CASE("sqlite: the progress check ends a long statement with Gone") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/a.db";
    auto writer = makeDatabase(path);
    auto reader = Connection::openForReading(path);
    REQUIRE(reader);
    constexpr std::string_view kEndless =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    int asked = 0;
    reader.value()->setProgressCheck([&] { return ++asked == 3; });
    auto query = reader.value()->prepare(kEndless);
    REQUIRE(query);
    auto outcome = query.value()->step();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == ErrorKind::Gone);
    CHECK(asked == 3);
    query.value()->reset();
    reader.value()->setProgressCheck({});
    CHECK(countRows(*reader.value()) == 0);
}

TEST_CASE("sqlite: a writer counts the pages of its log and a checkpoint moves them") {
    const test::TemporaryDirectory directory;
    auto writer = makeDatabase(directory.path() + "/a.db");
    REQUIRE(writer->execute("INSERT INTO t VALUES (zeroblob(50000))"));
    CHECK(writer->walPages() >= 12);
    const auto checkpoint = writer->checkpointPassive();
    REQUIRE(checkpoint);
    CHECK(checkpoint.value().wal_pages == writer->walPages());
    CHECK(checkpoint.value().moved_pages == checkpoint.value().wal_pages);
    REQUIRE(writer->execute("INSERT INTO t VALUES (1)"));
    CHECK(writer->walPages() <= 3);
    CHECK(writer->pageBytes() == 4096);
}

TEST_CASE("sqlite: a reader with an open question holds the checkpoint back but not the writer") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/a.db";
    auto writer = makeDatabase(path);
    REQUIRE(writer->execute("INSERT INTO t VALUES (1), (2)"));
    auto reader = Connection::openForReading(path);
    REQUIRE(reader);
    auto query = reader.value()->prepare("SELECT x FROM t");
    REQUIRE(query);
    REQUIRE(query.value()->step().value());
    REQUIRE(writer->execute("INSERT INTO t VALUES (zeroblob(50000))"));
    const auto checkpoint = writer->checkpointPassive();
    REQUIRE(checkpoint);
    CHECK(checkpoint.value().moved_pages < checkpoint.value().wal_pages);
    CHECK(countRows(*writer) == 3);
}

TEST_CASE("sqlite: a path with characters that mean something in a URI is only a path") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/a?mode=rwc#%41.db";
    auto writer = makeDatabase(path);
    REQUIRE(writer->execute("INSERT INTO t VALUES (1)"));
    auto reader = Connection::openForReading(path);
    REQUIRE(reader);
    CHECK(countRows(*reader.value()) == 1);
}

TEST_CASE("sqlite: a path that begins with two slashes names no host") {
    const test::TemporaryDirectory directory;
    const std::string path = "/" + directory.path() + "/one.db";
    REQUIRE(path.starts_with("//"));
    auto writer = makeDatabase(path);
    REQUIRE(writer->execute("INSERT INTO t VALUES (1)"));
    auto reader = Connection::openForReading(path);
    REQUIRE(reader);
    CHECK(countRows(*reader.value()) == 1);
}

TEST_CASE("sqlite: a reader keeps its statements, reset and without parameters, up to a limit") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/a.db";
    auto writer = makeDatabase(path);
    REQUIRE(writer->execute("INSERT INTO t VALUES (1), (2), (3)"));
    auto reader = Connection::openForReading(path);
    REQUIRE(reader);
    constexpr std::string_view kText = "SELECT x FROM t WHERE ? IS NULL OR x >= ? ORDER BY x";
    {
        auto first = reader.value()->prepare(kText);
        REQUIRE(first);
        first.value()->bindInteger(1, 1);
        first.value()->bindInteger(2, 2);
        REQUIRE(first.value()->step().value());
        CHECK(first.value()->columnInteger(0) == 2);
        auto second = reader.value()->prepare(kText);  // while the first is in use
        REQUIRE(second);
        REQUIRE(second.value()->step().value());
        CHECK(second.value()->columnInteger(0) == 1);
    }
    const size_t kept = reader.value()->keptStatements();
    CHECK(kept == 2);
    {
        auto again = reader.value()->prepare(kText);
        CHECK(reader.value()->keptStatements() == kept - 1);
        REQUIRE(again.value()->step().value());
        CHECK(again.value()->columnInteger(0) == 1);  // the parameter is NULL again
        auto anew = reader.value()->prepareAnew(kText);
        CHECK(reader.value()->keptStatements() == kept - 1);
    }
    CHECK(reader.value()->keptStatements() == kept);
    CHECK(reader.value()->describe(kText).find("SCAN") != std::string::npos);
    CHECK(reader.value()->keptStatements() == kept);
    for (size_t i = 0; i < 2 * kStatementsKept; ++i) {
        REQUIRE(reader.value()->prepare("SELECT " + std::to_string(i)));
    }
    CHECK(reader.value()->keptStatements() == kStatementsKept);
    CHECK(writer->keptStatements() == 0);
}

TEST_CASE("sqlite: a kept statement follows a schema that has changed") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/a.db";
    auto writer = makeDatabase(path);
    REQUIRE(writer->execute("INSERT INTO t VALUES (1); CREATE INDEX i ON t(x)"));
    auto reader = Connection::openForReading(path);
    REQUIRE(reader);
    const auto rows = [&] {
        auto statement = reader.value()->prepare("SELECT count(*) FROM t WHERE x > 0");
        REQUIRE(statement);
        REQUIRE(statement.value()->step().value());
        return statement.value()->columnInteger(0);
    };
    CHECK(rows() == 1);
    REQUIRE(writer->execute("DROP INDEX i; INSERT INTO t VALUES (2)"));
    CHECK(rows() == 2);
    CHECK(reader.value()->keptStatements() == 1);
}

}  // namespace
}  // namespace evd::db
