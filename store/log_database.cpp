#include "store/log_database.h"

#include "common/db/log_schema.h"
#include "store/record_check.h"

#include <utility>

namespace evd::store {

namespace {

// Parameter 1 is the boot id of every row; each row has six columns of its own behind it.
constexpr int kBootParameter = 1;
constexpr int kColumnsPerRow = db::kLogColumnCount - 1;
const InsertShape kLogInsert = {"logs", db::kLogColumns, db::kLogColumnCount, /*shared_column=*/1};

}  // namespace

base::Result<std::unique_ptr<RecordDatabase>> LogDatabase::open(const std::string& path,
                                                                const base::Guid& boot_id,
                                                                int64_t least_id) {
    auto connection = openFile(path, db::verifyLogSchema, db::completeLogSchema);
    if (!connection) {
        return connection.error();
    }
    std::unique_ptr<LogDatabase> database(
        new LogDatabase(path, boot_id, std::move(connection).value()));
    EVD_TRY(database->prepare(least_id));
    return std::unique_ptr<RecordDatabase>(std::move(database));
}

base::Result<void> LogDatabase::prepare(int64_t least_id) {
    const std::string many = insertSql(kLogInsert, kRowsPerInsert);
    const std::string one = insertSql(kLogInsert, 1);
    EVD_TRY(prepareAll({{insert_many_, many}, {insert_one_, one}}));
    insert_many_->bindBlob(kBootParameter, boot_id_.bytes);
    insert_one_->bindBlob(kBootParameter, boot_id_.bytes);
    EVD_TRY(prepareCommon("SELECT max(id) FROM logs", least_id));
    auto origins = NameList::open(connection(), "log_origins", "origin", kKnownOriginsMax);
    if (!origins) {
        return origins.error();
    }
    origins_ = std::move(origins).value();
    return {};
}

base::Result<void> LogDatabase::insertRows(const RecordBatch& batch) {
    for (const wire::LogRecord& record : batch.logs.records) {
        if (isSoundLog(record)) {
            EVD_TRY(add(record));
        } else {
            ++figures_.skipped_records;
        }
    }
    return {};
}

base::Result<void> LogDatabase::add(const wire::LogRecord& record) {
    EVD_TRY(origins_->add(record.origin));
    const int64_t id = nextId();
    figures_.addRow(id, record.timestamp_ns);
    rows_[held_++] = {id, &record};
    if (held_ < kRowsPerInsert) {
        return {};
    }
    held_ = 0;
    for (size_t slot = 0; slot < kRowsPerInsert; ++slot) {
        bindRow(*insert_many_, slot, rows_[slot]);
    }
    return runOnce(*insert_many_);
}

void LogDatabase::bindRow(db::Statement& statement, size_t slot, const Row& row) {
    const wire::LogRecord& record = *row.record;
    int column = kBootParameter + 1 + static_cast<int>(slot) * kColumnsPerRow;
    statement.bindInteger(column++, row.id);
    statement.bindInteger(column++, record.timestamp_ns);
    statement.bindText(column++, record.origin);
    statement.bindInteger(column++, record.is_error ? 1 : 0);
    statement.bindText(column++, record.message);
    if (record.job_id) {
        statement.bindBlob(column, record.job_id->bytes);
    } else {
        statement.bindNull(column);
    }
}

base::Result<void> LogDatabase::flushRows() {
    const size_t count = std::exchange(held_, 0);
    for (size_t index = 0; index < count; ++index) {
        bindRow(*insert_one_, 0, rows_[index]);
        EVD_TRY(runOnce(*insert_one_));
    }
    return {};
}

void LogDatabase::rowsRolledBack() {
    held_ = 0;
    origins_->rolledBack();
}

NewDatabase LogFormat::newDatabase() const {
    return {db::createLogSchema, db::kPageBytes};
}

}  // namespace evd::store
