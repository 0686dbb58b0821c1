// Log lines and samples per second that one writer stores from ready-made batches, against a bare
// SQLite loop on the same schema in the same run: 100-byte lines of 20 origins, and gauges of 5,000
// series. `record_bench [lines [samples [records per batch]]]`.

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/db/log_schema.h"
#include "common/db/metric_schema.h"
#include "common/db/schema.h"
#include "common/db/sqlite.h"
#include "store/log_database.h"
#include "store/metric_database.h"
#include "store/record_store.h"

#include "tests/support/temporary_directory.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

namespace base = evd::base;
namespace db = evd::db;
namespace store = evd::store;
namespace test = evd::test;
namespace wire = evd::wire;

constexpr uint64_t kRowsPerTransaction = 5'000;  // of the bare loop; LogMaxBatchSize
constexpr uint64_t kSeries = 5'000;
constexpr size_t kBatchesUnansweredMax = 8;
constexpr int64_t kBegin = 1'790'000'000'000'000'000;

struct Figures {
    double rows_per_second = 0;
    double bytes_per_row = 0;
};

// The same records for the bare loop and for the store.
class Input {
  public:
    Input() {
        for (int i = 0; i < 20; ++i) {
            origins_.push_back(base::cat("service-", i));
        }
        for (uint64_t i = 0; i < kSeries; ++i) {
            names_.push_back(base::cat("metric.", i / 100));
            labels_.push_back(base::cat("core=", i % 100, ",host=server1"));
        }
    }
    wire::LogRecord line(uint64_t row) const {
        return {kBegin + static_cast<int64_t>(row) * 1'000, origins_[row % origins_.size()],
                row % 10 == 0, message_, std::nullopt};
    }
    // Every series once per round of 15 seconds.
    const std::string& name(uint64_t row) const { return names_[row % kSeries]; }
    const std::string& labels(uint64_t row) const { return labels_[row % kSeries]; }
    static int64_t sampledAt(uint64_t row) {
        return kBegin + static_cast<int64_t>(row / kSeries) * 15 * base::kNsPerSecond;
    }

  private:
    const std::string message_ = std::string(100, 'm');
    std::vector<std::string> origins_;
    std::vector<std::string> names_;
    std::vector<std::string> labels_;
};

class Loop final : public store::RecordStoreListener {
  public:
    void reportsWaiting() override {
        const std::lock_guard lock(mutex_);
        is_signalled_ = true;
        changed_.notify_one();
    }
    void committed(const wire::CommitNotice&) override {}
    void storageFailed(std::string_view, const std::string& text) override {
        std::printf("storage failed: %s\n", text.c_str());
    }
    void diskFailed() override {}
    void waitAndPump(store::RecordStore& store) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return is_signalled_; });
            is_signalled_ = false;
        }
        store.pump();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_signalled_ = false;
};

class CountedAnswer final : public store::RunAnswer {
  public:
    explicit CountedAnswer(size_t& unanswered) : unanswered_(unanswered) { ++unanswered_; }
    void give(base::Result<void> outcome) override {
        EVD_CHECK(outcome.ok(), "every batch is stored");
        --unanswered_;
    }

  private:
    size_t& unanswered_;
};

double bytesPerRow(const std::string& path, uint64_t rows) {
    return static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(rows);
}

// Binds and inserts one row after the other, as simple as can be.
template <typename Bind>
Figures runBare(const std::string& path, store::CreateSchema schema, std::string_view insert_sql,
                uint64_t rows, Bind bind) {
    {
        auto created = db::Connection::createForWriting(path, db::kPageBytes);
        EVD_CHECK(created.ok() && schema(*created.value(), 1).ok(), "the bare loop's database");
    }
    const base::SystemClock clock;
    int64_t elapsed_ns = 0;
    {
        auto connection = db::Connection::openForWriting(path);
        EVD_CHECK(connection.ok(), "the bare loop's connection");
        EVD_CHECK(connection.value()->execute("PRAGMA synchronous=NORMAL").ok(), "its pragma");
        auto insert = connection.value()->prepare(insert_sql);
        EVD_CHECK(insert.ok(), "the bare loop's statement");
        const int64_t begun_ns = clock.monotonicNs();
        for (uint64_t row = 0; row < rows; ++row) {
            if (row % kRowsPerTransaction == 0) {
                EVD_CHECK(connection.value()->execute("BEGIN").ok(), "its transaction");
            }
            bind(*insert.value(), row);
            EVD_CHECK(insert.value()->step().ok(), "the bare loop's insert");
            insert.value()->reset();
            if ((row + 1) % kRowsPerTransaction == 0 || row + 1 == rows) {
                EVD_CHECK(connection.value()->execute("COMMIT").ok(), "its commit");
                if (connection.value()->walPages() > 4'000) {
                    EVD_CHECK(connection.value()->checkpointPassive().ok(), "its checkpoint");
                }
            }
        }
        elapsed_ns = clock.monotonicNs() - begun_ns;
        EVD_CHECK(connection.value()->checkpointPassive().ok(), "its last checkpoint");
    }
    return {static_cast<double>(rows) * 1e9 / static_cast<double>(elapsed_ns),
            bytesPerRow(path, rows)};
}

Figures runStore(const std::string& path, std::unique_ptr<store::RecordFormat> format,
                 std::vector<store::RecordBatch> batches, uint64_t rows) {
    const base::SystemClock clock;
    Loop loop;
    auto opened =
        store::RecordStore::open({path, {kRowsPerTransaction, 500 * base::kNsPerMs}, 4'096'000},
                                 std::move(format), clock, loop);
    EVD_CHECK(opened.ok(), "the bench's store");
    store::RecordStore& records = *opened.value();
    base::Guid sender;
    sender.bytes.fill(1);
    (void)records.attach(sender);
    size_t unanswered = 0;
    const int64_t begun_ns = clock.monotonicNs();
    uint64_t number = 0;
    for (store::RecordBatch& batch : batches) {
        while (unanswered >= kBatchesUnansweredMax) {
            loop.waitAndPump(records);
        }
        batch.sender = sender;
        batch.number = ++number;
        records.write(std::move(batch), std::make_unique<CountedAnswer>(unanswered));
    }
    while (!records.isIdle()) {
        loop.waitAndPump(records);
    }
    const int64_t elapsed_ns = clock.monotonicNs() - begun_ns;
    std::vector<wire::Measure> measures;
    records.addMeasures(measures);
    records.stopWriter();
    for (const wire::Measure& measure : measures) {
        if (measure.value != 0) {
            std::printf("  %-28s %lld\n", measure.name.c_str(),
                        static_cast<long long>(measure.value));
        }
    }
    return {static_cast<double>(rows) * 1e9 / static_cast<double>(elapsed_ns),
            bytesPerRow(path, rows)};
}

void print(const char* what, const Figures& bare, const Figures& stored) {
    std::printf(
        "%s  bare %9.0f rows/s %5.1f bytes/row   store %9.0f rows/s %5.1f bytes/row   "
        "ratio %.2f\n",
        what, bare.rows_per_second, bare.bytes_per_row, stored.rows_per_second,
        stored.bytes_per_row, stored.rows_per_second / bare.rows_per_second);
}

void benchLogs(const std::string& folder, const Input& input, uint64_t rows, uint64_t per_batch) {
    base::Guid boot;
    boot.bytes.fill(7);
    const Figures bare = runBare(folder + "/bare_logs.db", db::createLogSchema,
                                 "INSERT INTO logs VALUES (?,?,?,?,?,?,?)", rows,
                                 [&](db::Statement& insert, uint64_t row) {
                                     const wire::LogRecord line = input.line(row);
                                     insert.bindInteger(1, static_cast<int64_t>(row) + 1);
                                     insert.bindBlob(2, boot.bytes);
                                     insert.bindInteger(3, line.timestamp_ns);
                                     insert.bindText(4, line.origin);
                                     insert.bindInteger(5, line.is_error ? 1 : 0);
                                     insert.bindText(6, line.message);
                                     insert.bindNull(7);
                                 });
    std::vector<store::RecordBatch> batches;
    for (uint64_t row = 0; row < rows; ++row) {
        if (row % per_batch == 0) {
            batches.emplace_back().bytes = per_batch * 180;
        }
        batches.back().logs.records.push_back(input.line(row));
    }
    print("logs   ", bare,
          runStore(folder + "/logs.db", std::make_unique<store::LogFormat>(boot),
                   std::move(batches), rows));
}

void benchSamples(const std::string& folder, const Input& input, uint64_t rows,
                  uint64_t per_batch) {
    const Figures bare =
        runBare(folder + "/bare_metrics.db", db::createMetricSchema,
                "INSERT INTO samples(rowid, series_id, timestamp, value) VALUES (?,?,?,?)", rows,
                [](db::Statement& insert, uint64_t row) {
                    insert.bindInteger(1, static_cast<int64_t>(row) + 1);
                    insert.bindInteger(2, static_cast<int64_t>(row % kSeries) + 1);
                    insert.bindInteger(3, Input::sampledAt(row));
                    insert.bindFloat(4, static_cast<double>(row % 977) / 7);
                });
    std::vector<store::RecordBatch> batches;
    for (uint64_t row = 0; row < rows; ++row) {
        if (row % per_batch == 0) {
            batches.emplace_back().bytes = per_batch * 60;
        }
        store::SampleBatch& batch = batches.back().samples;
        batch.series.push_back({input.name(row), input.labels(row), wire::MetricType::Gauge});
        batch.samples.push_back({static_cast<uint32_t>(batch.series.size() - 1),
                                 Input::sampledAt(row), static_cast<double>(row % 977) / 7,
                                 std::nullopt});
    }
    store::MetricState state;
    print("samples", bare,
          runStore(folder + "/metrics.db", std::make_unique<store::MetricFormat>(state),
                   std::move(batches), rows));
}

uint64_t argument(int count, char** values, int index, uint64_t otherwise) {
    const auto parsed = index < count ? base::parseU64(values[index]) : otherwise;
    return parsed.ok() ? std::max<uint64_t>(parsed.value(), 1) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
    const Input input;
    const test::TemporaryDirectory folder;
    const uint64_t per_batch = argument(argc, argv, 3, 1'000);
    benchLogs(folder.path(), input, argument(argc, argv, 1, 1'000'000), per_batch);
    benchSamples(folder.path(), input, argument(argc, argv, 2, 1'000'000), per_batch);
    return 0;
}
