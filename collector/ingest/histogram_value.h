#pragma once

#include "common/wire/metric_sample.h"
#include "common/wire/msgpack.h"

namespace evd::collector {

enum class HistogramOutcome {
    Good,
    Bad,        // read to its end, but no histogram (Spec §6.2, Ruling L2)
    Malformed,  // not msgpack
};

// Reads the histogram value of a metric record, a map of any size whose head comes next, over
// `out`. Keys that are not known are passed over; one that comes twice, a missing one, and arrays
// past kHistogramBucketsMax make it bad. Memory of `out` is used again. Pure.
HistogramOutcome readHistogramValue(wire::MsgpackReader& reader, wire::Histogram& out);

}  // namespace evd::collector
