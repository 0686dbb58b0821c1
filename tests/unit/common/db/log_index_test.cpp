#include "common/db/log_index.h"

#include "common/db/statements.h"
#include "tests/support/log_index_head.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::db {
namespace {

constexpr const char* kCount = "SELECT count(*) FROM t";

void fill(Connection& connection, const char* sql) {
    REQUIRE(connection.execute(sql));
}

TEST_CASE("log index: a commit that the index knows nothing of is found, whoever is reading") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "a.db";
    fill(*Connection::createForWriting(path, 4096).value(), "CREATE TABLE t(n)");
    auto writer = Connection::openForWriting(path);
    REQUIRE(writer);
    fill(*writer.value(), "INSERT INTO t VALUES (1)");
    const auto reader = Connection::openForReading(path);
    REQUIRE(reader);
    CHECK(*askInteger(*reader.value(), kCount).value() == 1);
    const std::string head = test::logIndexHeadOf(path);
    fill(*writer.value(), "INSERT INTO t VALUES (2)");
    writer.value().reset();
    test::setLogIndexHead(path, head);

    const auto other = Connection::openForReading(path);
    REQUIRE(other);
    CHECK(*askInteger(*other.value(), kCount).value() == 1);
    const auto settled = openSettled(path);
    REQUIRE(settled);
    CHECK(*askInteger(*settled.value(), kCount).value() == 2);
    CHECK(*askInteger(*reader.value(), kCount).value() == 2);
}

TEST_CASE("log index: a snapshot that somebody holds stays as it is") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "a.db";
    fill(*Connection::createForWriting(path, 4096).value(), "CREATE TABLE t(n)");
    const auto writer = Connection::openForWriting(path);
    REQUIRE(writer);
    fill(*writer.value(), "INSERT INTO t VALUES (1)");
    const auto reader = Connection::openForReading(path);
    REQUIRE(reader);
    fill(*reader.value(), "BEGIN");
    CHECK(*askInteger(*reader.value(), kCount).value() == 1);
    fill(*writer.value(), "INSERT INTO t VALUES (2)");
    REQUIRE(openSettled(path));
    CHECK(*askInteger(*reader.value(), kCount).value() == 1);
    fill(*writer.value(), "INSERT INTO t VALUES (3)");
    fill(*reader.value(), "COMMIT");
    CHECK(*askInteger(*reader.value(), kCount).value() == 3);
}

TEST_CASE("log index: a database without a log is read, and what lies beside it is left alone") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "a.db";
    fill(*Connection::createForWriting(path, 4096).value(), "CREATE TABLE t(n)");
    const auto immutable = openSettled(path);
    REQUIRE(immutable);
    CHECK(*askInteger(*immutable.value(), kCount).value() == 0);
    const std::string foreign(64 * 1024, 'x');
    test::writeTextFile(path + "-shm", foreign);
    const auto settled = openSettled(path);
    REQUIRE(settled);
    CHECK(*askInteger(*settled.value(), kCount).value() == 0);
    CHECK(test::readTextFile(path + "-shm") == foreign);
}

}  // namespace
}  // namespace evd::db
