#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/exec/metric_functions.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

namespace evd::queryd {

// One row of the samples table. The histogram points into the row.
struct SampleRow {
    int64_t timestamp_ns = 0;
    int64_t rowid = 0;
    double value = 0;
    std::span<const uint8_t> histogram;
};

// Where a scan of a series goes on.
struct SamplePosition {
    int64_t timestamp_ns = std::numeric_limits<int64_t>::min();  // from here on,
    int64_t rowid = std::numeric_limits<int64_t>::min();         // after this row of that time
};

// Reads the samples of series in one database through the index that the specification asks for
// (Spec §7.1), with statements that are made once and used for one series after the other.
//
// Lives inside one read transaction, on its connection's thread. Errors are the database's.
class SampleStatements {
  public:
    explicit SampleStatements(db::Connection& connection) : connection_(connection) {}

    // Begins a scan of [position, until_ns), oldest first; then next() until it has no more.
    base::Result<void> scan(int64_t series, const SamplePosition& position, int64_t until_ns);
    // Begins a scan of [since_ns, before_ns), newest first.
    base::Result<void> scanBack(int64_t series, int64_t before_ns, int64_t since_ns);
    base::Result<bool> next(SampleRow& row);

    // The time of the last sample of the series in [since_ns, before_ns).
    base::Result<std::optional<int64_t>> lastTime(int64_t series, int64_t before_ns,
                                                  int64_t since_ns);
    base::Result<std::optional<int64_t>> firstTime(int64_t series, int64_t since_ns,
                                                   int64_t before_ns);

    db::Connection& connection() { return connection_; }

  private:
    base::Result<void> start(std::unique_ptr<db::Statement>& statement, std::string_view sql);
    base::Result<std::optional<int64_t>> oneTime(std::string_view sql,
                                                 std::unique_ptr<db::Statement>& statement,
                                                 int64_t series, int64_t since_ns,
                                                 int64_t before_ns);

    db::Connection& connection_;
    std::unique_ptr<db::Statement> forward_;
    std::unique_ptr<db::Statement> backward_;
    std::unique_ptr<db::Statement> last_time_;
    std::unique_ptr<db::Statement> first_time_;
    db::Statement* current_ = nullptr;
};

}  // namespace evd::queryd
