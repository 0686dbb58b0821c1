// A new shard is made under another name (database_files.h), so that whoever discovers databases
// never sees one without tables.

#include "store/shard_files.h"

#include "common/base/text.h"
#include "common/db/schema.h"
#include "common/db/store_files.h"
#include "store/database_files.h"

#include <algorithm>
#include <optional>

namespace evd::store {

std::string shardPath(const std::string& directory, uint16_t shard) {
    return base::cat(directory, "/", db::shardFileName(shard));
}

base::Result<OpenedShard> openShard(const std::string& directory, uint16_t shard,
                                    const base::Guid& boot_id, const base::Clock& clock,
                                    int attempts_max) {
    const std::string path = shardPath(directory, shard);
    OpenedShard opened{shard, nullptr, {}, {}};
    const auto open = [&]() -> base::Result<void> {
        auto database = ShardDatabase::open(path, boot_id);
        if (!database) {
            return database.error();
        }
        opened.database = std::move(database).value();
        return {};
    };
    auto trouble = openOrReplace(path, {db::createEventSchema}, clock, open, attempts_max);
    if (!trouble) {
        return trouble.error();
    }
    opened.trouble = std::move(trouble.value().text);
    opened.aside = std::move(trouble.value().aside);
    return opened;
}

base::Result<OpenedShards> openShards(const std::string& directory, uint16_t count,
                                      const base::Guid& boot_id, const base::Clock& clock) {
    OpenedShards all;
    uint32_t first = 0;
    std::optional<base::Error> failure;
    for (;;) {
        bool any_healthy = false;
        for (uint32_t shard = first; shard < first + count; ++shard) {
            if (shard > db::kShardIndexMax) {
                return base::fail(base::ErrorKind::Unsupported,
                                  base::cat("no shard number is left in ", directory));
            }
            // Going on without a shard means that its cpus' events go elsewhere until the next
            // start; what may be a passing trouble is looked at more than once.
            auto opened = openShard(directory, static_cast<uint16_t>(shard), boot_id, clock,
                                    kOpenAttemptsMax);
            if (!opened) {
                // One shard that cannot be opened does not keep the others from being written.
                failure = opened.error();
                all.shards.push_back({static_cast<uint16_t>(shard),
                                      nullptr,
                                      base::cat(failure->text, ", going on without it"),
                                      {}});
                continue;
            }
            any_healthy = any_healthy || opened.value().database != nullptr;
            all.shards.push_back(std::move(opened).value());
        }
        if (any_healthy) {
            return all;
        }
        if (failure) {
            return *failure;
        }
        auto files = db::discoverEventStores(directory);
        if (!files) {
            return files.error();
        }
        for (const db::StoreFile& file : files.value()) {
            first = std::max(first, file.shard ? uint32_t{*file.shard} + 1 : 0);
        }
    }
}

}  // namespace evd::store
