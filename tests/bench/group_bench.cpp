// Figures of the whole group against limits measured in the same run on the same disk.
//
//   group_bench [--runs N] [NAME...]
//
// With several runs the figures are their medians, and their spread is shown. EVENTD_BENCH_SECONDS
// shortens the long parts, EVENTD_BENCH_COMMIT is noted in the JSON file.
//
// ingest   a steady 100,000 events/s of 200 bytes on one ring, then as fast as the store takes them
//          (the producer holds at most half a ring of events that are not yet stored), then the
//          bare SQLite loop. All three share the two processors and the disk.
// tail     20,000 events/s: how long from the ring to the disk.
// burst    a ring that is full at once, a hundred times.
// indexes  full speed with none, one and two secondary indexes.
// shards   one writer and two, from ready-made runs, each shard with a processor of its own.
// log      100-byte lines over the log socket, one by one and in batches of 100, at the rates of
//          quality §2 and at full blast.
// metric   samples of 5,000 series over the metric socket in batches of 100, in the same ways; then
//          10,000, 50,000 and 200,000 series against a cache of 50,000.
// peers    the same log lines to journald and rsyslog, the same samples as a Prometheus block.
// nats     a million records to NATS JetStream and to the group, and back.
// audit    an audit log asked by ausearch and aureport; the same events imported and asked.
// query    a million events and log lines asked in this process, beside plain SQL and journalctl.
// access   the same questions with access control and without it.
// together questions while events come in at full speed.
// latency  one event at a time, until a question finds it, and until a stream delivers it.
// memory   of a group that has nothing to do, and the most of one that is flooded.
// idle     processor time of a group that has nothing to do but its sensors.

#include "common/base/text.h"
#include "tests/bench/group_under_test.h"
#include "tests/bench/question_figures.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr int kRunsMax = 20;

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
    {"log", evd::bench::benchLog},
    {"metric", evd::bench::benchMetric},
    {"peers", evd::bench::benchPeers},
    {"nats", evd::bench::benchNats},
    {"audit", evd::bench::benchAudit},
    {"query", evd::bench::benchQuery},
    {"access", evd::bench::benchAccess},
    {"together", evd::bench::benchTogether},
    {"latency", evd::bench::benchLatency},
    {"memory", evd::bench::benchMemory},
    {"idle", evd::bench::benchIdle},
});

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string_view> wanted(arguments + 1, arguments + count);
    evd::bench::BenchRun run;
    if (wanted.size() > 1 && wanted.front() == "--runs") {
        const auto runs = evd::base::parseU64(wanted[1]);
        if (!runs.ok() || runs.value() < 1 || runs.value() > kRunsMax) {
            std::fprintf(stderr, "group_bench: --runs takes 1 to %d\n", kRunsMax);
            return 2;
        }
        run.runs = static_cast<int>(runs.value());
        wanted.erase(wanted.begin(), wanted.begin() + 2);
    }
    for (const std::string_view name : wanted) {
        if (std::none_of(kBenches.begin(), kBenches.end(),
                         [&](const Bench& bench) { return bench.name == name; })) {
            std::fprintf(stderr, "group_bench: there is no bench %s; there are",
                         std::string(name).c_str());
            for (const Bench& bench : kBenches) {
                std::fprintf(stderr, " %s", std::string(bench.name).c_str());
            }
            std::fprintf(stderr, "\n");
            return 2;
        }
    }
    const char* commit = std::getenv("EVENTD_BENCH_COMMIT");
    run.commit = commit == nullptr ? "" : commit;
    std::vector<evd::bench::Figures> runs(static_cast<size_t>(run.runs));
    for (evd::bench::Figures& figures : runs) {
        for (const Bench& bench : kBenches) {
            if (wanted.empty() ||
                std::find(wanted.begin(), wanted.end(), bench.name) != wanted.end()) {
                std::fprintf(stderr, "group_bench: %s\n", std::string(bench.name).c_str());
                bench.run(figures);
            }
        }
    }
    const evd::bench::Figures figures = evd::bench::mergeRuns(runs);
    evd::bench::printTable(figures);
    const std::string json = evd::base::cat(EVD_BIN_FOLDER, "/../bench.json");
    return evd::bench::writeJson(figures, run, json) ? 0 : 1;
}
