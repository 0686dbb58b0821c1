#include "store/record_database.h"

#include "common/base/text.h"
#include "common/db/log_schema.h"
#include "common/db/metadata.h"
#include "store/boot.h"

#include <algorithm>

namespace evd::store {

namespace {

// synchronous=NORMAL: the disk is waited for at checkpoints only (Spec §4.3, §6.3). The cache holds
// the last page of the index by series for 5,000 series, and more of the same transaction; with a
// third of it every second page of a large transaction is read back from the log first.
constexpr std::string_view kRecordPragmas = "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-24576";

// "<sender, 32 hex digits> <number>"; anything else counts as nothing.
std::optional<StoredBatch> parseBatch(std::string_view text) {
    const size_t space = text.find(' ');
    if (space == std::string_view::npos) {
        return std::nullopt;
    }
    const auto bytes = base::decodeHex(text.substr(0, space));
    const auto number = base::parseU64(text.substr(space + 1));
    const auto sender = bytes ? base::guidFromBytes(bytes.value()) : bytes.error();
    if (!sender || !number) {
        return std::nullopt;
    }
    return StoredBatch{sender.value(), number.value()};
}

}  // namespace

base::Result<std::optional<StoredBatch>> readLastBatch(db::Connection& connection) {
    const auto text = db::readMetadata(connection, db::kIngestBatchKey);
    if (!text) {
        return text.error();
    }
    return parseBatch(text.value().value_or(""));
}

base::Result<std::unique_ptr<db::Connection>> RecordDatabase::openFile(const std::string& path,
                                                                       CheckSchema verify,
                                                                       CheckSchema complete) {
    auto opened = db::Connection::openForWriting(path);
    if (!opened) {
        return opened.error();
    }
    EVD_TRY(verify(*opened.value()));
    EVD_TRY(complete(*opened.value()));
    EVD_TRY(opened.value()->execute(kRecordPragmas));
    return opened;
}

base::Result<void> RecordDatabase::prepareCommon(std::string_view greatest_id_sql,
                                                 int64_t least_id) {
    auto room = FileRoom::prepare(*connection_);
    if (!room) {
        return room.error();
    }
    room_ = std::move(room).value();
    EVD_TRY(prepareAll({{begin_, "BEGIN IMMEDIATE"},
                        {commit_, "COMMIT"},
                        {roll_back_, "ROLLBACK"},
                        {set_metadata_, db::kWriteMetadataSql}}));
    const auto greatest = db::askInteger(*connection_, greatest_id_sql);
    if (!greatest) {
        return greatest.error();
    }
    const auto kept = readLastIdEver(*connection_);
    if (!kept) {
        return kept.error();
    }
    last_id_ = std::max({least_id, greatest.value().value_or(0), kept.value()});
    return loadLastBatch();
}

base::Result<void> RecordDatabase::loadLastBatch() {
    auto last = readLastBatch(*connection_);
    if (!last) {
        return last.error();
    }
    last_batch_ = last.value();
    return {};
}

base::Result<void> RecordDatabase::begin() {
    figures_ = {};
    batch_of_transaction_.reset();
    next_id_ = last_id_;
    return runOnce(*begin_);
}

base::Result<void> RecordDatabase::insert(const RecordBatch& batch) {
    EVD_TRY(insertRows(batch));
    if (batch.number != kOwnBatch) {
        batch_of_transaction_ = {batch.sender, batch.number};
    }
    return {};
}

base::Result<void> RecordDatabase::commit() {
    EVD_TRY(flushRows());
    EVD_TRY(writeLastBatch());
    EVD_TRY(room_->reserve());
    last_id_ = next_id_;  // also of a commit that fails: it may be in the log after all
    EVD_TRY(runOnce(*commit_));
    if (batch_of_transaction_) {
        last_batch_ = batch_of_transaction_;
    }
    rowsCommitted();
    return {};
}

base::Result<void> RecordDatabase::writeLastBatch() {
    if (!batch_of_transaction_) {
        return {};
    }
    const std::string text = base::cat(base::encodeHex(batch_of_transaction_->sender.bytes), ' ',
                                       batch_of_transaction_->number);
    set_metadata_->bindText(1, db::kIngestBatchKey);
    set_metadata_->bindText(2, text);
    return runOnce(*set_metadata_);
}

void RecordDatabase::rollBack() {
    rowsRolledBack();
    // SQLite has rolled back by itself after some errors; then this one is refused, and that is
    // fine.
    (void)runOnce(*roll_back_);
}

}  // namespace evd::store
