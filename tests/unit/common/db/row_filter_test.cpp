#include "common/db/row_filter.h"

#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <vector>

namespace evd::db {

TEST_CASE("row filter: SQL asks it about every row, and an empty one wants none") {
    const test::TemporaryDirectory folder;
    auto opened = Connection::createForWriting(folder / "a.db", 4096);
    REQUIRE(opened.ok());
    Connection& connection = *opened.value();
    REQUIRE(connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)").ok());
    REQUIRE(connection.execute("INSERT INTO t(v) VALUES (1),('two'),(NULL),(x'04'),(0.5)").ok());
    const auto wanted = [&] {
        auto statement = connection.prepare("SELECT id FROM t WHERE row_wanted(id, v) ORDER BY id");
        REQUIRE(statement.ok());
        std::vector<int64_t> ids;
        for (auto row = statement.value()->step(); row.ok() && row.value();
             row = statement.value()->step()) {
            ids.push_back(statement.value()->columnInteger(0));
        }
        return ids;
    };
    std::vector<ColumnKind> kinds;
    REQUIRE(connection
                .setRowFilter([&](const RowView& row) {
                    kinds.push_back(row.columnKind(1));
                    return row.columnText(1) == "two" || row.columnFloat(1) == 0.5 ||
                           row.columnBlob(1).size() == 1;
                })
                .ok());
    CHECK(wanted() == std::vector<int64_t>{1, 2, 4, 5});
    CHECK(kinds == std::vector{ColumnKind::Integer, ColumnKind::Text, ColumnKind::Null,
                               ColumnKind::Blob, ColumnKind::Float});
    REQUIRE(connection.setRowFilter({}).ok());
    CHECK(wanted().empty());
}

}  // namespace evd::db
