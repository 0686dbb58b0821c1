#include "store/row_retention.h"

#include "common/base/text.h"
#include "common/db/log_schema.h"
#include "common/db/schema.h"

#include <utility>

namespace evd::store {

namespace {

constexpr RowTable kEventTable = {"events", "idx_events_timestamp", db::verifyEventSchema,
                                  db::completeEventSchema, /*has_receipts=*/true};
constexpr RowTable kLogTable = {"logs", "idx_logs_timestamp", db::verifyLogSchema,
                                db::completeLogSchema, /*has_receipts=*/false};

base::Result<DatabaseAge> ageOf(db::Connection& connection, const RowTable& table,
                                uint64_t batch_rows) {
    const auto bytes = liveBytes(connection);
    const auto oldest =
        askInteger(connection, base::cat("SELECT min(timestamp) FROM ", table.table));
    auto reach =
        askInteger(connection, base::cat("SELECT timestamp FROM ", table.table, " INDEXED BY ",
                                         table.time_index, " ORDER BY timestamp LIMIT 1 OFFSET ",
                                         batch_rows - 1));
    if (reach && !reach.value()) {
        reach = askInteger(connection, base::cat("SELECT max(timestamp) FROM ", table.table));
    }
    if (!bytes || !oldest || !reach) {
        return !bytes ? bytes.error() : !oldest ? oldest.error() : reach.error();
    }
    return DatabaseAge{bytes.value(), oldest.value(), reach.value().value_or(0)};
}

}  // namespace

base::Result<DatabaseAge> RowRetention::look(const std::string& path, const RowTable& table,
                                             uint64_t batch_rows, const StopCheck& should_stop) {
    auto opened = db::Connection::openForReading(path);
    if (!opened) {
        return opened.error();
    }
    opened.value()->setProgressCheck(should_stop);
    EVD_TRY(table.verify(*opened.value()));
    return ageOf(*opened.value(), table, batch_rows);
}

base::Result<std::unique_ptr<RetentionDatabase>> RowRetention::open(const std::string& path,
                                                                    const RowTable& table,
                                                                    const base::Guid& boot_id) {
    auto connection = openFile(path, table.verify, table.complete);
    if (!connection) {
        return connection.error();
    }
    std::unique_ptr<RowRetention> database(
        new RowRetention(table, boot_id, std::move(connection).value()));
    EVD_TRY(database->prepareStatements());
    return std::unique_ptr<RetentionDatabase>(std::move(database));
}

base::Result<void> RowRetention::prepareStatements() {
    const std::string remove_rows = base::cat(
        "DELETE FROM ", table_.table, " WHERE id IN (SELECT id FROM ", table_.table, " INDEXED BY ",
        table_.time_index, " WHERE timestamp <= ?1 ORDER BY timestamp LIMIT ?2)");
    const std::string greatest_id = base::cat("SELECT max(id) FROM ", table_.table);
    EVD_TRY(prepareAll({{remove_rows_, remove_rows}}));
    EVD_TRY(prepareIds(greatest_id));
    if (!table_.has_receipts) {
        return {};
    }
    // Ids grow from boot to boot: when the first row is of this boot, no other has any left.
    return prepareAll({{remove_receipts_,
                        "DELETE FROM receipts WHERE boot_id <> ?1 AND "
                        "ifnull((SELECT boot_id FROM events ORDER BY id LIMIT 1), ?1) = ?1"}});
}

base::Result<DatabaseAge> RowRetention::age(uint64_t batch_rows) {
    return ageOf(connection(), table_, batch_rows);
}

base::Result<uint64_t> RowRetention::removeWithin(int64_t through_ns, uint64_t rows_max) {
    remove_rows_->bindInteger(1, through_ns);
    remove_rows_->bindInteger(2, static_cast<int64_t>(rows_max));
    const auto done = oneInteger(*remove_rows_);
    if (!done) {
        return done.error();
    }
    const auto count = removedRows();
    if (count) {
        EVD_TRY(removeReceiptsOfOtherBoots());
    }
    return count;
}

base::Result<void> RowRetention::removeReceiptsOfOtherBoots() {
    if (remove_receipts_ == nullptr) {
        return {};
    }
    remove_receipts_->bindBlob(1, boot_id_.bytes);
    const auto done = oneInteger(*remove_receipts_);
    return done ? base::Result<void>() : done.error();
}

base::Result<std::vector<RetentionTarget>> EventRetention::databases() const {
    const auto files = db::discoverEventStores(directory_);
    if (!files) {
        return files.error();
    }
    std::vector<RetentionTarget> targets;
    for (const db::StoreFile& file : files.value()) {
        const auto gate = file.shard ? gates_.find(*file.shard) : gates_.end();
        targets.push_back({file.path, gate == gates_.end() ? nullptr : gate->second});
    }
    return targets;
}

base::Result<DatabaseAge> EventRetention::look(const std::string& path, uint64_t batch_rows,
                                               const StopCheck& should_stop) const {
    return RowRetention::look(path, kEventTable, batch_rows, should_stop);
}

base::Result<std::unique_ptr<RetentionDatabase>> EventRetention::open(
    const RetentionTarget& target) const {
    return RowRetention::open(target.path, kEventTable, boot_id_);
}

base::Result<std::vector<RetentionTarget>> singleStoreTargets(const std::string& path,
                                                              ShardGate* gate) {
    const auto files = db::discoverSingleStore(path);
    if (!files) {
        return files.error();
    }
    const std::string name = path.substr(path.rfind('/') + 1);
    std::vector<RetentionTarget> targets;
    for (const db::StoreFile& file : files.value()) {
        targets.push_back({file.path, file.name == name ? gate : nullptr});
    }
    return targets;
}

base::Result<DatabaseAge> LogRetention::look(const std::string& path, uint64_t batch_rows,
                                             const StopCheck& should_stop) const {
    return RowRetention::look(path, kLogTable, batch_rows, should_stop);
}

base::Result<std::unique_ptr<RetentionDatabase>> LogRetention::open(
    const RetentionTarget& target) const {
    return RowRetention::open(target.path, kLogTable, {});
}

}  // namespace evd::store
