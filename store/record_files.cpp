#include "store/record_files.h"

#include "common/base/text.h"
#include "common/db/store_files.h"

namespace evd::store {

namespace {

constexpr int kOpenAttemptsMax = 3;

base::Result<OpenedRecords> openOnce(const std::string& path, RecordFormat& format,
                                     const base::Clock& clock, int64_t least_id) {
    OpenedRecords opened;
    if (!fileExists(path)) {
        EVD_TRY(createDatabase(path, clock.wallNs(), format.createSchema(), format.pageBytes()));
    }
    auto database = format.open(path, least_id);
    if (!database && database.error().kind == base::ErrorKind::Unsupported) {
        opened.trouble = base::cat(path, ": ", database.error().text, ", left for reading only");
        return opened;
    }
    if (!database && database.error().kind == base::ErrorKind::Corrupt) {
        const auto aside = quarantine(path, clock.wallNs());
        if (!aside) {
            return aside.error();
        }
        opened.trouble = base::cat(path, ": ", database.error().text, ", kept as ", aside.value(),
                                   " and replaced by a new one");
        EVD_TRY(createDatabase(path, clock.wallNs(), format.createSchema(), format.pageBytes()));
        database = format.open(path, least_id);
    }
    if (!database) {
        return base::fail(database.error().kind, base::cat(path, ": ", database.error().text));
    }
    opened.database = std::move(database).value();
    return opened;
}

}  // namespace

// What may be a passing trouble is looked at more than once.
base::Result<OpenedRecords> openRecords(const std::string& path, RecordFormat& format,
                                        const base::Clock& clock, int64_t least_id) {
    EVD_TRY(makeStoreDirectory(db::folderOf(path)));
    for (int attempt = 1;; ++attempt) {
        auto opened = openOnce(path, format, clock, least_id);
        const bool may_pass = !opened && (opened.error().kind == base::ErrorKind::Io ||
                                          opened.error().kind == base::ErrorKind::Busy);
        if (!may_pass || attempt == kOpenAttemptsMax) {
            return opened;
        }
    }
}

}  // namespace evd::store
