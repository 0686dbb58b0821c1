// The array head is written last, when the number of records is known, into room that is kept free
// in front of the first record; the datagram then begins where the head does. That way a single
// record is a bare map without anything being moved.

#include "common/wire/record_datagram.h"

#include "common/base/check.h"
#include "common/wire/histogram.h"
#include "common/wire/msgpack.h"

namespace evd::wire {

namespace {

constexpr size_t kHeadRoom = 3;
constexpr uint32_t kShortArrayMax = 15;

const char* typeName(MetricType type) {
    switch (type) {
        case MetricType::Counter:
            return "counter";
        case MetricType::Gauge:
            return "gauge";
        case MetricType::Histogram:
            return "histogram";
    }
    return "";
}

void writeTimestamp(MsgpackWriter& writer, int64_t timestamp_ns) {
    if (timestamp_ns > 0) {
        writer.text("timestamp");
        writer.integer(timestamp_ns);
    }
}

}  // namespace

RecordDatagram::RecordDatagram(size_t bytes_max) : bytes_max_(bytes_max), bytes_(kHeadRoom) {
    bytes_.reserve(kHeadRoom + bytes_max_);
}

RecordDatagram::Added RecordDatagram::add(const LogRecord& record) {
    const size_t start = bytes_.size();
    MsgpackWriter writer(bytes_);
    const bool has_time = record.timestamp_ns > 0;
    writer.mapHeader(3U + (has_time ? 1 : 0) + (record.job_id ? 1 : 0));
    writer.text("origin");
    writer.text(record.origin);
    writer.text("is_error");
    writer.boolean(record.is_error);
    writer.text("message");
    writer.text(record.message);
    writeTimestamp(writer, record.timestamp_ns);
    if (record.job_id) {
        writer.text("job_id");
        writer.bytes(record.job_id->bytes);
    }
    return keepFrom(start);
}

RecordDatagram::Added RecordDatagram::add(const MetricRecord& record) {
    const bool is_histogram = record.type == MetricType::Histogram;
    EVD_CHECK(!is_histogram || record.histogram != nullptr, "a histogram without its buckets");
    const size_t start = bytes_.size();
    MsgpackWriter writer(bytes_);
    const bool has_time = record.timestamp_ns > 0;
    writer.mapHeader(3U + (has_time ? 1 : 0) + (record.labels.empty() ? 0 : 1));
    writer.text("name");
    writer.text(record.name);
    writer.text("type");
    writer.text(typeName(record.type));
    if (!record.labels.empty()) {
        writer.text("labels");
        writer.mapHeader(static_cast<uint32_t>(record.labels.size()));
        for (const MetricLabel& label : record.labels) {
            writer.text(label.key);
            writer.text(label.value);
        }
    }
    writeTimestamp(writer, record.timestamp_ns);
    writer.text("value");
    if (is_histogram) {
        writeHistogram(*record.histogram, histogram_);
        writer.raw(histogram_);
    } else {
        writer.floating(record.value);
    }
    return keepFrom(start);
}

// What was just written stays if the datagram is still small enough with it.
RecordDatagram::Added RecordDatagram::keepFrom(size_t record_start) {
    // A second record brings a head with it; its room counts in full, which wastes two bytes.
    const size_t head = count_ == 0 ? 0 : kHeadRoom;
    const size_t size = bytes_.size() - kHeadRoom + head;
    if (size <= bytes_max_ && count_ < kRecordDatagramRecordsMax) {
        ++count_;
        return Added::Yes;
    }
    const size_t alone = bytes_.size() - record_start;
    bytes_.resize(record_start);
    return alone > bytes_max_ ? Added::TooLarge : Added::Full;
}

std::span<const uint8_t> RecordDatagram::bytes() {
    if (count_ == 0) {
        return {};
    }
    size_t start = kHeadRoom;
    if (count_ > kShortArrayMax) {
        start = 0;
        bytes_[0] = 0xDC;
        bytes_[1] = static_cast<uint8_t>(count_ >> 8);
        bytes_[2] = static_cast<uint8_t>(count_);
    } else if (count_ > 1) {
        start = kHeadRoom - 1;
        bytes_[start] = static_cast<uint8_t>(0x90 | count_);
    }
    return std::span(bytes_).subspan(start);
}

void RecordDatagram::clear() {
    bytes_.resize(kHeadRoom);
    count_ = 0;
}

}  // namespace evd::wire
