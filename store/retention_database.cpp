#include "store/retention_database.h"

#include "common/base/text.h"
#include "common/db/schema.h"
#include "store/boot.h"

namespace evd::store {

namespace {

// synchronous=NORMAL: see the header. secure_delete=FAST: freed pages are not written once more
// just to be zeroed, which would make a batch's log as long as what it deletes. busy_timeout=0:
// waiting for a lock within a turn would keep the shard's writer waiting too.
constexpr std::string_view kRetentionPragmas =
    "PRAGMA synchronous=NORMAL; PRAGMA secure_delete=FAST; PRAGMA busy_timeout=0; "
    "PRAGMA cache_size=-1024";

constexpr int64_t kLogBytesMax = 4 * 1024 * 1024;

// The one integer that a statement answers; nothing for NULL or no row.
base::Result<std::optional<int64_t>> oneInteger(db::Statement& statement) {
    auto row = statement.step();
    std::optional<int64_t> value;
    if (row && row.value() && statement.columnKind(0) == db::ColumnKind::Integer) {
        value = statement.columnInteger(0);
    }
    statement.reset();
    if (!row) {
        return row.error();
    }
    return value;
}

base::Result<std::optional<int64_t>> ask(db::Connection& connection, std::string_view sql) {
    auto statement = connection.prepare(sql);
    if (!statement) {
        return statement.error();
    }
    return oneInteger(*statement.value());
}

base::Result<DatabaseAge> ageOf(db::Connection& connection, uint64_t batch_rows) {
    DatabaseAge age;
    const auto pages = ask(connection, "PRAGMA page_count");
    const auto free_pages = ask(connection, "PRAGMA freelist_count");
    const auto oldest = ask(connection, "SELECT min(timestamp) FROM events");
    auto reach =
        ask(connection, base::cat("SELECT timestamp FROM events INDEXED BY idx_events_timestamp "
                                  "ORDER BY timestamp LIMIT 1 OFFSET ",
                                  batch_rows - 1));
    if (reach && !reach.value()) {
        reach = ask(connection, "SELECT max(timestamp) FROM events");
    }
    for (const auto* answer : {&pages, &free_pages, &oldest}) {
        if (!*answer) {
            return answer->error();
        }
    }
    if (!reach) {
        return reach.error();
    }
    age.live_bytes = (pages.value().value_or(0) - free_pages.value().value_or(0)) *
                     static_cast<int64_t>(connection.pageBytes());
    age.oldest_ns = oldest.value();
    age.reach_ns = reach.value().value_or(0);
    return age;
}

}  // namespace

base::Result<DatabaseAge> RetentionDatabase::look(const std::string& path, uint64_t batch_rows) {
    auto opened = db::Connection::openForReading(path);
    if (!opened) {
        return opened.error();
    }
    EVD_TRY(db::verifyEventSchema(*opened.value()));
    return ageOf(*opened.value(), batch_rows);
}

base::Result<std::unique_ptr<RetentionDatabase>> RetentionDatabase::open(
    const std::string& path, const base::Guid& boot_id) {
    auto opened = db::Connection::openForWriting(path);
    if (!opened) {
        return opened.error();
    }
    EVD_TRY(db::verifyEventSchema(*opened.value()));
    EVD_TRY(opened.value()->execute(kRetentionPragmas));
    EVD_TRY(db::completeEventSchema(*opened.value()));
    std::unique_ptr<RetentionDatabase> database(
        new RetentionDatabase(boot_id, std::move(opened).value()));
    EVD_TRY(database->prepareStatements());
    return database;
}

base::Result<void> RetentionDatabase::prepareStatements() {
    struct Prepared {
        std::unique_ptr<db::Statement>& statement;
        std::string_view sql;
    };
    const Prepared all[] = {
        {remove_rows_,
         "DELETE FROM events WHERE id IN (SELECT id FROM events INDEXED BY idx_events_timestamp "
         "WHERE timestamp <= ?1 ORDER BY timestamp LIMIT ?2)"},
        {count_removed_, "SELECT changes()"},
        {greatest_id_, "SELECT max(id) FROM events"},
        {keep_last_id_,
         "INSERT INTO metadata(key, value) VALUES (?1, CAST(?2 AS TEXT)) ON CONFLICT(key) DO "
         "UPDATE SET value = max(CAST(value AS INTEGER), ?2)"},
        // Ids grow from boot to boot: when the first row is of this boot, no other has any left.
        {remove_receipts_,
         "DELETE FROM receipts WHERE boot_id <> ?1 AND "
         "ifnull((SELECT boot_id FROM events ORDER BY id LIMIT 1), ?1) = ?1"},
    };
    for (const Prepared& entry : all) {
        auto prepared = connection_->prepare(entry.sql);
        if (!prepared) {
            return prepared.error();
        }
        entry.statement = std::move(prepared).value();
    }
    return {};
}

base::Result<DatabaseAge> RetentionDatabase::age(uint64_t batch_rows) {
    return ageOf(*connection_, batch_rows);
}

base::Result<uint64_t> RetentionDatabase::removeOldest(int64_t through_ns, uint64_t rows_max) {
    EVD_TRY(connection_->execute("BEGIN IMMEDIATE"));
    auto removed = removeWithin(through_ns, rows_max);
    if (removed) {
        const auto committed = connection_->execute("COMMIT");
        if (committed) {
            return removed;
        }
        removed = committed.error();
    }
    // SQLite has rolled back by itself after some errors; then this one is refused, and that is
    // fine.
    (void)connection_->execute("ROLLBACK");
    return removed;
}

base::Result<uint64_t> RetentionDatabase::removeWithin(int64_t through_ns, uint64_t rows_max) {
    const auto greatest_before = greatestId();
    if (!greatest_before) {
        return greatest_before.error();
    }
    remove_rows_->bindInteger(1, through_ns);
    remove_rows_->bindInteger(2, static_cast<int64_t>(rows_max));
    const auto done = oneInteger(*remove_rows_);
    if (!done) {
        return done.error();
    }
    const auto removed = oneInteger(*count_removed_);
    const auto greatest_after = greatestId();
    if (!removed || !greatest_after) {
        return !removed ? removed.error() : greatest_after.error();
    }
    if (greatest_after.value() != greatest_before.value()) {
        keep_last_id_->bindText(1, kLastIdKey);
        keep_last_id_->bindInteger(2, greatest_before.value());
        const auto kept = oneInteger(*keep_last_id_);
        if (!kept) {
            return kept.error();
        }
    }
    EVD_TRY(removeReceiptsOfOtherBoots());
    return static_cast<uint64_t>(removed.value().value_or(0));
}

base::Result<int64_t> RetentionDatabase::greatestId() {
    const auto id = oneInteger(*greatest_id_);
    return id ? base::Result<int64_t>(id.value().value_or(0)) : id.error();
}

base::Result<void> RetentionDatabase::removeReceiptsOfOtherBoots() {
    remove_receipts_->bindBlob(1, boot_id_.bytes);
    const auto done = oneInteger(*remove_receipts_);
    return done ? base::Result<void>() : done.error();
}

void RetentionDatabase::checkpointIfLong() {
    if (connection_->walPages() * static_cast<int64_t>(connection_->pageBytes()) > kLogBytesMax) {
        // One that fails leaves the log as it was; the next batch tries again.
        (void)connection_->checkpointPassive();
    }
}

}  // namespace evd::store
