#include "queryd/exec/metric_samples.h"

namespace evd::queryd {

namespace {

constexpr std::string_view kForward =
    "SELECT timestamp, value, rowid, histogram_data FROM samples WHERE series_id = ?1 AND "
    "timestamp >= ?2 AND timestamp < ?3 AND NOT (timestamp = ?2 AND rowid <= ?4) "
    "ORDER BY timestamp, rowid";
constexpr std::string_view kBackward =
    "SELECT timestamp, value, rowid, histogram_data FROM samples WHERE series_id = ?1 AND "
    "timestamp >= ?2 AND timestamp < ?3 ORDER BY timestamp DESC, rowid DESC";
constexpr std::string_view kLastTime =
    "SELECT max(timestamp) FROM samples WHERE series_id = ?1 AND timestamp >= ?2 AND "
    "timestamp < ?3";
constexpr std::string_view kFirstTime =
    "SELECT min(timestamp) FROM samples WHERE series_id = ?1 AND timestamp >= ?2 AND "
    "timestamp < ?3";

}  // namespace

base::Result<void> SampleStatements::start(std::unique_ptr<db::Statement>& statement,
                                           std::string_view sql) {
    if (statement != nullptr) {
        statement->reset();
        return {};
    }
    auto prepared = connection_.prepare(sql);
    if (!prepared) {
        return prepared.error();
    }
    statement = std::move(prepared).value();
    return {};
}

base::Result<void> SampleStatements::scan(int64_t series, const SamplePosition& position,
                                          int64_t until_ns) {
    EVD_TRY(start(forward_, kForward));
    forward_->bindInteger(1, series);
    forward_->bindInteger(2, position.timestamp_ns);
    forward_->bindInteger(3, until_ns);
    forward_->bindInteger(4, position.rowid);
    current_ = forward_.get();
    return {};
}

base::Result<void> SampleStatements::scanBack(int64_t series, int64_t before_ns, int64_t since_ns) {
    EVD_TRY(start(backward_, kBackward));
    backward_->bindInteger(1, series);
    backward_->bindInteger(2, since_ns);
    backward_->bindInteger(3, before_ns);
    current_ = backward_.get();
    return {};
}

base::Result<bool> SampleStatements::next(SampleRow& row) {
    auto stepped = current_->step();
    if (!stepped || !stepped.value()) {
        return stepped;
    }
    row.timestamp_ns = current_->columnInteger(0);
    row.value = current_->columnFloat(1);
    row.rowid = current_->columnInteger(2);
    row.histogram = current_->columnBlob(3);
    return true;
}

base::Result<std::optional<int64_t>> SampleStatements::oneTime(
    std::string_view sql, std::unique_ptr<db::Statement>& statement, int64_t series,
    int64_t since_ns, int64_t before_ns) {
    EVD_TRY(start(statement, sql));
    statement->bindInteger(1, series);
    statement->bindInteger(2, since_ns);
    statement->bindInteger(3, before_ns);
    auto row = statement->step();
    if (!row) {
        return row.error();
    }
    const bool is_there = row.value() && statement->columnKind(0) == db::ColumnKind::Integer;
    const auto time = is_there ? std::optional(statement->columnInteger(0)) : std::nullopt;
    statement->reset();
    return time;
}

base::Result<std::optional<int64_t>> SampleStatements::lastTime(int64_t series, int64_t before_ns,
                                                                int64_t since_ns) {
    return oneTime(kLastTime, last_time_, series, since_ns, before_ns);
}

base::Result<std::optional<int64_t>> SampleStatements::firstTime(int64_t series, int64_t since_ns,
                                                                 int64_t before_ns) {
    return oneTime(kFirstTime, first_time_, series, since_ns, before_ns);
}

}  // namespace evd::queryd
