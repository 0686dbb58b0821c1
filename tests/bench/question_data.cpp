#include "tests/bench/question_data.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "common/wire/msgpack.h"
#include "store/rollup_builder.h"
#include "tests/support/event_shards.h"
#include "tests/support/log_store.h"
#include "tests/support/metric_store.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <string_view>
#include <vector>

namespace evd::bench {

namespace {

constexpr uint64_t kRowsPerInsert = 10'000;
constexpr uint64_t kLooksPerStep = 100'000;
constexpr uint32_t kPageBytes = 16 * 1024;  // as the store makes them
constexpr size_t kMessageBytes = 100;
constexpr int64_t kRowNs = base::kNsPerMs;
constexpr int kSeries = 250;
constexpr int64_t kScrapeNs = 15 * base::kNsPerSecond;
constexpr int64_t kScrapes = 20 * 3600 / 15;

std::string messageOf(uint64_t row, std::mt19937_64& random) {
    static constexpr std::string_view kLetters = "etaoin shrdlucmfwypvbgkjqxz 0123";
    std::string message = row % 1000 == 500 ? "a needle in the hay " : "";
    while (message.size() < kMessageBytes) {
        message += kLetters[random() % kLetters.size()];
    }
    return message;
}

int64_t timeOf(uint64_t row, uint64_t rows, int64_t end_ns) {
    return end_ns - static_cast<int64_t>(rows - row) * kRowNs;
}

std::vector<uint8_t> payloadOf(uint64_t row, std::mt19937_64& random) {
    std::vector<uint8_t> payload;
    wire::MsgpackWriter writer(payload);
    writer.mapHeader(4);
    writer.text("pid");
    writer.integer(static_cast<int64_t>(random() % 4000));
    writer.text("priority");
    writer.integer(static_cast<int64_t>(random() % 8));
    writer.text("message");
    writer.text(messageOf(row, random));
    writer.text("size");
    writer.integer(static_cast<int64_t>(random() % 100'000));
    return payload;
}

void fillRecords(const QuestionData& data, uint64_t rows) {
    std::mt19937_64 random(1);
    test::TestShard shard(data.shard(), test::TestShard::Types::Listed, kPageBytes);
    test::TestLogStore store(data.logs(), test::TestLogStore::Origins::Listed, kPageBytes);
    for (uint64_t first = 0; first < rows; first += kRowsPerInsert) {
        std::vector<test::TestEvent> events;
        std::vector<test::TestLog> logs;
        for (uint64_t row = first; row < std::min(rows, first + kRowsPerInsert); ++row) {
            test::TestEvent event;
            event.id = static_cast<int64_t>(row) + 1;
            event.timestamp = timeOf(row, rows, data.end_ns);
            event.type = base::cat("bench.type", random() % 20);
            event.cpu = 0;
            event.sequence = event.id;
            event.origin_class = 0;
            event.payload = payloadOf(row, random);
            events.push_back(std::move(event));
            test::TestLog log;
            log.id = static_cast<int64_t>(row) + 1;
            log.timestamp = timeOf(row, rows, data.end_ns);
            log.origin = row == 5 ? "rare" : base::cat("origin", random() % 20);
            log.is_error = random() % 10 == 0;
            log.message = messageOf(row, random);
            logs.push_back(std::move(log));
        }
        shard.insert(events);
        store.insert(logs);
    }
}

void fillSamples(const QuestionData& data) {
    std::mt19937_64 random(2);
    test::TestMetricStore store(data.metrics(), kPageBytes);
    std::vector<int64_t> series;
    std::vector<double> totals(kSeries, 0);
    for (int i = 0; i < kSeries; ++i) {
        const std::string labels = base::cat("instance=", i, ",job=j", i % 10);
        series.push_back(store.addSeries("bench.requests", labels, wire::MetricType::Counter));
    }
    store.begin();
    for (int64_t scrape = 0; scrape < kScrapes; ++scrape) {
        for (size_t i = 0; i < series.size(); ++i) {
            totals[i] += static_cast<double>(random() % 1000);
            store.addSample(series[i], data.end_ns - (kScrapes - scrape) * kScrapeNs, totals[i]);
        }
    }
    store.commit();
}

void execute(const std::string& path, std::string_view sql) {
    const auto connection = db::Connection::openForWriting(path);
    EVD_CHECK(connection.ok() && connection.value()->execute(sql).ok(),
              "a database of the bench was not changed");
}

// Kept folders know when they end.
int64_t endOf(const QuestionData& data) {
    const auto connection = db::Connection::openForReading(data.shard());
    EVD_CHECK(connection.ok(), "the shard could not be opened");
    const auto last = connection.value()->prepare("SELECT max(timestamp) FROM events");
    EVD_CHECK(last.ok() && last.value()->step().ok(), "the shard could not be read");
    return last.value()->columnInteger(0) + 1;
}

}  // namespace

QuestionData fillQuestionData(const std::string& folder, uint64_t rows, int64_t now_ns) {
    QuestionData data{folder, now_ns};
    if (std::filesystem::exists(data.metrics())) {
        data.end_ns = endOf(data);
        return data;
    }
    std::filesystem::create_directories(folder + "/logs");
    std::filesystem::create_directories(folder + "/metrics");
    fillRecords(data, rows);
    fillSamples(data);
    return data;
}

void addQuestionIndexes(const QuestionData& data) {
    execute(data.shard(),
            "CREATE INDEX IF NOT EXISTS \"idx_events_payload_pid\" ON "
            "events(msgpack_extract(payload, '$.pid'));"
            "CREATE INDEX IF NOT EXISTS \"idx_events_event_type\" ON events(event_type)");
}

void dropQuestionIndexes(const QuestionData& data) {
    execute(data.shard(),
            "DROP INDEX IF EXISTS idx_events_payload_pid;"
            "DROP INDEX IF EXISTS idx_events_event_type");
}

void addQuestionRollups(const QuestionData& data) {
    const auto connection = db::Connection::openForWriting(data.metrics());
    EVD_CHECK(connection.ok(), "the metric store could not be opened");
    const auto builder = store::RollupBuilder::make(*connection.value());
    EVD_CHECK(builder.ok(), "rollups cannot be computed");
    for (const uint32_t seconds : {60U, 3600U}) {
        auto pass = store::RollupBuilder::begin({wire::RollupFunction::Rate, seconds},
                                                data.end_ns - kScrapes * kScrapeNs, data.end_ns);
        while (!pass.is_finished) {
            EVD_CHECK(builder.value()->step(pass, kLooksPerStep).ok(), "a rollup was not computed");
        }
    }
}

void dropQuestionRollups(const QuestionData& data) {
    execute(data.metrics(), "DELETE FROM rollups");
}

}  // namespace evd::bench
