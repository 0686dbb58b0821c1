#include "collector/ingest/record_message_service.h"

#include <algorithm>
#include <string_view>

namespace evd::collector {

namespace {

// Words of a struct in a list and of the round-up of its texts, generously.
constexpr size_t kLogWords = 9;
constexpr size_t kSampleWords = 12;
constexpr size_t kEnvelopeWords = 64;

template <typename Builder>
void copyText(Builder out, std::string_view text) {
    std::copy(text.begin(), text.end(), out.begin());
}

schema::MetricType typeOf(wire::MetricType type) {
    switch (type) {
        case wire::MetricType::Counter:
            return schema::MetricType::COUNTER;
        case wire::MetricType::Gauge:
            return schema::MetricType::GAUGE;
        case wire::MetricType::Histogram:
            return schema::MetricType::HISTOGRAM;
    }
    return schema::MetricType::GAUGE;
}

void writeHistogram(const wire::Histogram& histogram, schema::Histogram::Builder out) {
    auto boundaries = out.initBoundaries(static_cast<unsigned>(histogram.boundaries.size()));
    auto counts = out.initCounts(static_cast<unsigned>(histogram.counts.size()));
    for (unsigned i = 0; i < boundaries.size(); ++i) {
        boundaries.set(i, histogram.boundaries[i]);
    }
    for (unsigned i = 0; i < counts.size(); ++i) {
        counts.set(i, histogram.counts[i]);
    }
    out.setTotalCount(histogram.total_count);
    out.setSum(histogram.sum);
}

}  // namespace

capnp::Request<schema::RecordIngest::WriteLogsParams, schema::RecordIngest::WriteLogsResults>
makeWriteRequest(schema::RecordIngest::Client& ingest, uint64_t number, const LogBatch& batch) {
    auto request = ingest.writeLogsRequest(capnp::MessageSize{
        batch.bytes() / sizeof(capnp::word) + batch.count() * kLogWords + kEnvelopeWords, 0});
    request.setBatch(number);
    auto records = request.initRecords(static_cast<unsigned>(batch.count()));
    for (unsigned i = 0; i < records.size(); ++i) {
        const wire::LogRecord record = batch.record(i);
        auto out = records[i];
        out.setTimestamp(record.timestamp_ns);
        copyText(out.initOrigin(static_cast<unsigned>(record.origin.size())), record.origin);
        out.setIsError(record.is_error);
        copyText(out.initMessage(static_cast<unsigned>(record.message.size())), record.message);
        if (record.job_id) {
            out.setJobId(
                capnp::Data::Reader(record.job_id->bytes.data(), record.job_id->bytes.size()));
        }
    }
    return request;
}

capnp::Request<schema::RecordIngest::WriteSamplesParams, schema::RecordIngest::WriteSamplesResults>
makeWriteRequest(schema::RecordIngest::Client& ingest, uint64_t number, const SampleBatch& batch) {
    auto request = ingest.writeSamplesRequest(capnp::MessageSize{
        batch.bytes() / sizeof(capnp::word) + batch.count() * kSampleWords + kEnvelopeWords, 0});
    request.setBatch(number);
    auto series = request.initSeries(static_cast<unsigned>(batch.series().size()));
    for (unsigned i = 0; i < series.size(); ++i) {
        const SampleBatch::Series& from = batch.series()[i];
        auto out = series[i];
        copyText(out.initName(from.name.bytes), batch.text(from.name));
        copyText(out.initLabels(from.labels.bytes), batch.text(from.labels));
        out.setType(typeOf(from.type));
    }
    auto samples = request.initSamples(static_cast<unsigned>(batch.count()));
    for (unsigned i = 0; i < samples.size(); ++i) {
        const SampleBatch::Sample& from = batch.samples()[i];
        auto out = samples[i];
        out.setSeries(from.series);
        out.setTimestamp(from.timestamp_ns);
        out.setValue(from.value);
        if (from.histogram >= 0) {
            writeHistogram(batch.histogram(static_cast<size_t>(from.histogram)),
                           out.initHistogram());
        }
    }
    return request;
}

}  // namespace evd::collector
