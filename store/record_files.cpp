#include "store/record_files.h"

#include "common/db/store_files.h"

namespace evd::store {

base::Result<OpenedRecords> openRecords(const std::string& path, RecordFormat& format,
                                        const base::Clock& clock, int64_t least_id) {
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
    auto trouble = openOrReplace(path, format.newDatabase(), clock, open, kOpenAttemptsMax);
    if (!trouble) {
        return trouble.error();
    }
    opened.trouble = std::move(trouble).value();
    return opened;
}

}  // namespace evd::store
