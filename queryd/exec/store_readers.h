#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "queryd/exec/connection_cache.h"
#include "queryd/exec/memory_budget.h"
#include "queryd/exec/reader_pool.h"
#include "queryd/exec/run_control.h"
#include "queryd/plan/record_table.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace evd::queryd {

// A database that another process is about to recover is tried again for this long.
inline constexpr int64_t kBusyRetryMs = 2000;

// How one database is shared among threads. One of fewer rows than that is read by one of them.
inline constexpr uint64_t kSplitRowsMin = 20'000;
struct ThreadSharing {
    uint32_t threads = 1;
    uint64_t split_rows_min = kSplitRowsMin;
};

// Where the stores are. A path that is empty means a store that is not there.
struct StorePaths {
    std::string events;  // a folder
    std::string logs;    // a file
};

// What all questions share to read the stores: the threads, the connections (which outlive it), the
// memory budget, and the tolerance for databases that vanish or are damaged.
//
// Questions go through read(): a database that cannot be read is left out of the answer and told
// once in the log until it can be read again; the rest is still answered. Made on first use by the
// engine, outlives every question. Safe on any thread.
class StoreReaders {
  public:
    StoreReaders(StorePaths paths, ConnectionCache& connections, const ThreadSharing& sharing,
                 uint64_t memory_bytes_max)
        : paths_(std::move(paths)),
          connections_(connections),
          sharing_(sharing),
          memory_(memory_bytes_max),
          pool_(sharing.threads) {}

    // Every database of the store there is now. Fails only when the folder itself cannot be read,
    // with a sentence for the caller.
    base::Result<std::vector<DatabaseFile>> databases(StoreKind store) const;
    const ThreadSharing& sharing() const { return sharing_; }
    ReaderPool& pool() { return pool_; }
    MemoryBudget& memory() { return memory_; }

    enum class ReadEnd { Done, LeftOut };

    // Runs the work with a connection to the file, on the calling thread. The work returns errors
    // of the database only and goes on where it was when it is run again. LeftOut when the database
    // cannot be read; an error only when the control says that the question must end.
    base::Result<ReadEnd> read(const DatabaseFile& file, const RunControl& control,
                               const std::function<base::Result<void>(db::Connection&)>& work);

  private:
    base::Result<void> tryOnce(const DatabaseFile& file, const RunControl& control,
                               const std::function<base::Result<void>(db::Connection&)>& work);
    void noteFailure(const DatabaseFile& file, const base::Error& error);
    void noteSuccess(const DatabaseFile& file);

    const StorePaths paths_;
    ConnectionCache& connections_;
    const ThreadSharing sharing_;
    MemoryBudget memory_;
    std::mutex mutex_;
    std::set<std::string> failing_;  // paths whose trouble has been told
    ReaderPool pool_;                // last: its threads end before what they use
};

}  // namespace evd::queryd
