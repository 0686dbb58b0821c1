#pragma once

#include "common/wire/log_record.h"
#include "common/wire/metric_labels.h"
#include "common/wire/metric_sample.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace evd::wire {

// Far below what a Unix datagram may be (about 208 KiB by default), and so large that few datagrams
// lie in a receiver's queue, which by default is ten long.
inline constexpr size_t kRecordDatagramBytesMax = 128 * 1024;
inline constexpr uint32_t kRecordDatagramRecordsMax = 65'535;

// One measurement as its producer knows it. The text belongs to the producer. A value.
struct MetricRecord {
    std::string_view name;
    std::span<const MetricLabel> labels;  // any order; the receiver makes them canonical
    MetricType type = MetricType::Gauge;
    int64_t timestamp_ns = 0;  // wall; 0 or less is left out, and the receiver's clock counts
    double value = 0;
    const Histogram* histogram = nullptr;  // of histograms only
};

// Puts log or metric records together to the datagrams of Spec §4.2 and §6.2: one record is a map,
// more are an array of maps.
//
//      [ array head, 0, 1 or 3 bytes ][ map ][ map ] ...
//
// Takes away from the producers (the sensor, evctl) the counting of bytes: a record that does not
// fit any more is refused with Full and leaves the datagram as it was, so that it can be sent and
// the record added to the next. A record that fits no datagram at all is TooLarge. Nothing here
// checks what the records say: the receiver does, and drops what is malformed. Log and metric
// records do not belong in one datagram. Allocates once; one thread.
class RecordDatagram {
  public:
    enum class Added { Yes, Full, TooLarge };

    explicit RecordDatagram(size_t bytes_max = kRecordDatagramBytesMax);

    Added add(const LogRecord& record);
    Added add(const MetricRecord& record);

    uint32_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    // The datagram; valid until the next add or clear. Empty without records, which is none.
    std::span<const uint8_t> bytes();
    void clear();

  private:
    Added keepFrom(size_t record_start);

    size_t bytes_max_;
    uint32_t count_ = 0;
    std::vector<uint8_t> bytes_;
    std::vector<uint8_t> histogram_;
};

}  // namespace evd::wire
