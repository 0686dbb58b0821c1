#include "tests/support/metric_store.h"

#include "common/base/check.h"
#include "common/wire/histogram.h"
#include "common/wire/metric_labels.h"

#include <filesystem>
#include <vector>

namespace evd::test {

namespace {

std::unique_ptr<db::Statement> prepared(db::Connection& connection, std::string_view sql) {
    auto statement = connection.prepare(sql);
    EVD_CHECK(statement.ok(), "a statement of a test could not be prepared");
    return std::move(statement).value();
}

void finish(db::Statement& statement) {
    const auto done = statement.step();
    EVD_CHECK(done.ok() && !done.value(), "a row of a test could not be inserted");
    statement.reset();
}

}  // namespace

TestMetricStore::TestMetricStore(const std::string& path, uint32_t page_bytes) {
    const std::string unfinished = path + ".new";
    auto created = db::Connection::createForWriting(unfinished, page_bytes);
    EVD_CHECK(created.ok(), "a metric store of a test could not be made");
    EVD_CHECK(db::createMetricSchema(*created.value(), 1).ok(), "the schema could not be made");
    created.value().reset();
    std::filesystem::rename(unfinished, path);
    auto opened = db::Connection::openForWriting(path);
    EVD_CHECK(opened.ok(), "a metric store of a test could not be opened");
    connection_ = std::move(opened).value();
    execute("PRAGMA synchronous=OFF");
    insert_series_ = prepared(*connection_, "INSERT INTO series VALUES (?,?,?,?,?,?)");
    insert_sample_ = prepared(*connection_, "INSERT INTO samples VALUES (?,?,?,?)");
    insert_rollup_ = prepared(*connection_, "INSERT INTO rollups VALUES (NULL,?,?,?,?,?,?)");
}

void TestMetricStore::execute(std::string_view sql) {
    const auto done = connection_->execute(sql);
    EVD_CHECK(done.ok(), "a statement of a test failed");
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
    finish(*insert_series_);
    return last_series_;
}

void TestMetricStore::addSample(int64_t series, int64_t timestamp_ns, double value) {
    insert_sample_->bindInteger(1, series);
    insert_sample_->bindInteger(2, timestamp_ns);
    insert_sample_->bindFloat(3, value);
    insert_sample_->bindNull(4);
    finish(*insert_sample_);
}

void TestMetricStore::addHistogram(int64_t series, int64_t timestamp_ns,
                                   const wire::Histogram& histogram) {
    std::vector<uint8_t> bytes;
    wire::writeHistogram(histogram, bytes);
    insert_sample_->bindInteger(1, series);
    insert_sample_->bindInteger(2, timestamp_ns);
    insert_sample_->bindFloat(3, 0);
    insert_sample_->bindBlob(4, bytes);
    finish(*insert_sample_);
}

void TestMetricStore::addRollup(int64_t series, db::RollupFunction function, int64_t window_seconds,
                                int64_t window_start_ns, double value, int64_t sample_count) {
    insert_rollup_->bindInteger(1, series);
    insert_rollup_->bindInteger(2, static_cast<int64_t>(function));
    insert_rollup_->bindInteger(3, window_seconds);
    insert_rollup_->bindInteger(4, window_start_ns);
    insert_rollup_->bindFloat(5, value);
    insert_rollup_->bindInteger(6, sample_count);
    finish(*insert_rollup_);
}

}  // namespace evd::test
