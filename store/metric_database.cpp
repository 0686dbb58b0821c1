#include "store/metric_database.h"

#include "common/db/metric_schema.h"
#include "common/wire/histogram.h"
#include "store/insert_sql.h"
#include "store/record_check.h"

#include <algorithm>
#include <tuple>

namespace evd::store {

namespace {

// Row ids are given out here, so that they ascend in the order of commits whatever retention
// deletes.
constexpr int kColumnsPerRow = 5;
const InsertShape kSampleInsert = {"samples", "rowid, series_id, timestamp, value, histogram_data",
                                   kColumnsPerRow, std::nullopt};

}  // namespace

base::Result<std::unique_ptr<RecordDatabase>> MetricDatabase::open(const std::string& path,
                                                                   MetricState& state,
                                                                   int64_t least_id) {
    auto connection = openFile(path, db::verifyMetricSchema, db::completeMetricSchema);
    if (!connection) {
        return connection.error();
    }
    std::unique_ptr<MetricDatabase> database(
        new MetricDatabase(path, state, std::move(connection).value()));
    EVD_TRY(database->prepare(least_id));
    return std::unique_ptr<RecordDatabase>(std::move(database));
}

base::Result<void> MetricDatabase::prepare(int64_t least_id) {
    const std::string many = insertSql(kSampleInsert, kRowsPerInsert);
    const std::string one = insertSql(kSampleInsert, 1);
    EVD_TRY(prepareAll({{insert_many_, many}, {insert_one_, one}}));
    EVD_TRY(resolver_.prepare());
    EVD_TRY(prepareCommon("SELECT max(rowid) FROM samples", least_id));
    // What an earlier database lost is none of this one's.
    (void)state_.removed_series.take();
    publishFigures();
    return {};
}

base::Result<void> MetricDatabase::insertRows(const RecordBatch& batch) {
    EVD_TRY(takeSettings());
    resolved_.assign(batch.samples.series.size(), std::nullopt);
    for (const SampleRow& sample : batch.samples.samples) {
        EVD_TRY(insertSample(batch.samples, sample));
    }
    return {};
}

base::Result<void> MetricDatabase::takeSettings() {
    resolver_.cache().setEntriesMax(state_.cache_entries_max);
    const RemovedSeries::Taken removed = state_.removed_series.take();
    resolver_.forget(removed.ids);
    return removed.are_gone ? base::Result<void>() : resolver_.countSeries();
}

base::Result<void> MetricDatabase::insertSample(const SampleBatch& batch, const SampleRow& sample) {
    // Before anything is made for it: no series without a sample.
    if (sample.series >= batch.series.size() ||
        !isSoundSample(batch.series[sample.series].type, sample, batch.histograms)) {
        ++figures_.skipped_records;
        return {};
    }
    const SampleSeries& series = batch.series[sample.series];
    auto& known = resolved_[sample.series];
    if (!known || sample.histogram) {
        const std::span<const double> bounds =
            sample.histogram
                ? std::span<const double>(batch.histograms[*sample.histogram].boundaries)
                : std::span<const double>();
        const auto resolution = resolver_.resolve(series, bounds);
        if (!resolution) {
            return resolution.error();
        }
        known = resolution.value();
    }
    switch (known->verdict) {
        case SeriesResolver::Verdict::Found:
            hold(known->id, sample, batch);
            break;
        case SeriesResolver::Verdict::WrongType:
            ++figures_.dropped_records;
            break;
        case SeriesResolver::Verdict::Malformed:
            ++figures_.skipped_records;
            break;
    }
    return {};
}

void MetricDatabase::hold(int64_t series_id, const SampleRow& sample, const SampleBatch& batch) {
    Row row{series_id, sample.timestamp_ns, sample.value, 0, 0};
    if (sample.histogram) {
        wire::writeHistogram(batch.histograms[*sample.histogram], histogram_);
        row.value = 0;
        row.histogram_at = histogram_bytes_.size();
        row.histogram_bytes = histogram_.size();
        histogram_bytes_.insert(histogram_bytes_.end(), histogram_.begin(), histogram_.end());
    }
    late_from_ns_ = std::min(late_from_ns_, row.timestamp_ns);
    rows_.push_back(row);
}

base::Result<void> MetricDatabase::flushRows() {
    std::stable_sort(rows_.begin(), rows_.end(), [](const Row& left, const Row& right) {
        return std::tie(left.series_id, left.timestamp_ns) <
               std::tie(right.series_id, right.timestamp_ns);
    });
    size_t done = 0;
    for (; rows_.size() - done >= kRowsPerInsert; done += kRowsPerInsert) {
        for (size_t slot = 0; slot < kRowsPerInsert; ++slot) {
            bindRow(*insert_many_, slot, rows_[done + slot]);
        }
        EVD_TRY(runOnce(*insert_many_));
    }
    for (; done < rows_.size(); ++done) {
        bindRow(*insert_one_, 0, rows_[done]);
        EVD_TRY(runOnce(*insert_one_));
    }
    return late_from_ns_ < state_.rollups.builtUntilNs() ? forgetRollups() : base::Result<void>();
}

// After the rows are in: a rate depends on the next sample too. Which kinds there are is asked for
// each time, since the builder adds to them, and late samples are few.
base::Result<void> MetricDatabase::forgetRollups() {
    if (invalidator_ == nullptr) {
        auto made = RollupInvalidator::make(connection());
        if (!made) {
            return made.error();
        }
        invalidator_ = std::move(made).value();
    }
    EVD_TRY(invalidator_->lookAgainFrom(late_from_ns_));
    const auto kinds = storedRollupKinds(connection());
    if (!kinds || kinds.value().empty()) {
        return kinds ? base::Result<void>() : kinds.error();
    }
    const int64_t built_until_ns = state_.rollups.builtUntilNs();
    for (const Row& row : rows_) {
        if (row.timestamp_ns < built_until_ns) {
            EVD_TRY(invalidator_->sampleCame(kinds.value(), row.series_id, row.timestamp_ns));
        }
    }
    return {};
}

void MetricDatabase::bindRow(db::Statement& statement, size_t slot, const Row& row) {
    const int64_t id = nextId();
    figures_.addRow(id, row.timestamp_ns);
    int column = 1 + static_cast<int>(slot) * kColumnsPerRow;
    statement.bindInteger(column++, id);
    statement.bindInteger(column++, row.series_id);
    statement.bindInteger(column++, row.timestamp_ns);
    statement.bindFloat(column++, row.value);
    if (row.histogram_bytes > 0) {
        statement.bindBlob(column, std::span<const uint8_t>(histogram_bytes_)
                                       .subspan(row.histogram_at, row.histogram_bytes));
    } else {
        statement.bindNull(column);
    }
}

void MetricDatabase::rowsCommitted() {
    resolver_.transactionCommitted();
    if (late_from_ns_ < state_.rollups.builtUntilNs()) {
        state_.rollups.sampleCameLate(late_from_ns_);
    }
    late_from_ns_ = std::numeric_limits<int64_t>::max();
    rows_.clear();
    histogram_bytes_.clear();
    publishFigures();
}

void MetricDatabase::rowsRolledBack() {
    resolver_.transactionRolledBack();
    late_from_ns_ = std::numeric_limits<int64_t>::max();
    rows_.clear();
    histogram_bytes_.clear();
    publishFigures();
}

void MetricDatabase::publishFigures() {
    state_.series = resolver_.figures().series;
    state_.cache_entries = static_cast<int64_t>(resolver_.cache().size());
    state_.cache_evicted = static_cast<int64_t>(resolver_.cache().evicted());
    state_.cache_hits = static_cast<int64_t>(resolver_.figures().hits);
    state_.cache_misses = static_cast<int64_t>(resolver_.figures().misses);
}

NewDatabase MetricFormat::newDatabase() const {
    return {db::createMetricSchema, db::kMetricPageBytes};
}

void MetricFormat::addMeasures(std::vector<wire::Measure>& measures) const {
    measures.push_back({"metrics.series", state_.series});
    measures.push_back({"metrics.cache_entries", state_.cache_entries});
    measures.push_back({"metrics.cache_hits", state_.cache_hits});
    measures.push_back({"metrics.cache_misses", state_.cache_misses});
    measures.push_back({"metrics.cache_evicted", state_.cache_evicted});
}

}  // namespace evd::store
