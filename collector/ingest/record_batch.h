#pragma once

#include "common/wire/log_record.h"
#include "common/wire/metric_sample.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evd::collector {

// What goes to the store in one message, at most. One record above the bytes is a batch by itself.
inline constexpr size_t kBatchRecordsMax = 4096;
inline constexpr size_t kRecordBatchBytesMax = 512 * 1024;

// A piece of a batch's text.
struct TextPlace {
    uint32_t offset = 0;
    uint32_t bytes = 0;
};

// Log records on their way to the store, with their text, which they own.
//
// This is where a record leaves the datagram that it came in. Added to under the lock of a
// RecordWindow, read by the sending loop; movable, because the one hands it to the other.
class LogBatch {
  public:
    using Record = wire::LogRecord;

    // What the record adds to bytes().
    static size_t bytesOf(const wire::LogRecord& record) {
        return sizeof(Entry) + record.origin.size() + record.message.size();
    }
    void add(const wire::LogRecord& record);
    // Points into the batch.
    wire::LogRecord record(size_t index) const;

    size_t count() const { return entries_.size(); }
    size_t bytes() const { return entries_.size() * sizeof(Entry) + text_.size(); }
    bool isFull() const { return count() >= kBatchRecordsMax || bytes() >= kRecordBatchBytesMax; }

  private:
    struct Entry {
        int64_t timestamp_ns = 0;
        TextPlace origin;
        TextPlace message;
        bool is_error = false;
        bool has_job = false;
        base::Guid job_id;
    };

    std::vector<Entry> entries_;
    std::string text_;
};

// Metric samples on their way to the store, with the series that they belong to.
//
// Each series - name, labels and type - is there once and samples name it by number, which is how
// they travel (capnp/ingest.capnp): a batch of one sweep over a machine repeats a few names very
// often. A hash table over the series of this batch alone finds them. Otherwise as LogBatch.
class SampleBatch {
  public:
    using Record = wire::MetricSample;

    struct Series {
        TextPlace name;
        TextPlace labels;
        wire::MetricType type = wire::MetricType::Gauge;
        uint64_t hash = 0;
    };
    struct Sample {
        uint32_t series = 0;
        int32_t histogram = -1;  // index, or none
        int64_t timestamp_ns = 0;
        double value = 0;
    };

    static size_t bytesOf(const wire::MetricSample& sample);
    void add(const wire::MetricSample& sample);

    const std::vector<Series>& series() const { return series_; }
    const std::vector<Sample>& samples() const { return samples_; }
    const wire::Histogram& histogram(size_t index) const { return histograms_[index]; }
    std::string_view text(TextPlace place) const {
        return std::string_view(text_).substr(place.offset, place.bytes);
    }

    size_t count() const { return samples_.size(); }
    // Never more than the sum of bytesOf what was added.
    size_t bytes() const { return bytes_; }
    bool isFull() const { return count() >= kBatchRecordsMax || bytes() >= kRecordBatchBytesMax; }

  private:
    uint32_t seriesOf(const wire::MetricSample& sample);
    bool matches(const Series& series, uint64_t hash, const wire::MetricSample& sample) const;
    void growTable();

    std::vector<Series> series_;
    std::vector<Sample> samples_;
    std::vector<wire::Histogram> histograms_;
    std::string text_;
    size_t bytes_ = 0;
    std::vector<uint32_t> table_;  // open addressing; a series' index + 1, 0 is free
};

}  // namespace evd::collector
