#include "common/db/read_trace.h"

#include "common/db/sqlite.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <string>

namespace evd::db {
namespace {

struct Database {
    Database() {
        auto opened = Connection::createForWriting(folder / "a.db", 4096);
        REQUIRE(opened.ok());
        connection = std::move(opened).value();
        REQUIRE(connection->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)").ok());
        REQUIRE(connection->execute("CREATE INDEX by_v ON t(v)").ok());
        REQUIRE(connection
                    ->execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE "
                              "i<100) INSERT INTO t SELECT i, i%10 FROM n")
                    .ok());
    }
    void readAll(std::string_view sql) {
        auto statement = connection->prepare(sql);
        REQUIRE(statement.ok());
        for (auto row = statement.value()->step(); row.ok() && row.value();
             row = statement.value()->step()) {
        }
    }

    test::TemporaryDirectory folder;
    std::unique_ptr<Connection> connection;
};

TEST_CASE("read trace: a scan tells every row it stepped over, and those it gave back") {
    Database database;
    database.connection->beginTrace();
    database.readAll("SELECT id FROM t WHERE +v=3");
    const ReadTrace trace = database.connection->endTrace();
    REQUIRE(trace.statements.size() == 1);
    CHECK(trace.statements[0].sql == "SELECT id FROM t WHERE +v=3");
    CHECK(trace.statements[0].rows_matched == 10);
    CHECK(trace.statements[0].rows_looked_at >= 99);  // SQLite counts the steps between them
}

TEST_CASE("read trace: runs of one statement are added up, other statements stand beside it") {
    Database database;
    database.connection->beginTrace();
    database.readAll("SELECT id FROM t WHERE v=3");
    database.readAll("SELECT max(id) FROM t");
    database.readAll("SELECT id FROM t WHERE v=3");
    const ReadTrace trace = database.connection->endTrace();
    REQUIRE(trace.statements.size() == 2);
    CHECK(trace.statements[0].rows_matched == 20);
    CHECK(trace.statements[1].rows_matched == 1);
}

TEST_CASE("read trace: rows that the row filter judges were looked at") {
    Database database;
    database.connection->beginTrace();
    REQUIRE(database.connection
                ->setRowFilter([](const RowView& row) { return row.columnInteger(0) == 7; })
                .ok());
    database.readAll("SELECT id FROM t WHERE v>0 AND row_wanted(id)");
    const ReadTrace trace = database.connection->endTrace();
    REQUIRE(database.connection->setRowFilter({}).ok());
    REQUIRE(trace.statements.size() == 1);
    CHECK(trace.statements[0].rows_matched == 1);
    CHECK(trace.statements[0].rows_looked_at == 90);
}

TEST_CASE("read trace: outside of it nothing is counted, and transactions never are") {
    Database database;
    database.readAll("SELECT id FROM t");
    CHECK(database.connection->endTrace().statements.empty());
    database.connection->beginTrace();
    REQUIRE(database.connection->execute("BEGIN").ok());
    REQUIRE(database.connection->execute("ROLLBACK").ok());
    CHECK(database.connection->endTrace().statements.empty());
}

TEST_CASE("read trace: a statement is described by its indexes and scans, a wrong one not at all") {
    Database database;
    CHECK(database.connection->describe("SELECT id FROM t WHERE v=3").find("by_v") !=
          std::string::npos);
    CHECK(database.connection->describe("SELECT id FROM t WHERE +v=3").starts_with("SCAN t"));
    CHECK(database.connection->describe("SELECT nonsense").empty());
}

TEST_CASE("read trace: of too many different statements the first ones are kept") {
    Database database;
    database.connection->beginTrace();
    for (size_t i = 0; i < kTracedStatementsMax + 5; ++i) {
        database.readAll("SELECT " + std::to_string(i));
    }
    CHECK(database.connection->endTrace().statements.size() == kTracedStatementsMax);
}

}  // namespace
}  // namespace evd::db
