// evd_fuzz_links: evd_collector_ingest
// Whatever a datagram of the metric socket holds, its samples are such as the store may believe,
// and a batch of them holds what went in.

#include "collector/ingest/metric_record.h"
#include "collector/ingest/record_batch.h"
#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/histogram.h"

#include <cmath>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    evd::collector::MetricRecordParser parser;
    std::vector<evd::wire::MetricSample> samples;
    evd::collector::RejectCounts rejects;
    parser.parse({data, size}, 1, samples, rejects);
    evd::collector::SampleBatch batch;
    for (const auto& sample : samples) {
        EVD_CHECK(!sample.name.empty() && evd::base::isUtf8(sample.name), "a name is text");
        EVD_CHECK(evd::wire::readCanonicalLabels(sample.labels).ok(), "labels are canonical");
        EVD_CHECK(std::isfinite(sample.value) && sample.timestamp_ns >= 0, "numbers are numbers");
        const bool is_histogram = sample.type == evd::wire::MetricType::Histogram;
        EVD_CHECK(is_histogram == (sample.histogram != nullptr), "histograms have one");
        EVD_CHECK(!is_histogram || evd::wire::checkHistogram(*sample.histogram).ok(),
                  "histograms are sound");
        EVD_CHECK(sample.type != evd::wire::MetricType::Counter || sample.value >= 0,
                  "counters are not negative");
        batch.add(sample);
        const auto& added = batch.samples().back();
        EVD_CHECK(batch.text(batch.series()[added.series].name) == sample.name &&
                      batch.text(batch.series()[added.series].labels) == sample.labels,
                  "a sample finds its series");
    }
    return 0;
}
