#pragma once

#include "common/base/result.h"
#include "common/db/metric_schema.h"
#include "common/wire/metric_sample.h"
#include "tests/support/metric_store.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evd::test {

struct CaseSample {
    int64_t timestamp = 0;
    double value = 0;
    wire::Histogram histogram;
};

struct CaseRollup {
    db::RollupFunction function = db::RollupFunction::Avg;
    int64_t seconds = 0;
    int64_t start = 0;
    double value = 0;
    int64_t count = 0;
};

struct CaseSeries {
    wire::MetricType type = wire::MetricType::Gauge;
    std::string name;
    std::string labels;
    std::vector<CaseSample> samples;
    std::vector<CaseRollup> rollups;
};

// A metric store of a case file, after a line `metrics metrics.db`:
//
//     gauge cpu.usage core=0,host=a        a series: type, name, canonical labels or nothing
//     @+0s 12.5 @+15s 13                   its samples: time and value, several in a line
//     histogram request.duration
//     @+0s 0.1:3 1:7 10:9 /10              bounds with cumulative counts, then the total
//     rollup AVG 60 @+0s 12.75 2           a rollup of it: function, seconds, start, value, count
//
// The first store is the one the engine is told of; others stand beside it.
struct CaseMetricStore {
    std::string name;
    std::vector<CaseSeries> series;
};

// Reads one line below `metrics`; Invalid with the reason.
base::Result<void> readMetricLine(std::string_view line, CaseMetricStore& store);

void fillStore(const CaseMetricStore& rows, TestMetricStore& store);

}  // namespace evd::test
