#pragma once

#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/db/statements.h"
#include "common/db/store_files.h"
#include "store/retention_plan.h"
#include "store/shard_gate.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

// Answers true when it is time to stop.
using StopCheck = std::function<bool()>;

// One database as retention sees it: how old and how large it is, and its oldest rows removed.
//
// What is the same for every kind of store stands here; how rows are found and what goes with them
// is the derived class's. When the row with the greatest id goes, its id stays behind in metadata
// in the same transaction, so that ids go on after it (StoreSurvey, RecordDatabase). Deleted pages
// are reused, not given back (no VACUUM). Commits without waiting for the disk: the next checkpoint
// or commit of a writer makes them durable, and a delete that power loss undoes is done again.
//
// On retention's thread. Every call that writes is made within a turn of the database's gate. After
// Corrupt, Unsupported or Denied the database is not for us; Busy and Io may pass.
class RetentionDatabase {
  public:
    virtual ~RetentionDatabase() = default;
    RetentionDatabase(const RetentionDatabase&) = delete;
    RetentionDatabase& operator=(const RetentionDatabase&) = delete;

    // Long statements end with Gone when it answers true.
    void setStopCheck(StopCheck should_stop) {
        connection_->setProgressCheck(std::move(should_stop));
    }

    // What must be known before anything can be removed and takes long to find out. Once, out of
    // turn: it only reads.
    virtual base::Result<void> survey() { return {}; }
    virtual base::Result<DatabaseAge> age(uint64_t batch_rows) = 0;
    // One transaction: the oldest rows up to and including that time, at most rows_max. Answers how
    // many there were.
    base::Result<uint64_t> removeOldest(int64_t through_ns, uint64_t rows_max);
    // Moves the log into the database when it has become long. Needs no turn.
    void checkpointIfLong();

  protected:
    explicit RetentionDatabase(std::unique_ptr<db::Connection> connection)
        : connection_(std::move(connection)) {}

    using CheckSchema = base::Result<void> (*)(db::Connection&);
    static base::Result<std::unique_ptr<db::Connection>> openFile(const std::string& path,
                                                                  CheckSchema verify,
                                                                  CheckSchema complete);
    base::Result<void> prepareAll(std::initializer_list<db::Prepared> all) {
        return db::prepareAll(*connection_, all);
    }
    base::Result<void> prepareIds(std::string_view greatest_id_sql);
    // Of the DELETE before.
    base::Result<uint64_t> removedRows();
    db::Connection& connection() { return *connection_; }

    // Within a transaction.
    virtual base::Result<uint64_t> removeWithin(int64_t through_ns, uint64_t rows_max) = 0;
    // The transaction is over.
    virtual void removed(bool is_committed) { (void)is_committed; }

  private:
    base::Result<uint64_t> removeKeepingIds(int64_t through_ns, uint64_t rows_max);

    const std::unique_ptr<db::Connection> connection_;
    // Statements end before the connection: they stand behind it.
    std::unique_ptr<db::Statement> greatest_id_;
    std::unique_ptr<db::Statement> keep_last_id_;
    std::unique_ptr<db::Statement> count_removed_;
};

// A database that retention looks after, and whose turn it is to write it; no gate: nobody else.
struct RetentionTarget {
    std::string path;
    ShardGate* gate = nullptr;
};

// One kind of store as retention sees it. Called on retention's thread; what it points to outlives
// retention.
class RetentionKind {
  public:
    virtual ~RetentionKind() = default;
    // What its rows are called, for people.
    virtual std::string_view rows() const = 0;
    // Every database of it, active and put aside.
    virtual base::Result<std::vector<RetentionTarget>> databases() const = 0;
    // Reads without opening for writing; Unsupported or Corrupt for one that must not be written.
    virtual base::Result<DatabaseAge> look(const std::string& path, uint64_t batch_rows,
                                           const StopCheck& should_stop) const = 0;
    virtual base::Result<std::unique_ptr<RetentionDatabase>> open(
        const RetentionTarget& target) const = 0;
};

// Ruling S8: what is in use, of the file and its log together.
base::Result<int64_t> liveBytes(db::Connection& connection);

}  // namespace evd::store
