#include "tests/process/docs/stores.h"

#include "tests/query/case_file.h"
#include "tests/support/fake_clock.h"
#include "tests/support/text_file.h"

#include <filesystem>

namespace evd::test {

std::string makeStores(const std::string& state_folder, const std::string& rows_file,
                       int64_t first_ns) {
    auto rows = parseCaseFile(readTextFile(rows_file));
    if (!rows.ok()) {
        return rows.error().text;
    }
    const int64_t later_ns = first_ns == 0 ? 0 : first_ns - FakeClock::kStartWallNs;
    std::filesystem::create_directories(state_folder + "/events");
    for (CaseShard& shard : rows.value().shards) {
        for (TestEvent& event : shard.events) {
            event.timestamp += later_ns;
        }
        TestShard(state_folder + "/events/" + shard.name).insert(shard.events);
    }
    for (CaseLogStore& store : rows.value().log_stores) {
        for (TestLog& log : store.logs) {
            log.timestamp += later_ns;
        }
        TestLogStore(state_folder + "/" + store.name).insert(store.logs);
    }
    for (CaseMetricStore& store : rows.value().metric_stores) {
        for (CaseSeries& series : store.series) {
            for (CaseSample& sample : series.samples) {
                sample.timestamp += later_ns;
            }
        }
        TestMetricStore metrics(state_folder + "/" + store.name);
        fillStore(store, metrics);
    }
    return "";
}

}  // namespace evd::test
