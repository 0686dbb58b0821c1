#include "store/file_room.h"

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
    auto row = page_count_->step();
    const int64_t pages = row && row.value() ? page_count_->columnInteger(0) : 0;
    page_count_->reset();
    if (!row) {
        return row.error();
    }
    if (pages > reserved_pages_) {
        EVD_TRY(connection_.reserveFileBytes(pages * page_bytes_));
    }
    reserved_pages_ = pages;
    return {};
}

}  // namespace evd::store
