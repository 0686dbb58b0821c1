#pragma once

#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/db/statements.h"
#include "common/wire/record.h"
#include "store/database_files.h"
#include "store/file_room.h"
#include "store/record_batch.h"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

// The last batch that a database holds, and whose.
struct StoredBatch {
    base::Guid sender;
    uint64_t number = 0;
};

// The last batch that the open database says it holds; nothing when it holds none.
base::Result<std::optional<StoredBatch>> readLastBatch(db::Connection& connection);

// What one transaction put in.
struct TransactionFigures {
    uint64_t rows = 0;
    int64_t first_id = 0;
    int64_t last_id = 0;
    int64_t newest_timestamp_ns = std::numeric_limits<int64_t>::min();
    uint64_t skipped_records = 0;  // malformed
    uint64_t dropped_records = 0;  // well-formed, but refused by what is stored already

    void addRow(int64_t id, int64_t timestamp_ns) {
        first_id = rows++ == 0 ? id : first_id;
        last_id = id;
        newest_timestamp_ns =
            timestamp_ns > newest_timestamp_ns ? timestamp_ns : newest_timestamp_ns;
    }
};

// The log store or the metric store, open for writing: transactions of numbered batches.
//
// What is the same for both stands here: WAL with synchronous=NORMAL (Spec §4.3, §6.3), the number
// of the last batch in the transaction that holds it, so that no batch is stored twice whenever the
// process dies, room in the file before a commit. What differs - how rows are written - is the
// derived class's. The writer calls it on its thread and owns it. A failed call means rollBack();
// the database stays open and the next transaction may succeed. What is remembered in memory
// changes only with a successful commit.
class RecordDatabase {
  public:
    virtual ~RecordDatabase() = default;
    RecordDatabase(const RecordDatabase&) = delete;
    RecordDatabase& operator=(const RecordDatabase&) = delete;

    base::Result<void> begin();
    // The batch's memory must live until the transaction ends.
    base::Result<void> insert(const RecordBatch& batch);
    base::Result<void> commit();
    void rollBack();

    db::Connection& connection() { return *connection_; }
    int64_t walBytes() const { return connection_->walPages() * page_bytes_; }
    const std::string& path() const { return path_; }
    const std::optional<StoredBatch>& lastBatch() const { return last_batch_; }
    // Of the transaction that was ended last, or is under way.
    const TransactionFigures& figures() const { return figures_; }
    // The greatest id that was ever given out.
    int64_t lastId() const { return last_id_; }

  protected:
    RecordDatabase(std::string path, std::unique_ptr<db::Connection> connection)
        : path_(std::move(path)),
          connection_(std::move(connection)),
          page_bytes_(connection_->pageBytes()) {}

    // A database that `verify` has nothing against, brought up to date by `complete`.
    using CheckSchema = base::Result<void> (*)(db::Connection&);
    static base::Result<std::unique_ptr<db::Connection>> openFile(const std::string& path,
                                                                  CheckSchema verify,
                                                                  CheckSchema complete);
    // Last in opening: ids go on behind those of `greatest_id_sql`, of what retention took away,
    // and least_id.
    base::Result<void> prepareCommon(std::string_view greatest_id_sql, int64_t least_id);

    virtual base::Result<void> insertRows(const RecordBatch& batch) = 0;
    // Writes what was held back.
    virtual base::Result<void> flushRows() = 0;
    virtual void rowsCommitted() = 0;
    virtual void rowsRolledBack() = 0;

    base::Result<void> prepareAll(std::initializer_list<db::Prepared> all) {
        return db::prepareAll(*connection_, all);
    }
    int64_t nextId() { return ++next_id_; }

    TransactionFigures figures_;

  private:
    base::Result<void> loadLastBatch();
    base::Result<void> writeLastBatch();

    const std::string path_;
    const std::unique_ptr<db::Connection> connection_;
    const int64_t page_bytes_;
    int64_t last_id_ = 0;
    int64_t next_id_ = 0;  // given out in the transaction
    std::optional<StoredBatch> last_batch_;
    std::optional<StoredBatch> batch_of_transaction_;
    // Statements end before the connection: they stand behind it.
    std::unique_ptr<FileRoom> room_;
    std::unique_ptr<db::Statement> begin_;
    std::unique_ptr<db::Statement> commit_;
    std::unique_ptr<db::Statement> roll_back_;
    std::unique_ptr<db::Statement> set_metadata_;
};

// One of the two kinds of stores: what it is called, how a database of it is made and opened, and
// what outlives such a database when it is replaced. Made on the loop's thread; open() is called on
// the writer's too, one call at a time.
class RecordFormat {
  public:
    virtual ~RecordFormat() = default;
    virtual std::string_view name() const = 0;      // in synthetic.storage_error (Spec §3.1)
    virtual std::string_view measures() const = 0;  // in front of the names of measures
    virtual wire::CommitNotice::Store notices() const = 0;
    virtual NewDatabase newDatabase() const = 0;
    // Ids begin behind least_id at the earliest.
    virtual base::Result<std::unique_ptr<RecordDatabase>> open(const std::string& path,
                                                               int64_t least_id) = 0;
    virtual void addMeasures(std::vector<wire::Measure>& measures) const { (void)measures; }
};

}  // namespace evd::store
