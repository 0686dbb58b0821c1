#include "store/metric_retention.h"

#include "common/db/metric_schema.h"
#include "store/row_retention.h"

#include <algorithm>
#include <limits>

namespace evd::store {

namespace {

constexpr int64_t kLongAgo = std::numeric_limits<int64_t>::min();

int64_t addSaturating(int64_t time_ns, int64_t more_ns) {
    constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
    return time_ns > kMax - more_ns ? kMax : time_ns + more_ns;
}

DatabaseAge ageFrom(int64_t live_bytes, std::optional<int64_t> oldest_ns) {
    return {live_bytes, oldest_ns,
            addSaturating(oldest_ns.value_or(0), MetricRetentionDatabase::kReachNs)};
}

// The oldest sample that is left has lost the pair that it ended: a rate or delta of the window
// that begins with it goes too.
int64_t endOfLoss(int function, int64_t oldest_ns) {
    const bool is_pairwise = function == static_cast<int>(db::RollupFunction::Rate) ||
                             function == static_cast<int>(db::RollupFunction::Delta);
    return is_pairwise ? addSaturating(oldest_ns, 1) : oldest_ns;
}

}  // namespace

base::Result<DatabaseAge> MetricRetentionDatabase::look(const std::string& path,
                                                        const StopCheck& should_stop) {
    auto opened = db::Connection::openForReading(path);
    if (!opened) {
        return opened.error();
    }
    opened.value()->setProgressCheck(should_stop);
    EVD_TRY(db::verifyMetricSchema(*opened.value()));
    const auto bytes = liveBytes(*opened.value());
    const auto oldest = askInteger(
        *opened.value(),
        "SELECT min(oldest) FROM (SELECT (SELECT min(timestamp) FROM samples INDEXED BY "
        "idx_samples_series_timestamp WHERE series_id = series.id) AS oldest FROM series)");
    if (!bytes || !oldest) {
        return bytes ? oldest.error() : bytes.error();
    }
    return ageFrom(bytes.value(), oldest.value());
}

base::Result<std::unique_ptr<RetentionDatabase>> MetricRetentionDatabase::open(
    const std::string& path, RemovedSeries* removed_series) {
    auto connection = openFile(path, db::verifyMetricSchema, db::completeMetricSchema);
    if (!connection) {
        return connection.error();
    }
    std::unique_ptr<MetricRetentionDatabase> database(
        new MetricRetentionDatabase(std::move(connection).value(), removed_series));
    EVD_TRY(database->prepareStatements());
    return std::unique_ptr<RetentionDatabase>(std::move(database));
}

base::Result<void> MetricRetentionDatabase::prepareStatements() {
    EVD_TRY(prepareIds("SELECT max(rowid) FROM samples"));
    return prepareAll(
        {{remove_samples_,
          "DELETE FROM samples WHERE rowid IN (SELECT rowid FROM samples INDEXED BY "
          "idx_samples_series_timestamp WHERE series_id = ?1 AND timestamp <= ?2 ORDER BY "
          "timestamp LIMIT ?3)"},
         {oldest_of_series_,
          "SELECT min(timestamp) FROM samples INDEXED BY idx_samples_series_timestamp WHERE "
          "series_id = ?1"},
         {any_rollups_, "SELECT 1 FROM rollups LIMIT 1"},
         {next_window_,
          "SELECT min(window_seconds) FROM rollups WHERE series_id = ?1 AND function = ?2 AND "
          "window_seconds > ?3"},
         {remove_rollups_,
          "DELETE FROM rollups WHERE series_id = ?1 AND function = ?2 AND window_seconds = ?3 AND "
          "window_start < ?4"},
         {remove_series_, "DELETE FROM series WHERE id = ?1"}});
}

base::Result<void> MetricRetentionDatabase::survey() {
    oldest_ = {};
    auto query = connection().prepare(
        "SELECT id, (SELECT min(timestamp) FROM samples INDEXED BY idx_samples_series_timestamp "
        "WHERE series_id = series.id) FROM series");
    if (!query) {
        return query.error();
    }
    db::Statement& row = *query.value();
    for (;;) {
        const auto stepped = row.step();
        if (!stepped) {
            return stepped.error();
        }
        if (!stepped.value()) {
            is_surveyed_ = true;
            return {};
        }
        // One that has no samples is there already to be taken away.
        const bool has_samples = row.columnKind(1) == db::ColumnKind::Integer;
        oldest_.emplace(has_samples ? row.columnInteger(1) : kLongAgo, row.columnInteger(0));
    }
}

base::Result<DatabaseAge> MetricRetentionDatabase::age(uint64_t) {
    if (!is_surveyed_) {
        EVD_TRY(survey());
    }
    const auto bytes = liveBytes(connection());
    if (!bytes) {
        return bytes.error();
    }
    return ageFrom(bytes.value(),
                   oldest_.empty() ? std::nullopt : std::optional(oldest_.top().first));
}

base::Result<uint64_t> MetricRetentionDatabase::removeWithin(int64_t through_ns,
                                                             uint64_t rows_max) {
    uint64_t count = 0;
    uint64_t series_done = 0;
    while (count < rows_max && series_done++ < rows_max && !oldest_.empty() &&
           oldest_.top().first <= through_ns) {
        const int64_t series = oldest_.top().second;
        oldest_.pop();
        const int64_t others_ns = oldest_.empty() ? through_ns : oldest_.top().first;
        const auto done =
            removeOfSeries(series, std::min(through_ns, addSaturating(others_ns, kOrderSlackNs)),
                           rows_max - count);
        if (!done) {
            return done;
        }
        count += done.value();
    }
    return count;
}

base::Result<uint64_t> MetricRetentionDatabase::removeOfSeries(int64_t series, int64_t through_ns,
                                                               uint64_t rows_max) {
    remove_samples_->bindInteger(1, series);
    remove_samples_->bindInteger(2, through_ns);
    remove_samples_->bindInteger(3, static_cast<int64_t>(rows_max));
    const auto done = oneInteger(*remove_samples_);
    if (!done) {
        return done.error();
    }
    const auto count = removedRows();
    const auto oldest = oldestOf(series);
    if (!count || !oldest) {
        return count ? oldest.error() : count;
    }
    // Every window that begins before what is left has lost samples, or had none.
    EVD_TRY(removeRollups(series, oldest.value().value_or(std::numeric_limits<int64_t>::max())));
    if (oldest.value()) {
        oldest_.emplace(*oldest.value(), series);
    } else {
        EVD_TRY(removeSeries(series));
    }
    // A series that had none is something that was removed too.
    return oldest.value() ? count : std::max<uint64_t>(count.value(), 1);
}

base::Result<std::optional<int64_t>> MetricRetentionDatabase::oldestOf(int64_t series) {
    oldest_of_series_->bindInteger(1, series);
    return oneInteger(*oldest_of_series_);
}

// By function and window, so that each look goes down the index and none along it.
base::Result<void> MetricRetentionDatabase::removeRollups(int64_t series, int64_t before_ns) {
    const auto any = oneInteger(*any_rollups_);
    if (!any || !any.value()) {
        return any ? base::Result<void>() : any.error();
    }
    for (int function = 0; function < db::kRollupFunctionCount; ++function) {
        int64_t window_seconds = 0;
        for (;;) {
            next_window_->bindInteger(1, series);
            next_window_->bindInteger(2, function);
            next_window_->bindInteger(3, window_seconds);
            const auto next = oneInteger(*next_window_);
            if (!next) {
                return next.error();
            }
            if (!next.value()) {
                break;
            }
            window_seconds = *next.value();
            remove_rollups_->bindInteger(1, series);
            remove_rollups_->bindInteger(2, function);
            remove_rollups_->bindInteger(3, window_seconds);
            remove_rollups_->bindInteger(4, endOfLoss(function, before_ns));
            const auto done = oneInteger(*remove_rollups_);
            if (!done) {
                return done.error();
            }
        }
    }
    return {};
}

base::Result<void> MetricRetentionDatabase::removeSeries(int64_t series) {
    remove_series_->bindInteger(1, series);
    const auto done = oneInteger(*remove_series_);
    if (!done) {
        return done.error();
    }
    removed_in_transaction_.push_back(series);
    return {};
}

void MetricRetentionDatabase::removed(bool is_committed) {
    // After a failure the heap is not what the database is; and that it failed is not certain, so
    // the writer forgets either way.
    is_surveyed_ = is_surveyed_ && is_committed;
    if (removed_series_ != nullptr && !removed_in_transaction_.empty()) {
        removed_series_->add(removed_in_transaction_, is_committed);
    }
    removed_in_transaction_.clear();
}

base::Result<std::vector<RetentionTarget>> MetricRetention::databases() const {
    return singleStoreTargets(path_, gate_);
}

}  // namespace evd::store
