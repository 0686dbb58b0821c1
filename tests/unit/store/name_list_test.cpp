#include "store/name_list.h"

#include "common/db/statements.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

TEST_CASE("name list: each name is listed once, an empty one that comes first too") {
    const test::TemporaryDirectory directory;
    auto opened = db::Connection::createForWriting(directory / "a.db", 4096);
    REQUIRE(opened);
    db::Connection& connection = *opened.value();
    REQUIRE(connection.execute("CREATE TABLE names (name TEXT PRIMARY KEY)"));
    auto list = NameList::open(connection, "names", "name", 10);
    REQUIRE(list);
    for (const char* name : {"", "a", "a", ""}) {
        CHECK(list.value()->add(name));
    }
    const auto count = [&] {
        return db::askInteger(connection, "SELECT count(*) FROM names").value().value();
    };
    CHECK(count() == 2);
    // What was rolled back is listed again.
    REQUIRE(connection.execute("DELETE FROM names"));
    list.value()->rolledBack();
    CHECK(list.value()->add(""));
    CHECK(count() == 1);
}

}  // namespace
}  // namespace evd::store
