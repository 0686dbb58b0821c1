#pragma once

#include "common/base/clock.h"
#include "common/base/guid.h"
#include "common/base/result.h"
#include "store/shard_database.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace evd::store {

// Makes the event store directory and the folders above it where they are missing (Spec §3.2).
base::Result<void> makeStoreDirectory(const std::string& directory);

// Moves a corrupt database aside as <stem>.corrupt-<ns>.db with its -wal and -shm, where discovery
// still finds it for reading (Ruling S6). Answers the new path. Nobody may have it open for
// writing. All or nothing: after an error, or a death on the way, it is where it was.
base::Result<std::string> quarantine(const std::string& path, int64_t wall_ns);

// A shard that was looked at and what is to be done about it.
struct OpenedShard {
    uint16_t shard = 0;
    std::unique_ptr<ShardDatabase>
        database;         // none: excluded, its share goes to others (Ruling S10)
    std::string trouble;  // for a synthetic.storage_error; empty when all is well
};

// Opens the shard of that number, making it when it is missing. A corrupt one is quarantined and a
// fresh one takes its place; one of unknown schema version is left alone and excluded. An error
// means that nothing can be done: the folder is not writable, the disk is full or broken.
base::Result<OpenedShard> openShard(const std::string& directory, uint16_t shard,
                                    const base::Guid& boot_id, const base::Clock& clock);

struct OpenedShards {
    std::vector<OpenedShard> shards;  // in the order of their index; at least one has a database
};

// Shards 0 to count - 1, and when all of them are of unknown version, as many new ones with the
// next free numbers (Ruling S10). One that cannot be opened is excluded; an error when none is left
// then.
base::Result<OpenedShards> openShards(const std::string& directory, uint16_t count,
                                      const base::Guid& boot_id, const base::Clock& clock);

}  // namespace evd::store
