#pragma once

#include "tests/query/random.h"
#include "tests/support/metric_store.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace evd::test {

// Rollups of a series as the store computes them, of every function and of some of these windows:
// whole windows, some of them not there yet. Samples are ascending in time.
void addRollups(Random& random, int64_t series,
                const std::vector<std::pair<int64_t, double>>& samples,
                const std::vector<int64_t>& window_seconds, TestMetricStore& store);

}  // namespace evd::test
