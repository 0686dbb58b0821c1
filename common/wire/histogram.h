#pragma once

#include "common/base/result.h"
#include "common/wire/metric_sample.h"

#include <cstdint>
#include <span>
#include <vector>

namespace evd::wire {

// The stored form of a histogram (Spec §6.2, §7.1): one msgpack map.
//
//      {"boundaries": [f64...], "counts": [u64...], "total_count": u64, "sum": f64}
//
// The store writes it, queryd and the metric functions read it back; a database may have been
// written by anybody, so reading checks everything. Pure.

// Whether the parts make a histogram at all (Ruling L2): Invalid otherwise, or past
// kHistogramBucketsMax buckets.
base::Result<void> checkHistogram(const Histogram& histogram);

// Writes over `out`.
void writeHistogram(const Histogram& histogram, std::vector<uint8_t>& out);

// Keys in any order, unknown ones refused; numbers may be integers or floats as for Ruling L4.
base::Result<Histogram> readHistogram(std::span<const uint8_t> bytes);

// The hash of the bounds, for series.boundaries_hash; the same bounds in the same order hash alike.
// -0.0 counts as 0.0.
int64_t boundariesHash(std::span<const double> boundaries);

}  // namespace evd::wire
