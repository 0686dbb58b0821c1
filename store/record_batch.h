#pragma once

#include "common/base/guid.h"
#include "common/wire/log_record.h"
#include "common/wire/metric_sample.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace evd::store {

// What eventd-ingest sends at a time, as plain values (capnp/ingest.capnp, RecordIngest).
//
// Texts point into the message that brought them, which lives until the batch is answered: nothing
// is copied between the socket and SQLite. Nothing in here has been checked but the counts. Values,
// moved from the event loop to a writer's thread.

struct LogBatch {
    std::vector<wire::LogRecord> records;
};

struct SampleSeries {
    std::string_view name;
    std::string_view labels;  // said to be canonical
    wire::MetricType type = wire::MetricType::Gauge;
};

struct SampleRow {
    uint32_t series = 0;  // index into the batch's series
    int64_t timestamp_ns = 0;
    double value = 0;
    std::optional<uint32_t> histogram;  // index into the batch's histograms
};

struct SampleBatch {
    std::vector<SampleSeries> series;
    std::vector<SampleRow> samples;
    std::vector<wire::Histogram> histograms;
};

// The number of a batch that the store makes itself, which has no sender to tell.
inline constexpr uint64_t kOwnBatch = 0;

struct RecordBatch {
    base::Guid sender;    // of this incarnation of eventd-ingest
    uint64_t number = 0;  // ascending from 1; kOwnBatch
    size_t bytes = 0;     // of the message, for the bounds of queues
    LogBatch logs;        // one of the two is empty
    SampleBatch samples;

    size_t rows() const { return logs.records.size() + samples.samples.size(); }
};

}  // namespace evd::store
