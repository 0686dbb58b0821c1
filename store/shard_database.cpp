#include "store/shard_database.h"

#include "common/base/text.h"
#include "common/db/metadata.h"
#include "common/db/schema.h"
#include "common/db/statements.h"
#include "store/boot.h"

namespace evd::store {

base::Result<std::unique_ptr<ShardDatabase>> ShardDatabase::open(const std::string& path,
                                                                 const base::Guid& boot_id) {
    auto opened = db::Connection::openForWriting(path);
    if (!opened) {
        return opened.error();
    }
    EVD_TRY(db::verifyEventSchema(*opened.value()));
    EVD_TRY(db::completeEventSchema(*opened.value()));
    EVD_TRY(opened.value()->execute(base::cat("PRAGMA cache_size=-", kWriterCacheKib)));
    std::unique_ptr<ShardDatabase> database(
        new ShardDatabase(path, boot_id, std::move(opened).value()));
    EVD_TRY(database->prepareStatements());
    EVD_TRY(readReceipts(*database->connection_, boot_id, database->receipts_));
    const auto last_id = db::askInteger(*database->connection_, "SELECT max(id) FROM events");
    if (!last_id) {
        return last_id.error();
    }
    database->last_id_ = last_id.value().value_or(0);
    auto types =
        NameList::open(*database->connection_, "event_types", "event_type", kKnownTypesMax);
    if (!types) {
        return types.error();
    }
    database->types_ = std::move(types).value();
    return database;
}

ShardDatabase::ShardDatabase(std::string path, const base::Guid& boot_id,
                             std::unique_ptr<db::Connection> connection)
    : path_(std::move(path)),
      boot_id_(boot_id),
      connection_(std::move(connection)),
      page_bytes_(connection_->pageBytes()) {}

base::Result<void> ShardDatabase::prepareStatements() {
    auto inserter = EventInserter::prepare(*connection_, boot_id_);
    if (!inserter) {
        return inserter.error();
    }
    inserter_ = std::move(inserter).value();
    auto room = FileRoom::prepare(*connection_);
    if (!room) {
        return room.error();
    }
    room_ = std::move(room).value();
    return db::prepareAll(
        *connection_,
        {
            {begin_, "BEGIN IMMEDIATE"},
            {commit_, "COMMIT"},
            {roll_back_, "ROLLBACK"},
            {remove_receipt_,
             "DELETE FROM receipts WHERE boot_id = ?1 AND cpu_id = ?2 AND first_sequence = ?3"},
            {write_receipt_,
             "INSERT OR REPLACE INTO receipts(boot_id, cpu_id, first_sequence, last_sequence) "
             "VALUES (?1, ?2, ?3, ?4)"},
            {set_metadata_, db::kWriteMetadataSql},
        });
}

base::Result<void> ShardDatabase::begin() {
    return runOnce(*begin_);
}

base::Result<void> ShardDatabase::insert(const EventRow& row) {
    EVD_TRY(types_->add(row.type));
    return inserter_->add(row);
}

void ShardDatabase::account(uint16_t cpu, base::Interval interval,
                            std::optional<base::Interval> elsewhere) {
    PendingReceipts& pending = pending_receipts_[cpu];
    pending.added.add(interval);
    pending.elsewhere = elsewhere;
}

base::Result<void> ShardDatabase::setMetadata(std::string_view key, std::string_view value) {
    set_metadata_->bindText(1, key);
    set_metadata_->bindText(2, value);
    return runOnce(*set_metadata_);
}

base::Result<void> ShardDatabase::commit() {
    EVD_TRY(inserter_->flush());
    EVD_TRY(writeReceipts());
    EVD_TRY(room_->reserve());
    EVD_TRY(runOnce(*commit_));
    for (auto& [cpu, after] : receipts_after_) {
        receipts_.insert_or_assign(cpu, std::move(after));
    }
    receipts_after_.clear();
    pending_receipts_.clear();
    types_->committed();
    return {};
}

void ShardDatabase::rollBack() {
    inserter_->discard();
    // SQLite has rolled back by itself after some errors; then this one is refused, and that is
    // fine.
    (void)runOnce(*roll_back_);
    types_->rolledBack();
    pending_receipts_.clear();
    receipts_after_.clear();
}

base::Result<void> ShardDatabase::writeReceipts() {
    for (const auto& [cpu, pending] : pending_receipts_) {
        EVD_TRY(writeReceiptsOf(cpu, pending));
    }
    return {};
}

base::Result<void> ShardDatabase::writeReceiptsOf(uint16_t cpu, const PendingReceipts& pending) {
    ReceiptPlan plan = planReceipts(receipts_[cpu], pending.added, pending.elsewhere);
    for (const uint64_t first : plan.remove) {
        remove_receipt_->bindBlob(1, boot_id_.bytes);
        remove_receipt_->bindInteger(2, cpu);
        remove_receipt_->bindInteger(3, clampToInteger(first));
        EVD_TRY(runOnce(*remove_receipt_));
    }
    for (const base::Interval& row : plan.write) {
        write_receipt_->bindBlob(1, boot_id_.bytes);
        write_receipt_->bindInteger(2, cpu);
        write_receipt_->bindInteger(3, clampToInteger(row.first));
        write_receipt_->bindInteger(4, clampToInteger(row.last));
        EVD_TRY(runOnce(*write_receipt_));
    }
    receipts_after_.insert_or_assign(cpu, std::move(plan.after));
    return {};
}

}  // namespace evd::store
