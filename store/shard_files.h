#pragma once

#include "common/base/clock.h"
#include "common/base/guid.h"
#include "common/base/result.h"
#include "store/database_files.h"
#include "store/shard_database.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace evd::store {

// A shard that was looked at and what is to be done about it.
struct OpenedShard {
    uint16_t shard = 0;
    std::unique_ptr<ShardDatabase>
        database;         // none: excluded, its share goes to others (Ruling S10)
    std::string trouble;  // for a synthetic.storage_error; empty when all is well
    std::string aside;    // where the corrupt one is now; empty when there was none
};

std::string shardPath(const std::string& directory, uint16_t shard);

// Opens the shard of that number, making it when it is missing. A corrupt one is quarantined and a
// fresh one takes its place; one of unknown schema version is left alone and excluded. An error
// means that nothing can be done: the folder is not writable, the disk is full or broken.
base::Result<OpenedShard> openShard(const std::string& directory, uint16_t shard,
                                    const base::Guid& boot_id, const base::Clock& clock,
                                    int attempts_max = 1);

struct OpenedShards {
    std::vector<OpenedShard> shards;  // in the order of their index; at least one has a database
};

// Shards 0 to count - 1, and when all of them are of unknown version, as many new ones with the
// next free numbers (Ruling S10). One that cannot be opened is excluded; an error when none is left
// then.
base::Result<OpenedShards> openShards(const std::string& directory, uint16_t count,
                                      const base::Guid& boot_id, const base::Clock& clock);

}  // namespace evd::store
