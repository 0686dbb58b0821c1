// Text of a batch lies in one string and is named by offset, so that the string may grow and the
// batch may move. The table of series is open addressing with the hash kept in the series: names
// are compared only when the hashes are equal. Somebody who makes names of equal hashes on purpose
// costs us comparisons within one batch, which has at most kBatchRecordsMax samples.

#include "collector/ingest/record_batch.h"

#include <functional>

namespace evd::collector {

namespace {

constexpr size_t kTableSlotsMin = 64;

TextPlace appendText(std::string& text, std::string_view part) {
    // Batches end long before 4 GiB; a datagram is no longer than kDatagramBytesMax.
    const TextPlace place{static_cast<uint32_t>(text.size()), static_cast<uint32_t>(part.size())};
    text += part;
    return place;
}

uint64_t hashOf(const wire::MetricSample& sample) {
    const std::hash<std::string_view> hash;
    return hash(sample.name) * 31 + hash(sample.labels) + static_cast<uint64_t>(sample.type);
}

size_t histogramBytes(const wire::MetricSample& sample) {
    return sample.histogram == nullptr
               ? 0
               : sizeof(wire::Histogram) +
                     sample.histogram->boundaries.size() * (sizeof(double) + sizeof(uint64_t));
}

}  // namespace

void LogBatch::add(const wire::LogRecord& record) {
    Entry entry;
    entry.timestamp_ns = record.timestamp_ns;
    entry.origin = appendText(text_, record.origin);
    entry.message = appendText(text_, record.message);
    entry.is_error = record.is_error;
    entry.has_job = record.job_id.has_value();
    entry.job_id = record.job_id.value_or(base::Guid{});
    entries_.push_back(entry);
}

wire::LogRecord LogBatch::record(size_t index) const {
    const Entry& entry = entries_[index];
    const std::string_view text = text_;
    wire::LogRecord record;
    record.timestamp_ns = entry.timestamp_ns;
    record.origin = text.substr(entry.origin.offset, entry.origin.bytes);
    record.message = text.substr(entry.message.offset, entry.message.bytes);
    record.is_error = entry.is_error;
    if (entry.has_job) {
        record.job_id = entry.job_id;
    }
    return record;
}

size_t SampleBatch::bytesOf(const wire::MetricSample& sample) {
    return sizeof(Sample) + sizeof(Series) + sample.name.size() + sample.labels.size() +
           histogramBytes(sample);
}

void SampleBatch::add(const wire::MetricSample& sample) {
    Sample entry;
    entry.series = seriesOf(sample);
    entry.timestamp_ns = sample.timestamp_ns;
    entry.value = sample.value;
    if (sample.histogram != nullptr) {
        entry.histogram = static_cast<int32_t>(histograms_.size());
        histograms_.push_back(*sample.histogram);
    }
    samples_.push_back(entry);
    bytes_ += sizeof(Sample) + histogramBytes(sample);
}

bool SampleBatch::matches(const Series& series, uint64_t hash,
                          const wire::MetricSample& sample) const {
    return series.hash == hash && series.type == sample.type && text(series.name) == sample.name &&
           text(series.labels) == sample.labels;
}

uint32_t SampleBatch::seriesOf(const wire::MetricSample& sample) {
    if (table_.size() < 2 * (series_.size() + 1)) {
        growTable();
    }
    const uint64_t hash = hashOf(sample);
    size_t slot = hash & (table_.size() - 1);
    while (table_[slot] != 0) {
        const uint32_t index = table_[slot] - 1;
        if (matches(series_[index], hash, sample)) {
            return index;
        }
        slot = (slot + 1) & (table_.size() - 1);
    }
    series_.push_back(
        {appendText(text_, sample.name), appendText(text_, sample.labels), sample.type, hash});
    bytes_ += sizeof(Series) + sample.name.size() + sample.labels.size();
    table_[slot] = static_cast<uint32_t>(series_.size());
    return table_[slot] - 1;
}

// At most half full, so that a search ends soon.
void SampleBatch::growTable() {
    const size_t slots = table_.empty() ? kTableSlotsMin : 2 * table_.size();
    table_.assign(slots, 0);
    for (size_t i = 0; i < series_.size(); ++i) {
        size_t slot = series_[i].hash & (slots - 1);
        while (table_[slot] != 0) {
            slot = (slot + 1) & (slots - 1);
        }
        table_[slot] = static_cast<uint32_t>(i + 1);
    }
}

}  // namespace evd::collector
