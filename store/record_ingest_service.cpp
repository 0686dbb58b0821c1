#include "store/record_ingest_service.h"

#include "common/base/text.h"
#include "common/ipc/convert.h"
#include "common/ipc/errors.h"
#include "store/answer_service.h"

#include <capnp/ingest.capnp.h>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace evd::store {

namespace {

// What cannot be said in plain values is said as something that no check lets pass.
constexpr uint32_t kNoSuchHistogram = std::numeric_limits<uint32_t>::max();
constexpr auto kNoSuchType = static_cast<wire::MetricType>(0xff);

std::string_view asView(capnp::Text::Reader text) {
    return {text.begin(), text.size()};
}

wire::LogRecord readLog(schema::LogRecord::Reader in, size_t& bytes) {
    wire::LogRecord record{in.getTimestamp(), asView(in.getOrigin()), in.getIsError(),
                           asView(in.getMessage()), std::nullopt};
    const auto job_id = in.getJobId();
    if (job_id.size() > 0) {
        const auto guid = ipc::readGuid(job_id);
        if (guid) {
            record.job_id = guid.value();
        } else {
            record.origin = {};
        }
    }
    bytes += sizeof(record) + record.origin.size() + record.message.size();
    return record;
}

wire::MetricType readType(schema::MetricType type) {
    switch (type) {
        case schema::MetricType::COUNTER:
            return wire::MetricType::Counter;
        case schema::MetricType::GAUGE:
            return wire::MetricType::Gauge;
        case schema::MetricType::HISTOGRAM:
            return wire::MetricType::Histogram;
    }
    return kNoSuchType;
}

// Nothing when it has more buckets than one may have.
std::optional<wire::Histogram> readHistogram(schema::Histogram::Reader in) {
    const auto boundaries = in.getBoundaries();
    const auto counts = in.getCounts();
    if (boundaries.size() > wire::kHistogramBucketsMax ||
        counts.size() > wire::kHistogramBucketsMax) {
        return std::nullopt;
    }
    wire::Histogram histogram;
    histogram.boundaries.reserve(boundaries.size());
    for (const double boundary : boundaries) {
        histogram.boundaries.push_back(boundary);
    }
    histogram.counts.reserve(counts.size());
    for (const uint64_t count : counts) {
        histogram.counts.push_back(count);
    }
    histogram.total_count = in.getTotalCount();
    histogram.sum = in.getSum();
    return histogram;
}

SampleRow readSample(schema::MetricSample::Reader in, std::vector<wire::Histogram>& histograms,
                     size_t& bytes) {
    SampleRow sample{in.getSeries(), in.getTimestamp(), in.getValue(), std::nullopt};
    bytes += sizeof(sample);
    if (in.hasHistogram()) {
        auto histogram = readHistogram(in.getHistogram());
        sample.histogram = kNoSuchHistogram;
        if (histogram) {
            bytes += histogram->boundaries.size() * 2 * sizeof(double);
            sample.histogram = static_cast<uint32_t>(histograms.size());
            histograms.push_back(std::move(*histogram));
        }
    }
    return sample;
}

SampleBatch readSamples(schema::RecordIngest::WriteSamplesParams::Reader params, size_t& bytes) {
    SampleBatch batch;
    batch.series.reserve(params.getSeries().size());
    for (const auto series : params.getSeries()) {
        batch.series.push_back(
            {asView(series.getName()), asView(series.getLabels()), readType(series.getType())});
        bytes += batch.series.back().name.size() + batch.series.back().labels.size();
    }
    batch.samples.reserve(params.getSamples().size());
    for (const auto sample : params.getSamples()) {
        batch.samples.push_back(readSample(sample, batch.histograms, bytes));
    }
    return batch;
}

void checkCount(unsigned count) {
    if (count > kRecordsPerBatchMax) {
        ipc::throwError(base::fail(base::ErrorKind::Invalid,
                                   base::cat("a batch of ", count, " records or series")));
    }
}

class RecordIngestService final : public schema::RecordIngest::Server {
  public:
    explicit RecordIngestService(RecordIngestHost& host) : host_(host) {}

    kj::Promise<void> hello(HelloContext context) override {
        if (std::exchange(has_said_hello_, true)) {
            ipc::throwError(base::fail(base::ErrorKind::Invalid, "hello was said before"));
        }
        const base::Guid sender = ipc::takeOrThrow(ipc::readGuid(context.getParams().getSender()));
        return attachWhenIdle(context, sender);
    }

    kj::Promise<void> writeLogs(WriteLogsContext context) override {
        const auto params = context.getParams();
        checkCount(params.getRecords().size());
        RecordBatch batch = begun(params.getBatch());
        batch.logs.records.reserve(params.getRecords().size());
        for (const auto record : params.getRecords()) {
            batch.logs.records.push_back(readLog(record, batch.bytes));
        }
        return write(host_.logStore(), std::move(batch));
    }

    kj::Promise<void> writeSamples(WriteSamplesContext context) override {
        const auto params = context.getParams();
        checkCount(params.getSamples().size());
        checkCount(params.getSeries().size());
        RecordBatch batch = begun(params.getBatch());
        batch.samples = readSamples(params, batch.bytes);
        return write(host_.metricStore(), std::move(batch));
    }

  private:
    // First what an earlier connection sent. Between the moment in which the stores are idle and
    // this continuation the loop may have come by with a batch of our own: then it is waited for
    // too.
    kj::Promise<void> attachWhenIdle(HelloContext context, const base::Guid& sender) {
        return host_.whenRecordsIdle().then([this, context, sender]() mutable -> kj::Promise<void> {
            if (!host_.logStore().isIdle() || !host_.metricStore().isIdle()) {
                return attachWhenIdle(context, sender);
            }
            auto results = context.getResults();
            results.setLogBatch(host_.logStore().attach(sender));
            results.setSampleBatch(host_.metricStore().attach(sender));
            sender_ = sender;
            return kj::READY_NOW;
        });
    }
    RecordBatch begun(uint64_t number) const {
        if (!sender_) {
            ipc::throwError(base::fail(base::ErrorKind::Invalid, "hello comes first"));
        }
        RecordBatch batch;
        batch.sender = *sender_;
        batch.number = number;
        return batch;
    }

    // The call is not cancelled when the sender goes, so the message that the batch points into
    // lives until this promise is resolved, and a writer never reads one that is gone.
    static kj::Promise<void> write(RecordStore& store, RecordBatch batch) {
        auto pair = kj::newPromiseAndFulfiller<void>();
        store.write(std::move(batch), std::make_unique<CallAnswer>(kj::mv(pair.fulfiller)));
        return kj::mv(pair.promise);
    }

    RecordIngestHost& host_;
    bool has_said_hello_ = false;
    std::optional<base::Guid> sender_;  // once hello is answered
};

}  // namespace

RecordIngestConnection::RecordIngestConnection(base::Fd socket, RecordIngestHost& host,
                                               kj::LowLevelAsyncIoProvider& io)
    : connection_(ipc::adoptSocket(std::move(socket), io), kj::heap<RecordIngestService>(host),
                  ipc::kRecordIngestDoor) {}

}  // namespace evd::store
