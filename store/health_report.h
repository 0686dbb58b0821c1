#pragma once

#include "store/health_samples.h"
#include "store/record_batch.h"
#include "store/run_answer.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace evd::store {

// Health samples on their way into the metric store: a batch of the store's own and the memory it
// points into, which the answer keeps until the writer is done with it.
struct HealthBatch {
    RecordBatch batch;
    std::unique_ptr<RunAnswer> answer;  // does nothing but hold
};

// All samples get this time.
HealthBatch healthBatch(std::vector<HealthSample> samples, int64_t wall_ns);

}  // namespace evd::store
