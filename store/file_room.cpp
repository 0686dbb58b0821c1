#include "store/file_room.h"

#include "common/db/statements.h"

namespace evd::store {

base::Result<std::unique_ptr<FileRoom>> FileRoom::prepare(db::Connection& connection) {
    connection.setFileGrowth(kFileGrowthBytes);
    auto page_count = connection.prepare("PRAGMA page_count");
    if (!page_count) {
        return page_count.error();
    }
    return std::unique_ptr<FileRoom>(new FileRoom(connection, std::move(page_count).value()));
}

base::Result<void> FileRoom::reserve() {
    const auto answer = db::oneInteger(*page_count_);
    if (!answer) {
        return answer.error();
    }
    return connection_.reserveFileBytes(answer.value().value_or(0) * page_bytes_);
}

}  // namespace evd::store
