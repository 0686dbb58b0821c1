#pragma once

#include "common/base/result.h"
#include "queryd/exec/group_table.h"
#include "queryd/exec/record_statement.h"
#include "queryd/exec/shard_tasks.h"

#include <vector>

namespace evd::queryd {

// One database's partial aggregate (Spec §8.6).
//
// What only counts, by columns and without conditions per row, is SQL: one statement for a bare
// COUNT, and one per name for counts by name where an index on names answers it without looking at
// a row. Everything else walks the rows slice by slice and adds them up here, which is faster than
// sorting them in SQLite. Runs on pool threads; see ShardTask.
class GroupTask final : public ShardTask, private RowConsumer {
  public:
    struct Part {
        const RecordPlan& plan;
        const ScanRequest& request;  // which rows; copied
    };

    GroupTask(const Part& part, DatabaseFile file, MemoryBudget& memory);

    // Whether every row of a database is to be counted and nothing of it is asked, which SQLite
    // does by looking at one index; such a task takes the whole database.
    static bool countsEverything(const RecordPlan& plan, const TimeRange& needed);

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return failure_; }
    std::string_view stepName() const override { return "groups"; }
    const GroupTable& table() const { return table_; }

  private:
    bool take(RecordRow& row) override;
    bool countsInSql() const;
    bool countsByNameIndex() const;
    base::Result<bool> tryCountInSql(db::Connection& connection);
    static base::Result<int64_t> readCount(db::Connection& connection, const BoundSql& sql);
    base::Result<void> countNames(db::Connection& connection, const NameChoice& names);
    BoundSql countSql(const NameChoice& names) const;

    const RecordPlan& plan_;
    const PlanAggregation& aggregation_;
    GroupTable table_;
    ScanRequest request_;
    ScanPosition position_;
    std::vector<Value> groups_;  // of the row at hand
    bool began_rows_ = false;
    base::Result<void> failure_;
};

}  // namespace evd::queryd
