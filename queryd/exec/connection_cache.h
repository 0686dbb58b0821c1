#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/db/store_files.h"
#include "queryd/exec/log_rest.h"

#include <sys/types.h>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace evd::queryd {

// One database file, known by what it is and not only by how it is called: a quarantined shard
// keeps its inode under a new name, and a fresh one gets its old name (Ruling S6).
struct DatabaseFile {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;

    bool isSameFile(const DatabaseFile& other) const {
        return device == other.device && inode == other.inode;
    }
};

// The databases that a store has now, as databases that can be told apart. A missing folder holds
// none; what is gone since it was listed is left out. Where the store lies is not for those who
// ask: the error names it by what it holds.
base::Result<std::vector<DatabaseFile>> databasesOf(
    base::Result<std::vector<db::StoreFile>> discovered, std::string_view holds);

inline constexpr size_t kIdleConnectionsMax = 64;  // each costs two or three descriptors

// Read-only connections that are kept between slices and questions.
//
// A connection is in one hand at a time: acquire() gives an idle one of that very file or opens
// one, under whatever name the file has got since it was listed (NotFound: it is gone); release()
// keeps it for the next, closing the one that has been idle longest above kIdleConnectionsMax.
// Connections that would not see changes (isImmutable), or whose transaction did not end, are never
// kept. SQLite closes the files of a connection when no other connection of the process has a lock
// on them, and takes them over for the next one: so there may be as many as there were ever in hand
// at once. Safe on any thread.
class ConnectionCache {
  public:
    // Who reads visits this first, for as long as it has a snapshot.
    LogRest& rest() { return rest_; }

    base::Result<std::unique_ptr<db::Connection>> acquire(const DatabaseFile& file);
    void release(const DatabaseFile& file, std::unique_ptr<db::Connection> connection);
    size_t idleCount() const;

  private:
    struct Idle {
        DatabaseFile file;
        std::unique_ptr<db::Connection> connection;
    };

    LogRest rest_;
    mutable std::mutex mutex_;
    std::list<Idle> idle_;  // the most recently used first
};

}  // namespace evd::queryd
