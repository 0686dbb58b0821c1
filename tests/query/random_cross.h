#pragma once

#include "tests/query/random.h"
#include "tests/query/simple_evaluator.h"
#include "tests/support/metric_store.h"

#include <string>
#include <vector>

namespace evd::test {

// What other stores hold, for conditions on them: times in seconds around one another, so that
// windows touch, overlap and miss.
struct OtherSeries {
    std::string name;
    std::string labels;
    std::vector<std::pair<int64_t, double>> samples;  // ascending
};

struct OtherStores {
    std::vector<SimpleEvent> events;
    std::vector<TestLog> logs;
    std::vector<OtherSeries> series;
};

inline constexpr int64_t kCrossWindowMs = 5'000;
inline constexpr int64_t kCrossStalenessMs = 20'000;

// A moment of a store's forty as one of a hundred seconds before now; later ones stay where they
// are.
int64_t stretched(int64_t timestamp);

std::vector<OtherSeries> randomSeries(Random& random);
void fillStore(Random& random, const std::vector<OtherSeries>& series, TestMetricStore& store);

// One or several conditions on other stores, and sometimes one on timestamp among them: as text,
// and as a definition read word by word (Spec §8.5, Ruling Q12, M2). For EVENTS or for LOGS.
// `shown` is what of the stores there is for who asks.
SimpleCondition randomCross(Random& random, const OtherStores& stores, const OtherStores& shown,
                            bool for_events);

}  // namespace evd::test
