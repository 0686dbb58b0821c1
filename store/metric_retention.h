#pragma once

#include "store/removed_series.h"
#include "store/retention_database.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

namespace evd::store {

// The oldest samples of a metric store (Spec §7.3).
//
// There is no index by time alone, and there shall be none: it would cost every sample. So a survey
// asks each series for its oldest sample - one look into the index by series - and keeps them in a
// heap; batches take from the series whose turn it is, and from none more than kOrderSlackNs ahead
// of the others. Rollups of windows that lose samples go with them, and so does a series without
// any samples left; the writer is told of that within the same turn (RemovedSeries). What comes
// behind the survey's back is found by the next. Holds 16 bytes per series while a sweep lasts. As
// RetentionDatabase otherwise.
class MetricRetentionDatabase final : public RetentionDatabase {
  public:
    static constexpr int64_t kOrderSlackNs = 60'000'000'000;
    // How far one batch may run ahead of another database's samples.
    static constexpr int64_t kReachNs = 3600 * int64_t{1'000'000'000};

    static base::Result<DatabaseAge> look(const std::string& path, const StopCheck& should_stop);
    // removed_series: none for a database that nobody writes.
    static base::Result<std::unique_ptr<RetentionDatabase>> open(const std::string& path,
                                                                 RemovedSeries* removed_series);

    base::Result<void> survey() override;
    base::Result<DatabaseAge> age(uint64_t batch_rows) override;

  private:
    using Oldest = std::pair<int64_t, int64_t>;  // timestamp, series

    MetricRetentionDatabase(std::unique_ptr<db::Connection> connection,
                            RemovedSeries* removed_series)
        : RetentionDatabase(std::move(connection)), removed_series_(removed_series) {}

    base::Result<void> prepareStatements();
    base::Result<uint64_t> removeWithin(int64_t through_ns, uint64_t rows_max) override;
    void removed(bool is_committed) override;
    base::Result<uint64_t> removeOfSeries(int64_t series, int64_t through_ns, uint64_t rows_max);
    base::Result<std::optional<int64_t>> oldestOf(int64_t series);
    base::Result<void> removeRollups(int64_t series, int64_t before_ns);
    base::Result<void> removeSeries(int64_t series);

    RemovedSeries* const removed_series_;
    bool is_surveyed_ = false;
    std::priority_queue<Oldest, std::vector<Oldest>, std::greater<>> oldest_;
    std::vector<int64_t> removed_in_transaction_;
    std::unique_ptr<db::Statement> remove_samples_;
    std::unique_ptr<db::Statement> oldest_of_series_;
    std::unique_ptr<db::Statement> any_rollups_;
    std::unique_ptr<db::Statement> next_window_;
    std::unique_ptr<db::Statement> remove_rollups_;
    std::unique_ptr<db::Statement> remove_series_;
};

// The metric store. No gate: it is only read.
class MetricRetention final : public RetentionKind {
  public:
    MetricRetention(std::string path, ShardGate* gate, RemovedSeries& removed_series)
        : path_(std::move(path)), gate_(gate), removed_series_(removed_series) {}

    std::string_view rows() const override { return "samples"; }
    base::Result<std::vector<RetentionTarget>> databases() const override;
    base::Result<DatabaseAge> look(const std::string& path, uint64_t,
                                   const StopCheck& should_stop) const override {
        return MetricRetentionDatabase::look(path, should_stop);
    }
    base::Result<std::unique_ptr<RetentionDatabase>> open(
        const RetentionTarget& target) const override {
        return MetricRetentionDatabase::open(target.path,
                                             target.gate == nullptr ? nullptr : &removed_series_);
    }

  private:
    const std::string path_;
    ShardGate* const gate_;
    RemovedSeries& removed_series_;
};

}  // namespace evd::store
