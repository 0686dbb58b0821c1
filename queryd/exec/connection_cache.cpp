#include "queryd/exec/connection_cache.h"

#include "common/base/text.h"
#include "queryd/exec/read_snapshot.h"

#include <sys/stat.h>
#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

namespace evd::queryd {

namespace {

constexpr int kOpenAttemptsMax = 3;

std::optional<DatabaseFile> fileAt(std::string path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0
               ? std::optional(DatabaseFile{std::move(path), status.st_dev, status.st_ino})
               : std::nullopt;
}

bool isCalled(const DatabaseFile& file, const std::string& path) {
    const auto found = fileAt(path);
    return found && file.isSameFile(*found);
}

// What it is called now: it may have been put aside since it was listed. None when it is gone.
std::optional<std::string> nameOfNow(const DatabaseFile& file) {
    if (isCalled(file, file.path)) {
        return file.path;
    }
    std::error_code error;
    for (std::filesystem::directory_iterator at(db::folderOf(file.path), error), end;
         !error && at != end; at.increment(error)) {
        if (isCalled(file, at->path())) {
            return at->path();
        }
    }
    return std::nullopt;
}

// A path is looked up more than once, for the database and then for its log, and another database
// may take the name in between. Who gives one another name renames it first and its log afterwards;
// so what has its name still when the log is open was opened as a whole.
base::Result<std::unique_ptr<db::Connection>> openThatFile(const DatabaseFile& file) {
    for (int attempt = 1; attempt <= kOpenAttemptsMax; ++attempt) {
        const auto path = nameOfNow(file);
        if (!path) {
            break;
        }
        auto connection = db::Connection::openForReading(*path);
        const auto looked = connection ? ReadSnapshot(*connection.value()).begun()
                                       : base::Result<void>(connection.error());
        if (isCalled(file, *path)) {
            return looked ? std::move(connection)
                          : base::Result<std::unique_ptr<db::Connection>>(looked.error());
        }
    }
    return base::fail(base::ErrorKind::NotFound, base::cat(file.path, " was taken away"));
}

}  // namespace

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
        if (auto found = fileAt(std::move(file.path))) {  // else gone since it was listed
            databases.push_back(std::move(*found));
        }
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
    return openThatFile(file);
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
