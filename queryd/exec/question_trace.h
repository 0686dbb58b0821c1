#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/exec/connection_cache.h"
#include "queryd/exec/run_control.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace evd::queryd {

// What the parts of one question have read, for the person who wants it explained (contracts §7).
//
// Hangs on the question's RunControl; a question without one pays a comparison per slice and no
// more. Every reading goes through StoreReaders, so whatever is read is in here, by step and
// database. At most kTracedReadsMax pairs of these are kept; what is beyond is added up under the
// name of the step alone. Any thread; outlives the question's run.
class QuestionTrace {
  public:
    struct Read {
        std::string step;
        std::string database;             // the file's name; "" for those beyond the limit
        std::vector<std::string> access;  // which index or scan, each once
        uint64_t rows_looked_at = 0;      // see db::TracedStatement
        uint64_t rows_matched = 0;
        uint64_t bytes_read = 0;
        int64_t time_ns = 0;  // of all its slices, which may have run side by side
        uint64_t slices = 0;
        bool cut_short = false;  // the answer was complete before all of it was read
        bool left_out = false;   // it could not be read
    };

    // Does the work with the connection and takes down what it reads.
    base::Result<void> watch(const DatabaseFile& file, const RunControl& control,
                             db::Connection& connection,
                             const std::function<base::Result<void>(db::Connection&)>& work);
    void noteCutShort(std::string_view step, const DatabaseFile& file);
    void noteLeftOut(std::string_view step, const DatabaseFile& file);

    // Shows nothing of what it has, once the question has run: for who may not see everything.
    void forget();

    // In the order in which they began.
    std::vector<Read> reads() const;

  private:
    Read& readOf(std::string_view step, const DatabaseFile& file);

    mutable std::mutex mutex_;
    std::vector<Read> reads_;
};

inline constexpr size_t kTracedReadsMax = 4096;

}  // namespace evd::queryd
