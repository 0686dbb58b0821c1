#include "collector/ingest/record_batch.h"

#include "common/base/text.h"

#include <doctest/doctest.h>
#include <deque>
#include <string>

namespace base = evd::base;
namespace wire = evd::wire;
using evd::collector::kBatchRecordsMax;
using evd::collector::kRecordBatchBytesMax;
using evd::collector::LogBatch;
using evd::collector::SampleBatch;

namespace {

wire::MetricSample gauge(std::string_view name, std::string_view labels, double value) {
    wire::MetricSample sample;
    sample.name = name;
    sample.labels = labels;
    sample.value = value;
    return sample;
}

}  // namespace

TEST_CASE("log batch: records come out as they went in, and do not lean on where they came from") {
    LogBatch batch;
    {
        std::string text = "originmessage";
        wire::LogRecord record;
        record.timestamp_ns = 7;
        record.origin = std::string_view(text).substr(0, 6);
        record.message = std::string_view(text).substr(6);
        record.is_error = true;
        batch.add(record);
        record.is_error = false;
        record.message = {};
        record.job_id = base::Guid{{1, 2, 3}};
        batch.add(record);
        text.assign(text.size(), 'x');
    }
    REQUIRE(batch.count() == 2);
    CHECK(batch.record(0).timestamp_ns == 7);
    CHECK(batch.record(0).origin == "origin");
    CHECK(batch.record(0).message == "message");
    CHECK(batch.record(0).is_error);
    CHECK_FALSE(batch.record(0).job_id.has_value());
    CHECK(batch.record(1).message.empty());
    CHECK_FALSE(batch.record(1).is_error);
    CHECK(batch.record(1).job_id == base::Guid{{1, 2, 3}});
}

TEST_CASE("log batch: it is full by records or by bytes, and counts what it was told it would") {
    wire::LogRecord record;
    record.origin = "o";
    LogBatch many;
    for (size_t i = 0; i < kBatchRecordsMax; ++i) {
        CHECK_FALSE(many.isFull());
        many.add(record);
    }
    CHECK(many.isFull());
    const std::string text(kRecordBatchBytesMax / 2, 'm');
    record.message = text;
    LogBatch large;
    large.add(record);
    CHECK(large.bytes() == LogBatch::bytesOf(record));
    CHECK_FALSE(large.isFull());
    large.add(record);
    CHECK(large.bytes() == 2 * LogBatch::bytesOf(record));
    CHECK(large.isFull());
}

TEST_CASE("sample batch: equal name, labels and type are one series, anything else is not") {
    SampleBatch batch;
    batch.add(gauge("n", "a=1", 1));
    batch.add(gauge("n", "a=2", 2));
    batch.add(gauge("n", "a=1", 3));
    batch.add(gauge("na=1", "", 4));
    wire::MetricSample counter = gauge("n", "a=1", 5);
    counter.type = wire::MetricType::Counter;
    batch.add(counter);
    REQUIRE(batch.series().size() == 4);
    REQUIRE(batch.count() == 5);
    const uint32_t expected[] = {0, 1, 0, 2, 3};
    for (size_t i = 0; i < 5; ++i) {
        CHECK(batch.samples()[i].series == expected[i]);
        CHECK(batch.samples()[i].value == static_cast<double>(i + 1));
        CHECK(batch.samples()[i].histogram == -1);
    }
    CHECK(batch.text(batch.series()[1].name) == "n");
    CHECK(batch.text(batch.series()[1].labels) == "a=2");
    CHECK(batch.series()[3].type == wire::MetricType::Counter);
}

TEST_CASE("sample batch: thousands of series are found again") {
    SampleBatch batch;
    std::deque<std::string> names;
    for (int round = 0; round < 2; ++round) {
        for (size_t i = 0; i < 2000; ++i) {
            names.push_back(base::cat("series.", i));
            batch.add(gauge(names.back(), "", 0));
        }
    }
    CHECK(batch.series().size() == 2000);
    for (size_t i = 0; i < 2000; ++i) {
        CHECK(batch.samples()[i].series == batch.samples()[i + 2000].series);
        CHECK(batch.text(batch.series()[batch.samples()[i].series].name) == names[i]);
    }
}

TEST_CASE("sample batch: histograms are copied, and bytes never exceed what was announced") {
    SampleBatch batch;
    size_t announced = 0;
    {
        wire::Histogram histogram{{1, 2}, {3, 4}, 5, 6.5};
        wire::MetricSample sample = gauge("h", "", 0);
        sample.type = wire::MetricType::Histogram;
        sample.histogram = &histogram;
        announced += 2 * SampleBatch::bytesOf(sample);
        batch.add(sample);
        batch.add(sample);
        histogram = {};
    }
    CHECK(batch.bytes() <= announced);
    CHECK(batch.bytes() > announced / 2);
    REQUIRE(batch.samples()[1].histogram == 1);
    CHECK(batch.histogram(1) == wire::Histogram{{1, 2}, {3, 4}, 5, 6.5});
}
