#include "store/database_files.h"

#include "common/base/fd.h"
#include "common/base/text.h"
#include "common/db/schema.h"
#include "common/db/store_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace evd::store {

namespace {

constexpr std::string_view kUnfinishedSuffix = ".new";
constexpr mode_t kDatabaseMode = 0640;
constexpr std::array<const char*, 2> kCompanions = {"-wal", "-shm"};
// Of a database that has never been in WAL mode, and so is empty: nothing is lost with it.
constexpr const char* kJournalSuffix = "-journal";

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

}  // namespace

base::Result<void> makeStoreDirectory(const std::string& directory) {
    std::error_code failure;
    std::filesystem::create_directories(directory, failure);
    if (failure) {
        return base::failErrno(base::cat("make the store directory ", directory), failure.value());
    }
    return {};
}

bool mayPass(base::ErrorKind kind) {
    return kind == base::ErrorKind::Io || kind == base::ErrorKind::Busy;
}

int64_t fileBytes(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_size : 0;
}

base::Result<void> createDatabase(const std::string& path, int64_t wall_ns,
                                  CreateSchema create_schema, uint32_t page_bytes) {
    const std::string unfinished = base::cat(path, kUnfinishedSuffix);
    EVD_TRY(removeIfThere(unfinished));
    EVD_TRY(removeIfThere(unfinished + kJournalSuffix));
    {
        // Made here for its mode, which SQLite gives to the log too: what is in a store is for
        // queryd to show, not for everybody who can reach the folder.
        const base::Fd file(
            ::open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kDatabaseMode));
        if (!file.valid()) {
            return base::failErrno(base::cat("make ", unfinished), errno);
        }
    }
    {
        auto created = db::Connection::createForWriting(unfinished, page_bytes);
        if (!created) {
            return created.error();
        }
        EVD_TRY(create_schema(*created.value(), wall_ns));
    }
    // A log that is left from a database somebody took away would be played into the new one, and
    // so would a journal.
    for (const char* suffix : kCompanions) {
        EVD_TRY(removeIfThere(path + suffix));
    }
    EVD_TRY(removeIfThere(path + kJournalSuffix));
    EVD_TRY(renameFile(unfinished, path));
    return syncDirectory(db::folderOf(path));
}

base::Result<void> removeDatabase(const std::string& path) {
    // The log first: alone it is nothing, and without it the rest is a database of an earlier time.
    for (const char* suffix : kCompanions) {
        EVD_TRY(removeIfThere(path + suffix));
    }
    EVD_TRY(removeIfThere(path + kJournalSuffix));
    return removeIfThere(path);
}

base::Result<void> moveDatabase(const std::string& from, const std::string& to) {
    // The log can hold transactions that the database does not have yet. It gets its second name
    // first, so that a death at any moment leaves database and log together under one of them.
    base::Result<void> moved;
    for (const char* suffix : kCompanions) {
        if (moved && db::fileExists(from + suffix)) {
            moved = linkFile(from + suffix, to + suffix);
        }
    }
    if (moved) {
        moved = renameFile(from, to);
    }
    if (!moved) {
        for (const char* suffix : kCompanions) {
            (void)removeIfThere(to + suffix);
        }
        return moved;
    }
    // What cannot be removed here is removed before a new database takes the name (createDatabase).
    for (const char* suffix : kCompanions) {
        (void)removeIfThere(from + suffix);
    }
    return {};
}

base::Result<std::string> quarantine(const std::string& path, int64_t wall_ns) {
    std::string aside = base::cat(db::quarantinePrefix(path), wall_ns, ".db");
    EVD_TRY(moveDatabase(path, aside));
    return aside;
}

std::string quarantineAndReplace(
    const std::string& path, int64_t wall_ns,
    const std::function<base::Result<void>(const std::string& aside)>& make_new) {
    const auto aside = quarantine(path, wall_ns);
    const auto ready = aside ? make_new(aside.value()) : base::Result<void>(aside.error());
    std::string trouble =
        aside ? base::cat(path, " is corrupt, kept as ", aside.value())
              : base::cat(path, " is corrupt and cannot be put aside: ", aside.error().text);
    if (!ready) {
        trouble += base::cat("; no new one yet: ", ready.error().text);
    }
    return trouble;
}

namespace {

base::Result<OpenTrouble> openOnce(const std::string& path, const NewDatabase& fresh,
                                   const base::Clock& clock,
                                   const std::function<base::Result<void>()>& open,
                                   bool is_last_attempt) {
    if (!db::fileExists(path)) {
        EVD_TRY(createDatabase(path, clock.wallNs(), fresh.create_schema, fresh.page_bytes));
    }
    auto opened = open();
    if (!opened && opened.error().kind == base::ErrorKind::Unsupported) {
        return OpenTrouble{base::cat(path, ": ", opened.error().text, ", left for reading only"),
                           {}};
    }
    OpenTrouble trouble;
    if (!opened && (opened.error().kind == base::ErrorKind::Corrupt ||
                    (is_last_attempt && db::isFailedRead(opened.error())))) {
        const auto aside = quarantine(path, clock.wallNs());
        if (!aside) {
            return aside.error();
        }
        trouble = {base::cat(path, ": ", opened.error().text, ", kept as ", aside.value(),
                             " and replaced by a new one"),
                   aside.value()};
        EVD_TRY(createDatabase(path, clock.wallNs(), fresh.create_schema, fresh.page_bytes));
        opened = open();
    }
    if (!opened) {
        return base::fail(opened.error().kind, base::cat(path, ": ", opened.error().text));
    }
    return trouble;
}

}  // namespace

base::Result<OpenTrouble> openOrReplace(const std::string& path, const NewDatabase& fresh,
                                        const base::Clock& clock,
                                        const std::function<base::Result<void>()>& open,
                                        int attempts_max) {
    for (int attempt = 1;; ++attempt) {
        const bool is_last = attempt == attempts_max;
        auto trouble = openOnce(path, fresh, clock, open, is_last && attempts_max > 1);
        if (trouble || is_last || !mayPass(trouble.error().kind)) {
            return trouble;
        }
    }
}

}  // namespace evd::store
