#include "tests/support/metric_store.h"

#include "common/wire/histogram.h"
#include "common/wire/metric_labels.h"

#include <vector>

namespace evd::test {

TestMetricStore::TestMetricStore(const std::string& path, uint32_t page_bytes)
    : database_(path, db::createMetricSchema, page_bytes) {
    insert_series_ = database_.prepare("INSERT INTO series VALUES (?,?,?,?,?,?)");
    insert_sample_ = database_.prepare("INSERT INTO samples VALUES (?,?,?,?)");
    insert_rollup_ = database_.prepare("INSERT INTO rollups VALUES (NULL,?,?,?,?,?,?)");
}

int64_t TestMetricStore::addSeries(std::string_view name, std::string_view labels,
                                   wire::MetricType type, std::span<const double> boundaries) {
    insert_series_->bindInteger(1, ++last_series_);
    insert_series_->bindText(2, name);
    insert_series_->bindText(3, labels);
    insert_series_->bindInteger(4, static_cast<int64_t>(type));
    insert_series_->bindInteger(5, wire::fnv1a(labels));
    if (type == wire::MetricType::Histogram) {
        insert_series_->bindInteger(6, wire::boundariesHash(boundaries));
    } else {
        insert_series_->bindNull(6);
    }
    TestDatabase::insert(*insert_series_);
    return last_series_;
}

void TestMetricStore::addSample(int64_t series, int64_t timestamp_ns, double value) {
    insert_sample_->bindInteger(1, series);
    insert_sample_->bindInteger(2, timestamp_ns);
    insert_sample_->bindFloat(3, value);
    insert_sample_->bindNull(4);
    TestDatabase::insert(*insert_sample_);
}

void TestMetricStore::addHistogram(int64_t series, int64_t timestamp_ns,
                                   const wire::Histogram& histogram) {
    std::vector<uint8_t> bytes;
    wire::writeHistogram(histogram, bytes);
    insert_sample_->bindInteger(1, series);
    insert_sample_->bindInteger(2, timestamp_ns);
    insert_sample_->bindFloat(3, 0);
    insert_sample_->bindBlob(4, bytes);
    TestDatabase::insert(*insert_sample_);
}

void TestMetricStore::addRollup(int64_t series, db::RollupFunction function, int64_t window_seconds,
                                int64_t window_start_ns, double value, int64_t sample_count) {
    insert_rollup_->bindInteger(1, series);
    insert_rollup_->bindInteger(2, static_cast<int64_t>(function));
    insert_rollup_->bindInteger(3, window_seconds);
    insert_rollup_->bindInteger(4, window_start_ns);
    insert_rollup_->bindFloat(5, value);
    insert_rollup_->bindInteger(6, sample_count);
    TestDatabase::insert(*insert_rollup_);
}

}  // namespace evd::test
