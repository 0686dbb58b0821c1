#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <cstdint>
#include <memory>

namespace evd::store {

inline constexpr int64_t kFileGrowthBytes = 1024 * 1024;  // a database file grows by so much

// Sees to it that a database file has room for every page before a commit puts it into the log.
//
// So a checkpoint never needs new room, a log that cannot grow on a full disk can always be emptied
// and written again, and retention can delete on a disk that takes nothing more (Spec §11, disk
// full). Owned by a writer's database, on its thread; must not outlive the connection.
class FileRoom {
  public:
    static base::Result<std::unique_ptr<FileRoom>> prepare(db::Connection& connection);

    // Within the transaction, last before the commit. Io when the disk is full. No checkpoint of
    // ours takes the room away again (db::makeFileGrowthSafe); somebody else's may, so it looks at
    // the file each time.
    base::Result<void> reserve();

  private:
    FileRoom(db::Connection& connection, std::unique_ptr<db::Statement> page_count)
        : connection_(connection),
          page_bytes_(connection.pageBytes()),
          page_count_(std::move(page_count)) {}

    db::Connection& connection_;
    const int64_t page_bytes_;
    const std::unique_ptr<db::Statement> page_count_;
};

}  // namespace evd::store
