#pragma once

#include "common/base/clock.h"
#include "common/db/store_files.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace evd::store {

// How many databases of a store were put aside (Ruling S6), for `evctl status`.
//
// Figures are asked for every second and folders may hold thousands of files, so the folder is
// looked at every kLookNs only. One thread.
class QuarantineCount {
  public:
    static constexpr int64_t kLookNs = 30 * base::kNsPerSecond;
    using List = std::function<base::Result<std::vector<db::StoreFile>>()>;

    explicit QuarantineCount(List list) : list_(std::move(list)) {}

    // The last count when the folder cannot be read now.
    int64_t count(int64_t now_ns) {
        if (!looked_ns_ || now_ns - *looked_ns_ >= kLookNs) {
            looked_ns_ = now_ns;
            look();
        }
        return count_;
    }

  private:
    void look() {
        const auto files = list_();
        if (!files) {
            return;
        }
        count_ = 0;
        for (const db::StoreFile& file : files.value()) {
            count_ += db::isQuarantined(file.name) ? 1 : 0;
        }
    }

    const List list_;
    std::optional<int64_t> looked_ns_;
    int64_t count_ = 0;
};

}  // namespace evd::store
