#include "store/record_check.h"

#include "common/base/text.h"
#include "common/wire/histogram.h"
#include "common/wire/log_record.h"
#include "common/wire/metric_labels.h"

#include <cmath>

namespace evd::store {

bool isSoundLog(const wire::LogRecord& record) {
    return !record.origin.empty() && record.origin.size() <= wire::kLogOriginBytesMax &&
           base::isUtf8(record.origin) && base::isUtf8(record.message);
}

bool isSoundSeries(const SampleSeries& series) {
    return !series.name.empty() && series.name.size() <= wire::kMetricNameBytesMax &&
           series.type <= wire::MetricType::Histogram && base::isUtf8(series.name) &&
           wire::readCanonicalLabels(series.labels).ok();
}

bool isSoundSample(wire::MetricType type, const SampleRow& sample,
                   std::span<const wire::Histogram> histograms) {
    switch (type) {
        case wire::MetricType::Counter:
            return !sample.histogram && std::isfinite(sample.value) && sample.value >= 0;
        case wire::MetricType::Gauge:
            return !sample.histogram && std::isfinite(sample.value);
        case wire::MetricType::Histogram:
            return sample.histogram && *sample.histogram < histograms.size() &&
                   wire::checkHistogram(histograms[*sample.histogram]).ok();
    }
    return false;
}

}  // namespace evd::store
