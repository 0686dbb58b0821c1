// How fast logs and metrics come in, from the sender's socket to the committed row, both processors
// shared with the sender. The sender blocks as an ordinary one does: what is lost is lost behind
// the socket, and is the difference between what was sent and what is stored. It offers the rate of
// the goal first, where next to nothing may be lost, and then as much as it can, where what matters
// is that the rate stored does not fall.

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/wire/record_datagram.h"
#include "tests/bench/group_under_test.h"

#include <sys/socket.h>
#include <filesystem>
#include <functional>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr double kSeconds = 15;
constexpr int64_t kSettleNs = 10'000'000'000;  // for what is on its way when the sender ends
constexpr int kOrigins = 20;
constexpr size_t kLineBytes = 100;
constexpr uint32_t kBatch = 100;
constexpr uint64_t kSeries = 5'000;
constexpr double kSingleGoal = 150'000;
constexpr double kBatchGoal = 400'000;
constexpr double kSampleGoal = 500'000;
// With the default of 5,000 each transaction has one sample of each series and so writes a page for
// each sample; an installation that takes in as much as this bench raises the limit.
constexpr const char* kLargeTransactions = "100000";

struct Sent {
    uint64_t records = 0;
    uint64_t stored = 0;
    double seconds = 0;
    double worst_send_ms = 0;

    double perSecond() const { return static_cast<double>(stored) / seconds; }
    double lostPercent() const {
        const auto lost = static_cast<double>(records - std::min(stored, records));
        return records == 0 ? 0 : lost * 100 / static_cast<double>(records);
    }
};

// Adds one more record to the datagram, the one of that number.
using AddRecord = std::function<void(wire::RecordDatagram&, uint64_t number)>;

struct Offer {
    double per_second = 0;  // 0: as fast as it goes
    uint32_t batch = 1;     // records in a datagram
};

Sent send(const std::string& socket, StoredRows& rows, const Offer& offer, const AddRecord& add) {
    auto connected = base::connectUnix(socket, SOCK_DGRAM);
    EVD_CHECK(connected.ok(), "the socket is there");
    const uint64_t before = rows.count();
    wire::RecordDatagram datagram;
    Sent sent;
    const int64_t start = nowNs();
    const auto end = start + static_cast<int64_t>(benchSeconds(kSeconds) * 1e9);
    for (int64_t now = start; now < end;) {
        const double due = static_cast<double>(now - start) / 1e9 * offer.per_second;
        if (offer.per_second > 0 && static_cast<double>(sent.records) > due) {
            test::pauseMs(1);
            now = nowNs();
            continue;
        }
        datagram.clear();
        for (uint32_t i = 0; i < offer.batch; ++i) {
            add(datagram, sent.records++);
        }
        const auto bytes = datagram.bytes();
        const ssize_t done = ::send(connected.value().get(), bytes.data(), bytes.size(), 0);
        EVD_CHECK(done == static_cast<ssize_t>(bytes.size()), "a blocking send");
        const int64_t after = nowNs();
        sent.worst_send_ms = std::max(sent.worst_send_ms, static_cast<double>(after - now) / 1e6);
        now = after;
    }
    const int64_t patience = nowNs() + kSettleNs;
    int64_t last_change = nowNs();
    while (sent.stored < sent.records && nowNs() < patience &&
           nowNs() - last_change < 2'000'000'000) {
        const uint64_t stored = rows.count() - before;
        if (stored != sent.stored) {
            sent.stored = stored;
            last_change = nowNs();
        }
        test::pauseMs(1);
    }
    // At a pace of its own what is late by less than a commit is no slower.
    sent.seconds = offer.per_second > 0 ? static_cast<double>(end - start) / 1e9
                                        : static_cast<double>(last_change - start) / 1e9;
    return sent;
}

void report(const std::string& name, const Sent& sent, double goal, Figures& figures) {
    figures.push_back({name + ".stored", sent.perSecond(), "records/s", goal, "goal", ""});
    figures.push_back({name + ".lost", sent.lostPercent(), "%", 0, "", "0.1"});
    figures.push_back({name + ".worst_send", sent.worst_send_ms, "ms", 0, "", ""});
}

double bytesPerRow(const std::string& path, uint64_t rows) {
    return static_cast<double>(fs::file_size(path)) /
           static_cast<double>(std::max<uint64_t>(rows, 1));
}

class SeriesNames {
  public:
    explicit SeriesNames(uint64_t count) {
        for (uint64_t i = 0; i < count; ++i) {
            names_.push_back(cat("bench.metric", i % 50));
            values_.push_back(cat(i));
        }
    }
    void add(wire::RecordDatagram& datagram, uint64_t number) const {
        const size_t i = number % names_.size();
        const wire::MetricLabel label{"instance", values_[i]};
        wire::MetricRecord record;
        record.name = names_[i];
        record.labels = std::span(&label, 1);
        record.value = static_cast<double>(number);
        EVD_CHECK(datagram.add(record) == wire::RecordDatagram::Added::Yes, "a small record");
    }

  private:
    std::vector<std::string> names_;
    std::vector<std::string> values_;
};

}  // namespace

void benchLogs(Figures& figures) {
    const std::string line(kLineBytes, 'x');
    std::vector<std::string> origins;
    for (int i = 0; i < kOrigins; ++i) {
        origins.push_back(cat("service", i));
    }
    const auto add = [&](wire::RecordDatagram& datagram, uint64_t number) {
        wire::LogRecord record;
        record.origin = origins[number % origins.size()];
        record.message = line;
        EVD_CHECK(datagram.add(record) == wire::RecordDatagram::Added::Yes, "a small record");
    };
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    StoredRows rows(state.below("logs.db"), "logs");
    const std::string socket = state.below("run/log.sock");
    const Sent single = send(socket, rows, {kSingleGoal, 1}, add);
    const Sent batched = send(socket, rows, {kBatchGoal, kBatch}, add);
    const Sent single_flood = send(socket, rows, {0, 1}, add);
    const Sent batched_flood = send(socket, rows, {0, kBatch}, add);
    const uint64_t stored = rows.count();
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    report("logs.single", single, kSingleGoal, figures);
    report("logs.batch_100", batched, kBatchGoal, figures);
    report("logs.single_flood", single_flood, kSingleGoal, figures);
    report("logs.batch_100_flood", batched_flood, kBatchGoal, figures);
    figures.push_back({"logs.bytes_per_line", bytesPerRow(state.below("logs.db"), stored), "bytes",
                       190, "goal", ""});
}

void benchMetrics(Figures& figures) {
    double bytes_per_sample = 0;
    struct Case {
        uint64_t series;
        const char* batch_max;  // MetricMaxBatchSize; null: the default
        const char* cache_max;  // MetricSeriesCacheSize; null: the default of 50,000
        double per_second;
        const char* name;
    };
    const Case cases[] = {
        {kSeries, kLargeTransactions, nullptr, kSampleGoal, "metrics.series_5000"},
        {kSeries, kLargeTransactions, nullptr, 0, "metrics.series_5000_flood"},
        {kSeries, nullptr, nullptr, 0, "metrics.series_5000_flood_default_batch"},
        {10'000, kLargeTransactions, nullptr, 0, "metrics.series_10000_flood"},
        {50'000, kLargeTransactions, nullptr, 0, "metrics.series_50000_flood"},
        {200'000, kLargeTransactions, nullptr, 0, "metrics.series_200000_flood"},
        {200'000, kLargeTransactions, "250000", 0, "metrics.series_200000_flood_large_cache"},
    };
    for (const Case& one : cases) {
        const SeriesNames names(one.series);
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
        const Sent sent = send(
            state.below("run/metric.sock"), rows, {one.per_second, kBatch},
            [&](wire::RecordDatagram& datagram, uint64_t number) { names.add(datagram, number); });
        const uint64_t stored = rows.count();
        EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
        if (&one == cases) {
            bytes_per_sample = bytesPerRow(state.below("metrics.db"), stored);
        }
        report(one.name, sent, kSampleGoal, figures);
    }
    figures.push_back({"metrics.bytes_per_sample", bytes_per_sample, "bytes", 45, "goal", ""});
}

}  // namespace evd::bench
