#include "queryd/exec/connection_cache.h"

#include "common/base/text.h"

#include <sys/stat.h>
#include <algorithm>

namespace evd::queryd {

base::Result<std::vector<DatabaseFile>> databasesOf(base::Result<std::vector<db::StoreFile>> files,
                                                    std::string_view holds) {
    std::vector<DatabaseFile> databases;
    if (!files) {
        return files.error().kind == base::ErrorKind::NotFound
                   ? base::Result<std::vector<DatabaseFile>>(std::move(databases))
                   : base::fail(files.error().kind,
                                base::cat("the ", holds, " store cannot be read"));
    }
    for (db::StoreFile& file : files.value()) {
        struct stat status {};
        if (::stat(file.path.c_str(), &status) != 0) {
            continue;  // gone since it was listed
        }
        databases.push_back({std::move(file.path), status.st_dev, status.st_ino});
    }
    return databases;
}

base::Result<std::unique_ptr<db::Connection>> ConnectionCache::acquire(const DatabaseFile& file) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = std::find_if(idle_.begin(), idle_.end(), [&](const Idle& idle) {
            return idle.file.path == file.path && idle.file.isSameFile(file);
        });
        if (found != idle_.end()) {
            auto connection = std::move(found->connection);
            idle_.erase(found);
            return connection;
        }
    }
    return db::Connection::openForReading(file.path);
}

void ConnectionCache::release(const DatabaseFile& file,
                              std::unique_ptr<db::Connection> connection) {
    if (connection->isImmutable() || connection->isInTransaction() || connection->hasFailedRead()) {
        return;
    }
    std::list<Idle> closed;  // outside of the lock
    const std::lock_guard lock(mutex_);
    idle_.push_front({file, std::move(connection)});
    if (idle_.size() > kIdleConnectionsMax) {
        closed.splice(closed.begin(), idle_, std::prev(idle_.end()));
    }
}

size_t ConnectionCache::idleCount() const {
    const std::lock_guard lock(mutex_);
    return idle_.size();
}

}  // namespace evd::queryd
