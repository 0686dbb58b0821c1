// How fast logs and metrics come in, from the sender's socket to the committed row, both processors
// shared with the sender. The sender blocks as an ordinary one does: what is lost is lost behind
// the socket, and is the difference between what was sent and what is stored. It offers the rate of
// the goal first, where next to nothing may be lost, and then as much as it can, where what matters
// is that the rate stored does not fall.

#include "common/base/check.h"
#include "tests/bench/bench_records.h"
#include "tests/bench/record_sender.h"

namespace evd::bench {

namespace {

constexpr uint32_t kBatch = 100;
constexpr double kSingleGoal = 150'000;
constexpr double kBatchGoal = 400'000;
constexpr double kSampleGoal = 500'000;
// With the default of 5,000 each transaction has one sample of each series and so writes a page for
// each sample; an installation that takes in as much as this bench raises the limit.
constexpr const char* kLargeTransactions = "100000";

void report(const std::string& name, const Sent& sent, double goal, Figures& figures) {
    figures.push_back({name + ".stored", sent.perSecond(), "records/s", goal, "goal", ""});
    figures.push_back({name + ".lost", sent.lostPercent(), "%", 0, "", "0.1"});
    figures.push_back({name + ".worst_send", sent.worst_send_ms, "ms", 0, "", ""});
}

}  // namespace

void benchLog(Figures& figures) {
    const Lines lines;
    const auto add = [&](wire::RecordDatagram& datagram, uint64_t number) {
        lines.add(datagram, number);
    };
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    StoredRows rows(state.below("logs.db"), "logs");
    const std::string socket = state.below("run/log.sock");
    const Sent single = sendRecords(socket, rows, {kSingleGoal, 1}, add);
    const Sent batched = sendRecords(socket, rows, {kBatchGoal, kBatch}, add);
    const Sent single_flood = sendRecords(socket, rows, {0, 1}, add);
    const Sent batched_flood = sendRecords(socket, rows, {0, kBatch}, add);
    const uint64_t stored = rows.count();
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    report("log.single", single, kSingleGoal, figures);
    report("log.batch_100", batched, kBatchGoal, figures);
    report("log.single_flood", single_flood, kSingleGoal, figures);
    report("log.batch_100_flood", batched_flood, kBatchGoal, figures);
    figures.push_back({"log.bytes_per_line", bytesPerRow(state.below("logs.db"), stored), "bytes",
                       190, "goal", ""});
}

void benchMetric(Figures& figures) {
    double bytes_per_sample = 0;
    struct Case {
        uint64_t series;
        const char* batch_max;  // MetricMaxBatchSize; null: the default
        const char* cache_max;  // MetricSeriesCacheSize; null: the default of 50,000
        double per_second;
        const char* name;
    };
    const Case cases[] = {
        {kSeries, kLargeTransactions, nullptr, kSampleGoal, "metric.series_5000"},
        {kSeries, kLargeTransactions, nullptr, 0, "metric.series_5000_flood"},
        {kSeries, nullptr, nullptr, 0, "metric.series_5000_flood_default_batch"},
        {10'000, kLargeTransactions, nullptr, 0, "metric.series_10000_flood"},
        {50'000, kLargeTransactions, nullptr, 0, "metric.series_50000_flood"},
        {200'000, kLargeTransactions, nullptr, 0, "metric.series_200000_flood"},
        {200'000, kLargeTransactions, "250000", 0, "metric.series_200000_flood_large_cache"},
    };
    for (const Case& one : cases) {
        const Samples samples(one.series);
        const test::StateFolder state;
        test::GroupOptions options = quietOptions();
        if (one.batch_max != nullptr) {
            options.values.push_back({"", "MetricMaxBatchSize", "dword", one.batch_max});
        }
        if (one.cache_max != nullptr) {
            options.values.push_back({"", "MetricSeriesCacheSize", "dword", one.cache_max});
        }
        test::Group group(state, options);
        EVD_CHECK(group.waitReady(), "the group did not become ready");
        StoredRows rows(state.below("metrics.db"), "samples");
        const Sent sent =
            sendRecords(state.below("run/metric.sock"), rows, {one.per_second, kBatch},
                        [&](wire::RecordDatagram& datagram, uint64_t number) {
                            samples.add(datagram, number);
                        });
        const uint64_t stored = rows.count();
        EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
        if (&one == cases) {
            bytes_per_sample = bytesPerRow(state.below("metrics.db"), stored);
        }
        report(one.name, sent, kSampleGoal, figures);
    }
    figures.push_back({"metric.bytes_per_sample", bytes_per_sample, "bytes", 45, "goal", ""});
}

}  // namespace evd::bench
