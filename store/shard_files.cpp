// A new shard is made under another name, filled with its schema, and renamed: whoever discovers
// databases never sees one without tables, and dying half-way leaves a file that the next start
// replaces.

#include "store/shard_files.h"

#include "common/base/fd.h"
#include "common/base/text.h"
#include "common/db/schema.h"
#include "common/db/store_files.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace evd::store {

namespace {

constexpr std::string_view kUnfinishedSuffix = ".new";

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

base::Result<void> removeIfThere(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return base::failErrno(base::cat("remove ", path), errno);
    }
    return {};
}

base::Result<void> renameFile(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return base::failErrno(base::cat("rename ", from, " to ", to), errno);
    }
    return {};
}

base::Result<void> syncDirectory(const std::string& directory) {
    const base::Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() || ::fsync(fd.get()) != 0) {
        return base::failErrno(base::cat("sync ", directory), errno);
    }
    return {};
}

base::Result<void> createShard(const std::string& directory, const std::string& path,
                               int64_t wall_ns) {
    const std::string unfinished = base::cat(path, kUnfinishedSuffix);
    EVD_TRY(removeIfThere(unfinished));
    EVD_TRY(removeIfThere(unfinished + "-journal"));
    {
        auto created = db::Connection::createForWriting(unfinished, db::kPageBytes);
        if (!created) {
            return created.error();
        }
        EVD_TRY(db::createEventSchema(*created.value(), wall_ns));
    }
    // A log that is left from a database somebody took away would be played into the new one.
    EVD_TRY(removeIfThere(path + "-wal"));
    EVD_TRY(removeIfThere(path + "-shm"));
    EVD_TRY(renameFile(unfinished, path));
    return syncDirectory(directory);
}

}  // namespace

base::Result<void> makeStoreDirectory(const std::string& directory) {
    std::error_code failure;
    std::filesystem::create_directories(directory, failure);
    if (failure) {
        return base::failErrno(base::cat("make the event store directory ", directory),
                               failure.value());
    }
    return {};
}

base::Result<std::string> quarantine(const std::string& path, int64_t wall_ns) {
    const std::string stem = path.substr(0, path.rfind(".db"));
    const std::string aside = base::cat(stem, ".corrupt-", wall_ns, ".db");
    // The log goes first: left beside a fresh database of the old name it would be played into it.
    for (const char* suffix : {"-wal", "-shm", ""}) {
        if (exists(path + suffix)) {
            EVD_TRY(renameFile(path + suffix, aside + suffix));
        }
    }
    return aside;
}

base::Result<OpenedShard> openShard(const std::string& directory, uint16_t shard,
                                    const base::Guid& boot_id, const base::Clock& clock) {
    const std::string path = base::cat(directory, "/", db::shardFileName(shard));
    OpenedShard opened{shard, nullptr, {}};
    if (!exists(path)) {
        EVD_TRY(createShard(directory, path, clock.wallNs()));
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
        EVD_TRY(createShard(directory, path, clock.wallNs()));
        database = ShardDatabase::open(path, boot_id);
    }
    if (!database) {
        return base::fail(database.error().kind, base::cat(path, ": ", database.error().text));
    }
    opened.database = std::move(database).value();
    return opened;
}

base::Result<OpenedShards> openShards(const std::string& directory, uint16_t count,
                                      const base::Guid& boot_id, const base::Clock& clock) {
    OpenedShards all;
    uint32_t first = 0;
    for (;;) {
        bool any_healthy = false;
        for (uint32_t shard = first; shard < first + count; ++shard) {
            if (shard > db::kShardIndexMax) {
                return base::fail(base::ErrorKind::Unsupported,
                                  base::cat("no shard number is left in ", directory));
            }
            auto opened = openShard(directory, static_cast<uint16_t>(shard), boot_id, clock);
            if (!opened) {
                return opened.error();
            }
            any_healthy = any_healthy || opened.value().database != nullptr;
            all.shards.push_back(std::move(opened).value());
        }
        if (any_healthy) {
            return all;
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
