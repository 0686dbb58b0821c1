#pragma once

#include "common/base/result.h"
#include "queryd/exec/group_table.h"
#include "queryd/exec/shard_tasks.h"

#include <vector>

namespace evd::queryd {

// One database's partial aggregate (Spec §8.6).
//
// What only counts, by header columns and without conditions per row, is one SQL statement where an
// index answers it; everything else walks the rows slice by slice and adds them up here, which is
// faster than sorting them in SQLite. Runs on pool threads; see ShardTask.
class GroupTask final : public ShardTask, private RowConsumer {
  public:
    struct Part {
        const EventPlan& plan;
        const EventSelection& selection;
        RunControl control;
    };

    GroupTask(const Part& part, DatabaseFile file, MemoryBudget& memory);

    base::Result<ScanEnd> slice(db::Connection& connection) override;
    base::Result<void> failure() const override { return failure_; }
    const GroupTable& table() const { return table_; }

  private:
    bool take(EventRow& row) override;
    bool countsInSql() const;
    base::Result<bool> tryCountInSql(db::Connection& connection);
    base::Result<void> readCounts(db::Statement& statement);

    Part part_;
    const PlanAggregation& aggregation_;
    GroupTable table_;
    ScanRequest request_;
    ScanPosition position_;
    std::vector<Value> groups_;  // of the row at hand
    bool began_rows_ = false;
    base::Result<void> failure_;
};

}  // namespace evd::queryd
