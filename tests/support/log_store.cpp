#include "tests/support/log_store.h"

#include "common/db/log_schema.h"

namespace evd::test {

TestLogStore::TestLogStore(const std::string& path, Origins origins, uint32_t page_bytes)
    : database_(path, db::createLogSchema, page_bytes) {
    if (origins == Origins::Unlisted) {
        execute("DROP VIEW log_origins_readable");
        execute("DROP TABLE log_origins");
    } else {
        insert_origin_ = database_.prepare("INSERT OR IGNORE INTO log_origins VALUES (?1)");
    }
    insert_ = database_.prepare("INSERT INTO logs VALUES (?,?,?,?,?,?,?)");
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
    TestDatabase::insert(statement);
    if (insert_origin_) {
        insert_origin_->bindText(1, log.origin);
        TestDatabase::insert(*insert_origin_);
    }
}

}  // namespace evd::test
