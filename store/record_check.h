#pragma once

#include "common/wire/metric_sample.h"
#include "store/record_batch.h"

#include <span>

namespace evd::store {

// Whether a record may be stored. eventd-ingest has checked what it sends; these check it again,
// because no peer is trusted, not even ours. A record that fails is skipped and counted; the batch
// around it is stored. Pure; on the writers' threads.

// Spec §4.2: origin and message UTF-8, the origin not empty and of kLogOriginBytesMax at most.
bool isSoundLog(const wire::LogRecord& record);

// Spec §6.1, Ruling L2: the name UTF-8 and not empty, the labels canonical, the type a known one.
bool isSoundSeries(const SampleSeries& series);

// Ruling L2: a counter is not negative, values are finite, a histogram is there exactly when the
// type says so and its parts belong together.
bool isSoundSample(wire::MetricType type, const SampleRow& sample,
                   std::span<const wire::Histogram> histograms);

}  // namespace evd::store
