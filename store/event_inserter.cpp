#include "store/event_inserter.h"

#include "common/base/text.h"
#include "common/db/schema.h"
#include "common/db/statements.h"

#include <algorithm>
#include <limits>

namespace evd::store {

namespace {

// Parameter 1 is the boot id of every row; each row has ten columns of its own behind it.
constexpr int kBootParameter = 1;
constexpr int kColumnsPerRow = db::kEventColumnCount - 1;

const InsertShape kEventInsert = {"events", db::kEventColumns, db::kEventColumnCount,
                                  /*shared_column=*/1};

}  // namespace

int64_t clampToInteger(uint64_t value) {
    constexpr auto kMax = std::numeric_limits<int64_t>::max();
    return value > static_cast<uint64_t>(kMax) ? kMax : static_cast<int64_t>(value);
}

base::Result<std::unique_ptr<EventInserter>> EventInserter::prepare(db::Connection& connection,
                                                                    const base::Guid& boot_id) {
    auto many = connection.prepare(insertSql(kEventInsert, kRowsPerInsert));
    if (!many) {
        return many.error();
    }
    auto single = connection.prepare(insertSql(kEventInsert, 1));
    if (!single) {
        return single.error();
    }
    return std::unique_ptr<EventInserter>(
        new EventInserter(boot_id, std::move(many).value(), std::move(single).value()));
}

EventInserter::EventInserter(const base::Guid& boot_id, std::unique_ptr<db::Statement> many,
                             std::unique_ptr<db::Statement> single)
    : boot_id_(boot_id), many_(std::move(many)), single_(std::move(single)) {
    // Bindings stay over reset(); the bytes live as long as this.
    many_->bindBlob(kBootParameter, boot_id_.bytes);
    single_->bindBlob(kBootParameter, boot_id_.bytes);
}

base::Result<void> EventInserter::add(const EventRow& row) {
    rows_[held_++] = row;
    if (held_ < kRowsPerInsert) {
        return {};
    }
    held_ = 0;
    for (size_t slot = 0; slot < kRowsPerInsert; ++slot) {
        bindRow(*many_, slot, rows_[slot]);
    }
    return db::runOnce(*many_);
}

base::Result<void> EventInserter::flush() {
    const size_t count = std::exchange(held_, 0);
    for (size_t index = 0; index < count; ++index) {
        bindRow(*single_, 0, rows_[index]);
        EVD_TRY(db::runOnce(*single_));
    }
    return {};
}

void EventInserter::bindRow(db::Statement& statement, size_t slot, const EventRow& row) {
    int column = kBootParameter + 1 + static_cast<int>(slot) * kColumnsPerRow;
    statement.bindInteger(column++, row.id);
    statement.bindInteger(column++, row.timestamp_ns);
    if (row.cpu) {
        statement.bindInteger(column++, *row.cpu);
    } else {
        statement.bindNull(column++);
    }
    if (row.header) {
        statement.bindInteger(column++, clampToInteger(row.header->sequence));
        statement.bindInteger(column++, row.header->origin_class);
        statement.bindText(column++, row.type);
        statement.bindBlob(column++, row.header->effective_token.bytes);
        statement.bindBlob(column++, row.header->true_token.bytes);
        statement.bindBlob(column++, row.header->process.bytes);
    } else {
        statement.bindNull(column++);
        statement.bindNull(column++);
        statement.bindText(column++, row.type);
        statement.bindNull(column++);
        statement.bindNull(column++);
        statement.bindNull(column++);
    }
    if (row.payload.empty()) {
        statement.bindNull(column);
    } else {
        statement.bindBlob(column, row.payload);
    }
}

}  // namespace evd::store
