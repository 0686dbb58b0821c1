#pragma once

#include "common/db/metric_schema.h"
#include "store/record_database.h"
#include "store/removed_series.h"
#include "store/rollup_builder.h"
#include "store/rollup_state.h"
#include "store/series_resolver.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace evd::store {

// What the metric store keeps beyond one database of it: settings that change while it runs, what
// retention tells the writer, and figures for `evctl status`. Any thread.
struct MetricState {
    std::atomic<size_t> cache_entries_max = 50'000;  // MetricSeriesCacheSize
    RemovedSeries removed_series;
    RollupState rollups;
    SeriesHashes hashes = SeriesHashes::standard();

    std::atomic<int64_t> series = 0;
    std::atomic<int64_t> cache_entries = 0;
    std::atomic<int64_t> cache_hits = 0;
    std::atomic<int64_t> cache_misses = 0;
    std::atomic<int64_t> cache_evicted = 0;
};

// The metric store, open for writing (Spec §7).
//
// Samples are held until the transaction ends and then inserted in the order of series and time:
// each page of the index by series is touched once, which is what makes many series affordable.
// A sample that comes late takes the rollups with it that it makes wrong (Ruling S9).
// Samples of a type that their series does not have are dropped, malformed ones skipped; both are
// counted. As RecordDatabase otherwise. Holds at most the samples of one transaction.
class MetricDatabase final : public RecordDatabase {
  public:
    static base::Result<std::unique_ptr<RecordDatabase>> open(const std::string& path,
                                                              MetricState& state, int64_t least_id);

  private:
    struct Row {
        int64_t series_id = 0;
        int64_t timestamp_ns = 0;
        double value = 0;
        size_t histogram_at = 0;  // in histogram_bytes_
        size_t histogram_bytes = 0;
    };

    MetricDatabase(std::string path, MetricState& state, std::unique_ptr<db::Connection> connection)
        : RecordDatabase(std::move(path), std::move(connection)),
          state_(state),
          resolver_(RecordDatabase::connection(), state.cache_entries_max, state.hashes) {}

    base::Result<void> prepare(int64_t least_id);
    base::Result<void> insertRows(const RecordBatch& batch) override;
    base::Result<void> flushRows() override;
    void rowsCommitted() override;
    void rowsRolledBack() override;

    base::Result<void> insertSample(const SampleBatch& batch, const SampleRow& sample);
    base::Result<void> forgetRollups();
    void hold(int64_t series_id, const SampleRow& sample, const SampleBatch& batch);
    base::Result<void> takeSettings();
    void bindRow(db::Statement& statement, size_t slot, const Row& row);
    void publishFigures();

    MetricState& state_;
    SeriesResolver resolver_;
    std::unique_ptr<db::Statement> insert_many_;
    std::unique_ptr<db::Statement> insert_one_;
    // By the batch's series; of counters and gauges, that were resolved in this batch.
    std::vector<std::optional<SeriesResolver::Resolution>> resolved_;
    std::vector<Row> rows_;
    std::vector<uint8_t> histogram_bytes_;
    std::vector<uint8_t> histogram_;
    std::unique_ptr<RollupInvalidator> invalidator_;              // once it was needed
    int64_t late_from_ns_ = std::numeric_limits<int64_t>::max();  // of the samples held, the least
};

class MetricFormat final : public RecordFormat {
  public:
    explicit MetricFormat(MetricState& state) : state_(state) {}
    std::string_view name() const override { return "metric"; }
    std::string_view measures() const override { return "metrics"; }
    wire::CommitNotice::Store notices() const override {
        return wire::CommitNotice::Store::Metrics;
    }
    NewDatabase newDatabase() const override;
    base::Result<std::unique_ptr<RecordDatabase>> open(const std::string& path,
                                                       int64_t least_id) override {
        return MetricDatabase::open(path, state_, least_id);
    }
    void addMeasures(std::vector<wire::Measure>& measures) const override;

  private:
    MetricState& state_;
};

}  // namespace evd::store
