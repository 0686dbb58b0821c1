#include "tests/support/event_shards.h"

#include "common/db/schema.h"

#include <string>

namespace evd::test {

namespace {

void bindOptional(db::Statement& statement, int index, const std::optional<int64_t>& value) {
    if (value) {
        statement.bindInteger(index, *value);
    } else {
        statement.bindNull(index);
    }
}

void bindOptional(db::Statement& statement, int index, const std::optional<base::Guid>& guid) {
    if (guid) {
        statement.bindBlob(index, guid->bytes);
    } else {
        statement.bindNull(index);
    }
}

}  // namespace

base::Guid guidOf(uint32_t number) {
    base::Guid guid;
    for (size_t i = 0; i < 4; ++i) {
        guid.bytes[i] = static_cast<uint8_t>(number >> (8 * i));
    }
    return guid;
}

TestShard::TestShard(const std::string& path, Types types, uint32_t page_bytes)
    : database_(path, db::createEventSchema, page_bytes), types_(types) {
    if (types_ == Types::Unlisted) {
        execute("DROP VIEW event_types_readable");
        execute("DROP TABLE event_types");
    } else {
        insert_type_ = database_.prepare("INSERT OR IGNORE INTO event_types VALUES (?1)");
    }
    insert_ = database_.prepare("INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?)");
}

void TestShard::insert(std::span<const TestEvent> events) {
    execute("BEGIN IMMEDIATE");
    for (const TestEvent& event : events) {
        insertOne(event);
    }
    execute("COMMIT");
}

// The columns in the order of db::kEventColumns.
void TestShard::insertOne(const TestEvent& event) {
    db::Statement& statement = *insert_;
    statement.bindInteger(1, event.id);
    statement.bindBlob(2, event.boot.bytes);
    statement.bindInteger(3, event.timestamp);
    bindOptional(statement, 4, event.cpu);
    bindOptional(statement, 5, event.sequence);
    bindOptional(statement, 6, event.origin_class);
    statement.bindText(7, event.type);
    bindOptional(statement, 8, event.effective_token);
    bindOptional(statement, 9, event.true_token);
    bindOptional(statement, 10, event.process);
    if (event.payload) {
        statement.bindBlob(11, *event.payload);
    } else {
        statement.bindNull(11);
    }
    TestDatabase::insert(statement);
    if (insert_type_) {
        insert_type_->bindText(1, event.type);
        TestDatabase::insert(*insert_type_);
    }
}

}  // namespace evd::test
