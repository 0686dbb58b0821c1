#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace evd::store {

// How many events a shard holds, for `evctl status`.
//
// SQLite keeps no count, and counting a large table takes seconds, so it is done once for each
// database that is opened, when the writer has nothing else to do, and kept up from then on by what
// is added and removed. Until then nobody knows. Counting and removing happen within turns of the
// shard's gate, so neither misses the other. rows() is for any thread, removed() for retention's,
// the rest for the writer's.
class RowCount {
  public:
    std::optional<int64_t> rows() const {
        const int64_t rows = rows_.load();
        return rows < 0 ? std::nullopt : std::optional(rows);
    }

    bool isWanted() const { return rows_.load() < 0; }
    // Another database took the place.
    void forget() { rows_.store(kUnknown); }
    // Given up when should_stop says so, for a later time.
    void count(db::Connection& connection, const std::function<bool()>& should_stop);
    void added(uint64_t rows) { change(static_cast<int64_t>(rows)); }
    void removed(uint64_t rows) { change(-static_cast<int64_t>(rows)); }

  private:
    static constexpr int64_t kUnknown = -1;

    void change(int64_t by) {
        if (rows_.load() >= 0) {
            rows_ += by;
        }
    }

    std::atomic<int64_t> rows_{kUnknown};
};

}  // namespace evd::store
