#include "tests/support/log_store.h"

#include "common/base/check.h"
#include "common/db/log_schema.h"

#include <filesystem>

namespace evd::test {

namespace {

std::unique_ptr<db::Statement> prepared(db::Connection& connection, std::string_view sql) {
    auto statement = connection.prepare(sql);
    EVD_CHECK(statement.ok(), "a statement of a test could not be prepared");
    return std::move(statement).value();
}

void finish(db::Statement& statement) {
    const auto done = statement.step();
    EVD_CHECK(done.ok() && !done.value(), "a row of a test could not be inserted");
    statement.reset();
}

}  // namespace

TestLogStore::TestLogStore(const std::string& path, Origins origins, uint32_t page_bytes) {
    // Under another name first, as the store does it: readers never see a database without tables.
    const std::string unfinished = path + ".new";
    {
        const auto created = db::Connection::createForWriting(unfinished, page_bytes);
        EVD_CHECK(created.ok(), "a log store of a test could not be made");
        EVD_CHECK(db::createLogSchema(*created.value(), 1).ok(), "the schema could not be made");
    }
    std::filesystem::rename(unfinished, path);
    auto opened = db::Connection::openForWriting(path);
    EVD_CHECK(opened.ok(), "a log store of a test could not be opened");
    connection_ = std::move(opened).value();
    execute("PRAGMA synchronous=OFF");
    if (origins == Origins::Unlisted) {
        execute("DROP VIEW log_origins_readable");
        execute("DROP TABLE log_origins");
    } else {
        insert_origin_ = prepared(*connection_, "INSERT OR IGNORE INTO log_origins VALUES (?1)");
    }
    insert_ = prepared(*connection_, "INSERT INTO logs VALUES (?,?,?,?,?,?,?)");
}

void TestLogStore::execute(std::string_view sql) {
    const auto done = connection_->execute(sql);
    EVD_CHECK(done.ok(), "a statement of a test failed");
}

void TestLogStore::insert(std::span<const TestLog> logs) {
    execute("BEGIN IMMEDIATE");
    for (const TestLog& log : logs) {
        insertOne(log);
    }
    execute("COMMIT");
}

// The columns in the order of db::kLogColumns.
void TestLogStore::insertOne(const TestLog& log) {
    db::Statement& statement = *insert_;
    statement.bindInteger(1, log.id);
    statement.bindBlob(2, log.boot.bytes);
    statement.bindInteger(3, log.timestamp);
    statement.bindText(4, log.origin);
    statement.bindInteger(5, log.is_error ? 1 : 0);
    statement.bindText(6, log.message);
    if (log.job) {
        statement.bindBlob(7, log.job->bytes);
    } else {
        statement.bindNull(7);
    }
    finish(statement);
    if (insert_origin_) {
        insert_origin_->bindText(1, log.origin);
        finish(*insert_origin_);
    }
}

}  // namespace evd::test
