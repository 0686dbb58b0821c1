#include "store/row_count.h"

namespace evd::store {

void RowCount::count(db::Connection& connection, const std::function<bool()>& should_stop) {
    connection.setProgressCheck(should_stop);
    {
        // Without the condition SQLite counts whole pages in one step that nothing can interrupt.
        auto query = connection.prepare(
            "SELECT count(*) FROM events INDEXED BY idx_events_timestamp "
            "WHERE timestamp >= -9223372036854775808");
        if (query) {
            // What keeps it from being counted shows at the next commit, and is told then.
            const auto row = query.value()->step();
            if (row && row.value()) {
                rows_.store(query.value()->columnInteger(0));
            }
        }
    }
    connection.setProgressCheck({});
}

}  // namespace evd::store
