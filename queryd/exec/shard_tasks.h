#pragma once

#include "common/base/result.h"
#include "queryd/exec/record_scan.h"
#include "queryd/exec/store_readers.h"

#include <memory>
#include <span>
#include <string_view>

namespace evd::queryd {

// One database's share, or a part of it, of an answer that needs all of its matching records before
// it can begin.
//
// slice() does one short piece of the work on a pool thread and says whether more is left; it
// returns errors of the database, and keeps its own trouble for failure(). The result is read by
// the question's thread when all are done.
class ShardTask {
  public:
    explicit ShardTask(DatabaseFile file) : file_(std::move(file)) {}
    virtual ~ShardTask() = default;

    virtual base::Result<ScanEnd> slice(db::Connection& connection) = 0;
    virtual base::Result<void> failure() const = 0;

    // What it does, for a question that is explained; a constant.
    virtual std::string_view stepName() const { return "read"; }

    const DatabaseFile& file() const { return file_; }

  private:
    DatabaseFile file_;
};

// Runs every task to its end, side by side on the pool, and waits for all of them. The first
// failure ends the question.
base::Result<void> runTasks(StoreReaders& readers, const RunControl& control,
                            std::span<const std::unique_ptr<ShardTask>> tasks);

}  // namespace evd::queryd
