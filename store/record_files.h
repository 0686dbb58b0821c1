#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "store/record_database.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace evd::store {

// A log or metric store that was looked at and what is to be done about it.
struct OpenedRecords {
    std::unique_ptr<RecordDatabase> database;  // none: of unknown version, for reading only
    std::string trouble;  // for a synthetic.storage_error; empty when all is well
    std::string aside;    // where the corrupt one is now; empty when there was none
};

// Opens the database of that path, making it and its folders when they are missing (Spec §5.2,
// §7.2). A corrupt one is put aside and a fresh one takes its place (Ruling S6); one of unknown
// schema version is left alone. An error means that nothing can be done: the folder is not
// writable, the disk is full or broken. On the thread that will own the database.
base::Result<OpenedRecords> openRecords(const std::string& path, RecordFormat& format,
                                        const base::Clock& clock, int64_t least_id = 0,
                                        int attempts_max = 1);

struct LastStored {
    std::optional<StoredBatch> batch;
    std::string unread;  // a database that may hold it, and cannot be read just now
};

// The last batch that is stored here at all: what the open database says or, while it holds none,
// the newest of those that were put aside before it and can still be read. A sender that has not
// been answered yet would otherwise send again what lies there.
LastStored lastStoredBatch(const std::string& path, const RecordDatabase& database);

}  // namespace evd::store
