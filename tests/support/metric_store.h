#pragma once

#include "common/db/metric_schema.h"
#include "common/db/sqlite.h"
#include "common/wire/metric_sample.h"
#include "tests/support/test_database.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace evd::test {

// A metric store that a test fills: the real schema, written as the store writes it. Lives on one
// thread; whatever fails is a broken invariant, the test has no ground to stand on. Rows are
// committed one by one unless they stand between begin() and commit().
class TestMetricStore {
  public:
    explicit TestMetricStore(const std::string& path, uint32_t page_bytes = 4096);

    // Labels are canonical text; bounds are those of a histogram.
    int64_t addSeries(std::string_view name, std::string_view labels, wire::MetricType type,
                      std::span<const double> boundaries = {});
    void addSample(int64_t series, int64_t timestamp_ns, double value);
    void addHistogram(int64_t series, int64_t timestamp_ns, const wire::Histogram& histogram);
    void addRollup(int64_t series, db::RollupFunction function, int64_t window_seconds,
                   int64_t window_start_ns, double value, int64_t sample_count);
    void begin() { execute("BEGIN IMMEDIATE"); }
    void commit() { execute("COMMIT"); }
    void execute(std::string_view sql) { database_.execute(sql); }

  private:
    TestDatabase database_;
    std::unique_ptr<db::Statement> insert_series_;
    std::unique_ptr<db::Statement> insert_sample_;
    std::unique_ptr<db::Statement> insert_rollup_;
    int64_t last_series_ = 0;
};

}  // namespace evd::test
