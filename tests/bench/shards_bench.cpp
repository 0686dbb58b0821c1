// How ingest grows with the number of shards. Measured without rings and sockets: on a machine with
// two processors the group keeps both of them busy with one shard already.

#include "tests/bench/group_under_test.h"
#include "tests/bench/store_run.h"
#include "tests/support/temporary_directory.h"

namespace evd::bench {

namespace {

constexpr uint64_t kRows = 1'000'000;
constexpr uint64_t kEventsPerRun = 3'000;
constexpr int kRounds = 3;

double rowsPerSecond(uint16_t shards) {
    std::vector<double> rates;
    for (int round = 0; round < kRounds; ++round) {
        const test::TemporaryDirectory folder;
        rates.push_back(runStore(folder / "events", kRows, kEventsPerRun, shards).rows_per_second);
    }
    return percentile(rates, 50);
}

}  // namespace

void benchShards(Figures& figures) {
    const double one = rowsPerSecond(1);
    const double two = rowsPerSecond(2);
    figures.push_back({"shards.one", one, "events/s", 0, "", ""});
    figures.push_back({"shards.two", two, "events/s", one, "one shard", "linear"});
}

}  // namespace evd::bench
