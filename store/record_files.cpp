#include "store/record_files.h"

#include "common/db/log_index.h"
#include "common/db/store_files.h"

namespace evd::store {

base::Result<OpenedRecords> openRecords(const std::string& path, RecordFormat& format,
                                        const base::Clock& clock, int64_t least_id,
                                        int attempts_max) {
    EVD_TRY(makeStoreDirectory(db::folderOf(path)));
    OpenedRecords opened;
    const auto open = [&]() -> base::Result<void> {
        auto database = format.open(path, least_id);
        if (!database) {
            return database.error();
        }
        opened.database = std::move(database).value();
        return {};
    };
    auto trouble = openOrReplace(path, format.newDatabase(), clock, open, attempts_max);
    if (!trouble) {
        return trouble.error();
    }
    opened.trouble = std::move(trouble.value().text);
    opened.aside = std::move(trouble.value().aside);
    return opened;
}

LastStored lastStoredBatch(const std::string& path, const RecordDatabase& database) {
    if (database.lastBatch()) {
        return {database.lastBatch(), {}};
    }
    const auto files = db::discoverSingleStore(path);
    if (!files) {
        return {};
    }
    // In name order, and so by time. What is damaged tells nothing.
    for (auto file = files.value().rbegin(); file != files.value().rend(); ++file) {
        if (!db::isQuarantined(file->name)) {
            continue;
        }
        const auto connection = db::openSettled(file->path);
        const auto last = connection ? readLastBatch(*connection.value()) : connection.error();
        if (!last && mayPass(last.error().kind)) {
            return {{}, file->path};
        }
        if (last && last.value()) {
            return {last.value(), {}};
        }
    }
    return {};
}

}  // namespace evd::store
