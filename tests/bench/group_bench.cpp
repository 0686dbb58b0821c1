// Figures of the whole group against limits measured in the same run on the same disk.
//
//   group_bench [NAME...]        EVENTD_BENCH_SECONDS shortens the long parts
//
// ingest   a steady 100,000 events/s of 200 bytes on one ring, then as fast as the store takes them
//          (the producer holds at most half a ring of events that are not yet stored), then the
//          bare SQLite loop. All three share the two processors and the disk.
// tail     20,000 events/s: how long from the ring to the disk.
// burst    a ring that is full at once, a hundred times.
// indexes  full speed with none, one and two secondary indexes.
// shards   one writer and two, from ready-made runs, each shard with a processor of its own.
// logs     100-byte lines over the log socket, one by one and in batches of 100, at the rates of
//          quality §2 and at full blast.
// metrics  samples of 5,000 series over the metric socket in batches of 100, in the same ways; then
//          10,000, 50,000 and 200,000 series against a cache of 50,000.
// peers    the same log lines to journald, the same samples as a Prometheus block.
// questions  a million events and log lines asked in this process, beside plain SQL and journalctl.
// access   the same questions with access control and without it.
// latency  one event at a time, until a question finds it, and until a stream delivers it.
// idle     memory and processor time of a group that has nothing to do but its sensors.

#include "common/base/text.h"
#include "tests/bench/group_under_test.h"
#include "tests/bench/question_figures.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace {

struct Bench {
    std::string_view name;
    void (*run)(evd::bench::Figures&);
};

constexpr auto kBenches = std::to_array<Bench>({
    {"ingest", evd::bench::benchIngest},
    {"tail", evd::bench::benchTail},
    {"burst", evd::bench::benchBurst},
    {"indexes", evd::bench::benchIndexes},
    {"shards", evd::bench::benchShards},
    {"logs", evd::bench::benchLogs},
    {"metrics", evd::bench::benchMetrics},
    {"peers", evd::bench::benchPeers},
    {"questions", evd::bench::benchQuestions},
    {"access", evd::bench::benchAccess},
    {"latency", evd::bench::benchLatency},
    {"idle", evd::bench::benchIdle},
});

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string_view> wanted(arguments + 1, arguments + count);
    for (const std::string_view name : wanted) {
        if (std::none_of(kBenches.begin(), kBenches.end(),
                         [&](const Bench& bench) { return bench.name == name; })) {
            std::fprintf(stderr, "group_bench: there is no bench %s\n", std::string(name).c_str());
            return 2;
        }
    }
    evd::bench::Figures figures;
    for (const Bench& bench : kBenches) {
        if (wanted.empty() || std::find(wanted.begin(), wanted.end(), bench.name) != wanted.end()) {
            bench.run(figures);
        }
    }
    evd::bench::printTable(figures);
    const std::string json = evd::base::cat(EVD_BIN_FOLDER, "/../bench.json");
    return evd::bench::writeJson(figures, json) ? 0 : 1;
}
