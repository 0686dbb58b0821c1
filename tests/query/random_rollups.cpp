#include "tests/query/random_rollups.h"

#include "common/base/clock.h"
#include "common/wire/metric_window.h"

namespace evd::test {

void addRollups(Random& random, int64_t series,
                const std::vector<std::pair<int64_t, double>>& samples,
                const std::vector<int64_t>& window_seconds, TestMetricStore& store) {
    for (uint8_t function = 0; function < db::kRollupFunctionCount; ++function) {
        for (const int64_t seconds : window_seconds) {
            if (random() % 2 == 0) {
                continue;
            }
            std::vector<wire::WindowValue> windows;
            wire::WindowFold fold(static_cast<db::RollupFunction>(function),
                                  seconds * base::kNsPerSecond, windows);
            for (const auto& [at, value] : samples) {
                fold.add(at, value);
            }
            fold.finish();
            const uint64_t missing = 2 + random() % 40;
            for (const wire::WindowValue& window : windows) {
                if (random() % missing != 0) {
                    store.addRollup(series, static_cast<db::RollupFunction>(function), seconds,
                                    window.window_start_ns, window.value,
                                    static_cast<int64_t>(window.sample_count));
                }
            }
        }
    }
}

}  // namespace evd::test
