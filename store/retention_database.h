#pragma once

#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "store/retention_plan.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace evd::store {

// One database as retention sees it: how old and how large it is, and its oldest rows removed.
//
// Keeps the promises that deleting could break. Ids: when the row with the greatest id goes, its id
// stays behind in metadata in the same transaction, so that ids go on after it (StoreSurvey).
// Receipts of this boot stay whatever happens; those of other boots go once no row of theirs is
// left. The catalogue event_types stays as it is: the shard's writer takes it for granted that what
// it once wrote there is there, and a type without rows costs a question nothing. Deleted pages are
// reused, not given back (no VACUUM). Commits without waiting for the disk: the next checkpoint or
// commit of a writer makes them durable, and a delete that power loss undoes is done again.
//
// On retention's thread. Every call that writes is made within a turn of the shard's gate. After
// Corrupt, Unsupported or Denied the database is not for us; Busy and Io may pass.
class RetentionDatabase {
  public:
    // Reads without opening for writing; Unsupported or Corrupt for one that must not be written.
    static base::Result<DatabaseAge> look(const std::string& path, uint64_t batch_rows);

    static base::Result<std::unique_ptr<RetentionDatabase>> open(const std::string& path,
                                                                 const base::Guid& boot_id);
    RetentionDatabase(const RetentionDatabase&) = delete;
    RetentionDatabase& operator=(const RetentionDatabase&) = delete;

    // Long statements end with Gone when it answers true.
    void setStopCheck(std::function<bool()> should_stop) {
        connection_->setProgressCheck(std::move(should_stop));
    }

    base::Result<DatabaseAge> age(uint64_t batch_rows);
    // One transaction: the oldest rows up to and including that time, at most rows_max. Answers how
    // many there were.
    base::Result<uint64_t> removeOldest(int64_t through_ns, uint64_t rows_max);
    // Moves the log into the database when it has become long. Needs no turn.
    void checkpointIfLong();

  private:
    RetentionDatabase(const base::Guid& boot_id, std::unique_ptr<db::Connection> connection)
        : boot_id_(boot_id), connection_(std::move(connection)) {}

    base::Result<void> prepareStatements();
    base::Result<uint64_t> removeWithin(int64_t through_ns, uint64_t rows_max);
    base::Result<int64_t> greatestId();
    base::Result<void> removeReceiptsOfOtherBoots();

    const base::Guid boot_id_;
    const std::unique_ptr<db::Connection> connection_;
    // Statements end before the connection: they stand behind it.
    std::unique_ptr<db::Statement> remove_rows_;
    std::unique_ptr<db::Statement> count_removed_;
    std::unique_ptr<db::Statement> greatest_id_;
    std::unique_ptr<db::Statement> keep_last_id_;
    std::unique_ptr<db::Statement> remove_receipts_;
};

}  // namespace evd::store
