#pragma once

#include "queryd/evctl/import/import_parser.h"

#include <memory>

namespace evd::evctl {

// OpenMetrics text, and the text of Prometheus before it, as metric samples.
//
//      counter                    a counter; `_created` lines are left out
//      gauge, unknown, info,      gauges
//      stateset, no type
//      summary                    `_sum` and `_count` counters, each quantile a gauge
//      histogram, gaugehistogram  one histogram of the `_bucket` lines, `_sum` and `_count` that
//                                 follow one another with the same labels and time
//
// A sample without a time has that of the import. Empty labels count as none; labels that eventd
// keeps for itself (timestamp, name, type, value, boot_id) get `exported_` in front, as Prometheus
// does it. What eventd's door would refuse in silence - numbers that are not finite, negative
// counters, labels with `,` or `=` - is not understood, with that reason. What stands behind # EOF
// is not looked at. Only the family that is being read is held.
std::unique_ptr<ImportParser> makeOpenMetricsParser(const ImportTimes& times, ImportReport& report,
                                                    ImportSink& sink);

}  // namespace evd::evctl
