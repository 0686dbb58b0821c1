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

namespace {

constexpr int kOpenAttemptsMax = 3;

}  // namespace

base::Result<OpenedShard> openShard(const std::string& directory, uint16_t shard,
                                    const base::Guid& boot_id, const base::Clock& clock) {
    const std::string path = base::cat(directory, "/", db::shardFileName(shard));
    OpenedShard opened{shard, nullptr, {}};
    if (!fileExists(path)) {
        EVD_TRY(createDatabase(path, clock.wallNs(), db::createEventSchema));
    }
    auto database = ShardDatabase::open(path, boot_id);
    if (!database && database.error().kind == base::ErrorKind::Unsupported) {
        opened.trouble = base::cat(path, ": ", database.error().text, ", left for reading only");
        return opened;
    }
    if (!database && database.error().kind == base::ErrorKind::Corrupt) {
        auto aside = quarantine(path, clock.wallNs());
        if (!aside) {
            return aside.error();
        }
        opened.trouble = base::cat(path, ": ", database.error().text, ", kept as ", aside.value(),
                                   " and replaced by a new one");
        EVD_TRY(createDatabase(path, clock.wallNs(), db::createEventSchema));
        database = ShardDatabase::open(path, boot_id);
    }
    if (!database) {
        return base::fail(database.error().kind, base::cat(path, ": ", database.error().text));
    }
    opened.database = std::move(database).value();
    return opened;
}

namespace {

// Going on without a shard means that its cpus' events go elsewhere until the next start; what may
// be a passing trouble is looked at more than once.
base::Result<OpenedShard> openPatiently(const std::string& directory, uint16_t shard,
                                        const base::Guid& boot_id, const base::Clock& clock) {
    for (int attempt = 1;; ++attempt) {
        auto opened = openShard(directory, shard, boot_id, clock);
        const bool may_pass = !opened && (opened.error().kind == base::ErrorKind::Io ||
                                          opened.error().kind == base::ErrorKind::Busy);
        if (!may_pass || attempt == kOpenAttemptsMax) {
            return opened;
        }
    }
}

}  // namespace

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
            auto opened = openPatiently(directory, static_cast<uint16_t>(shard), boot_id, clock);
            if (!opened) {
                // One shard that cannot be opened does not keep the others from being written.
                failure = opened.error();
                all.shards.push_back({static_cast<uint16_t>(shard), nullptr,
                                      base::cat(failure->text, ", going on without it")});
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
