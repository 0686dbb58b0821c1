#include "tests/support/test_database.h"

#include "common/base/check.h"
#include "common/db/statements.h"

#include <filesystem>

namespace evd::test {

TestDatabase::TestDatabase(const std::string& path, CreateSchema create_schema,
                           uint32_t page_bytes) {
    const std::string unfinished = path + ".new";
    {
        const auto created = db::Connection::createForWriting(unfinished, page_bytes);
        EVD_CHECK(created.ok(), "a database of a test could not be made");
        EVD_CHECK(create_schema(*created.value(), 1).ok(), "the schema could not be made");
    }
    std::filesystem::rename(unfinished, path);
    auto opened = db::Connection::openForWriting(path);
    EVD_CHECK(opened.ok(), "a database of a test could not be opened");
    connection_ = std::move(opened).value();
    execute("PRAGMA synchronous=OFF");
}

void TestDatabase::execute(std::string_view sql) {
    const auto done = connection_->execute(sql);
    EVD_CHECK(done.ok(), "a statement of a test failed");
}

std::unique_ptr<db::Statement> TestDatabase::prepare(std::string_view sql) {
    auto statement = connection_->prepare(sql);
    EVD_CHECK(statement.ok(), "a statement of a test could not be prepared");
    return std::move(statement).value();
}

void TestDatabase::insert(db::Statement& statement) {
    const db::Row row(statement);
    EVD_CHECK(row.found().ok() && !row.found().value(), "a row of a test could not be inserted");
}

}  // namespace evd::test
