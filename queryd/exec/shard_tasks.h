#pragma once

#include "common/base/result.h"
#include "queryd/exec/event_readers.h"
#include "queryd/exec/event_scan.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace evd::queryd {

// One database's share of an answer that needs all of its matching events before it can begin.
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

    const DatabaseFile& file() const { return file_; }
    // The greatest id when the question began; nothing when the database could not be read.
    std::optional<int64_t> lastId() const { return last_id_; }

  protected:
    // Takes last_id once, at the beginning.
    base::Result<void> noteLastId(db::Connection& connection);

  private:
    DatabaseFile file_;
    std::optional<int64_t> last_id_;
};

// Runs every task to its end, side by side on the pool, and waits for all of them. The first
// failure ends the question.
base::Result<void> runTasks(EventReaders& readers, const RunControl& control,
                            std::span<const std::unique_ptr<ShardTask>> tasks);

}  // namespace evd::queryd
