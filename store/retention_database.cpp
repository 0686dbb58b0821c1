#include "store/retention_database.h"

#include "store/boot.h"
#include "store/file_room.h"

namespace evd::store {

namespace {

// synchronous=NORMAL: see the header. secure_delete=FAST: freed pages are not written once more
// just to be zeroed, which would make a batch's log as long as what it deletes. busy_timeout=0:
// waiting for a lock within a turn would keep the writer waiting too.
constexpr std::string_view kRetentionPragmas =
    "PRAGMA synchronous=NORMAL; PRAGMA secure_delete=FAST; PRAGMA busy_timeout=0; "
    "PRAGMA cache_size=-1024";

constexpr int64_t kLogBytesMax = 4 * 1024 * 1024;

}  // namespace

base::Result<int64_t> liveBytes(db::Connection& connection) {
    const auto pages = db::askInteger(connection, "PRAGMA page_count");
    const auto free_pages = db::askInteger(connection, "PRAGMA freelist_count");
    if (!pages || !free_pages) {
        return pages ? free_pages.error() : pages.error();
    }
    return (pages.value().value_or(0) - free_pages.value().value_or(0)) *
           static_cast<int64_t>(connection.pageBytes());
}

base::Result<std::unique_ptr<db::Connection>> RetentionDatabase::openFile(const std::string& path,
                                                                          CheckSchema verify,
                                                                          CheckSchema complete) {
    auto opened = db::Connection::openForWriting(path);
    if (!opened) {
        return opened.error();
    }
    EVD_TRY(verify(*opened.value()));
    EVD_TRY(opened.value()->execute(kRetentionPragmas));
    opened.value()->setFileGrowth(kFileGrowthBytes);
    EVD_TRY(complete(*opened.value()));
    return opened;
}

base::Result<void> RetentionDatabase::prepareIds(std::string_view greatest_id_sql) {
    return prepareAll(
        {{greatest_id_, greatest_id_sql},
         {keep_last_id_,
          "INSERT INTO metadata(key, value) VALUES (?1, CAST(?2 AS TEXT)) ON CONFLICT(key) DO "
          "UPDATE SET value = max(CAST(value AS INTEGER), ?2)"},
         {count_removed_, "SELECT changes()"}});
}

base::Result<uint64_t> RetentionDatabase::removedRows() {
    const auto rows = oneInteger(*count_removed_);
    return rows ? base::Result<uint64_t>(static_cast<uint64_t>(rows.value().value_or(0)))
                : rows.error();
}

base::Result<uint64_t> RetentionDatabase::removeKeepingIds(int64_t through_ns, uint64_t rows_max) {
    const auto before = oneInteger(*greatest_id_);
    if (!before) {
        return before.error();
    }
    const auto count = removeWithin(through_ns, rows_max);
    if (!count) {
        return count;
    }
    const auto after = oneInteger(*greatest_id_);
    if (!after) {
        return after.error();
    }
    if (before.value() && after.value() != before.value()) {
        keep_last_id_->bindText(1, kLastIdKey);
        keep_last_id_->bindInteger(2, *before.value());
        const auto kept = oneInteger(*keep_last_id_);
        if (!kept) {
            return kept.error();
        }
    }
    return count;
}

base::Result<uint64_t> RetentionDatabase::removeOldest(int64_t through_ns, uint64_t rows_max) {
    bool has_begun = false;
    uint64_t count = 0;
    const auto done = db::inTransaction(*connection_, [&]() -> base::Result<void> {
        has_begun = true;
        const auto rows = removeKeepingIds(through_ns, rows_max);
        count = rows ? rows.value() : 0;
        return rows ? base::Result<void>() : rows.error();
    });
    if (has_begun) {
        removed(/*is_committed=*/done.ok());
    }
    return done ? base::Result<uint64_t>(count) : done.error();
}

void RetentionDatabase::checkpointIfLong() {
    if (connection_->walPages() * static_cast<int64_t>(connection_->pageBytes()) > kLogBytesMax) {
        // One that fails leaves the log as it was; the next batch tries again.
        (void)connection_->checkpointPassive();
    }
}

}  // namespace evd::store
