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
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>

namespace evd::store {

namespace {

constexpr std::string_view kUnfinishedSuffix = ".new";
constexpr int kOpenAttemptsMax = 3;
constexpr std::array<const char*, 2> kCompanions = {"-wal", "-shm"};

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

base::Result<void> linkFile(const std::string& from, const std::string& to) {
    if (::link(from.c_str(), to.c_str()) != 0) {
        return base::failErrno(base::cat("link ", from, " as ", to), errno);
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
    for (const char* suffix : kCompanions) {
        EVD_TRY(removeIfThere(path + suffix));
    }
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
    // The log can hold transactions that the database does not have yet. It gets its second name
    // first, so that a death at any moment leaves database and log together under one of them.
    for (const char* suffix : kCompanions) {
        if (exists(path + suffix)) {
            EVD_TRY(linkFile(path + suffix, aside + suffix));
        }
    }
    if (const auto moved = renameFile(path, aside); !moved) {
        for (const char* suffix : kCompanions) {
            (void)removeIfThere(aside + suffix);
        }
        return moved.error();
    }
    // What cannot be removed here is removed before a new database takes the name (createShard).
    for (const char* suffix : kCompanions) {
        (void)removeIfThere(path + suffix);
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
