// How long questions take over a million events and a million log lines, asked of the engine in
// this process: no transport, warm cache, the best of several runs. `question_bench [rows [word]]`
// asks only those whose text contains the word.
//
// The shape of the data: 1,000 s, 20 types or origins, 4,000 process ids, messages of 100 bytes of
// which one in a thousand holds the text that is looked for.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/bench/figures.h"
#include "tests/support/event_shards.h"
#include "tests/support/log_store.h"
#include "tests/support/temporary_directory.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace evd::bench {

namespace {

constexpr uint64_t kRowsDefault = 1'000'000;
constexpr uint64_t kRowsPerInsert = 10'000;
constexpr int kRuns = 8;
constexpr uint32_t kPageBytes = 16 * 1024;  // as the store makes them
constexpr size_t kMessageBytes = 100;
constexpr int64_t kSpanNs = 1000 * base::kNsPerSecond;

struct Question {
    const char* text;
    double goal_ms;
};

constexpr auto kQuestions = std::to_array<Question>({
    {"EVENTS TAKE 10", 2},
    {"EVENTS bench.type7 TAKE 10", 3},
    {"EVENTS bench.type7 COUNT", 30},
    {"EVENTS bench.type7 WHERE priority == 3", 60},
    {"EVENTS WHERE pid == 1234", 40},
    {"EVENTS WHERE message CONTAINS \"Needle in\"", 70},
    {"EVENTS WHERE message MATCHES \"needle in\"", 0},
    {"EVENTS COUNT BY event_type", 150},
    {"EVENTS GROUP event_type SUM size", 300},
    {"EVENTS COUNT", 0},
    {"LOGS TAKE 10", 2},
    {"LOGS FROM origin7 TAKE 10", 3},
    {"LOGS FROM rare TAKE 10", 3},
    {"LOGS FROM origin7 COUNT", 30},
    {"LOGS CONTAINING \"Needle in\"", 70},
    {"LOGS WHERE message MATCHES \"needle in\"", 0},
    {"LOGS FROM origin7 CONTAINING \"Needle in\"", 0},
    {"LOGS FROM origin7 ERROR ONLY", 0},
    {"LOGS COUNT BY origin", 150},
    {"LOGS DISTINCT origin", 0},
    {"LOGS COUNT", 0},
    {"LOGS ERROR ONLY COUNT", 0},
    {"LOGS CONTAINING \"Needle in\" TAKE 100 WITH CONTEXT 3", 0},
});

class Discard final : public queryd::RecordSink {
  public:
    base::Result<void> record(std::span<const uint8_t>) override {
        ++count;
        return {};
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> flush() override { return {}; }
    uint64_t count = 0;
};

std::string messageOf(uint64_t row, std::mt19937_64& random) {
    static constexpr std::string_view kLetters = "etaoin shrdlucmfwypvbgkjqxz 0123";
    std::string message = row % 1000 == 500 ? "a needle in the hay " : "";
    while (message.size() < kMessageBytes) {
        message += kLetters[random() % kLetters.size()];
    }
    return message;
}

int64_t timeOf(uint64_t row, uint64_t rows, int64_t now_ns) {
    return now_ns - kSpanNs + static_cast<int64_t>(row * (static_cast<uint64_t>(kSpanNs) / rows));
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

void fill(const std::string& folder, uint64_t rows, int64_t now_ns) {
    std::mt19937_64 random(1);
    test::TestShard shard(folder + "/shard-0000.db", test::TestShard::Types::Listed, kPageBytes);
    test::TestLogStore store(folder + "/logs/logs.db", test::TestLogStore::Origins::Listed,
                             kPageBytes);
    for (uint64_t first = 0; first < rows; first += kRowsPerInsert) {
        std::vector<test::TestEvent> events;
        std::vector<test::TestLog> logs;
        for (uint64_t row = first; row < std::min(rows, first + kRowsPerInsert); ++row) {
            test::TestEvent event;
            event.id = static_cast<int64_t>(row) + 1;
            event.timestamp = timeOf(row, rows, now_ns);
            event.type = base::cat("bench.type", random() % 20);
            event.cpu = 0;
            event.sequence = event.id;
            event.origin_class = 0;
            event.payload = payloadOf(row, random);
            events.push_back(std::move(event));
            test::TestLog log;
            log.id = static_cast<int64_t>(row) + 1;
            log.timestamp = timeOf(row, rows, now_ns);
            log.origin = row == 5 ? "rare" : base::cat("origin", random() % 20);
            log.is_error = random() % 10 == 0;
            log.message = messageOf(row, random);
            logs.push_back(std::move(log));
        }
        shard.insert(events);
        store.insert(logs);
    }
}

Figure measure(queryd::QueryEngine& engine, const Question& question, const base::Clock& clock) {
    double best_ms = 0;
    uint64_t records = 0;
    for (int run = 0; run < kRuns; ++run) {
        const auto prepared = engine.prepare(question.text);
        EVD_CHECK(prepared.ok(), question.text);
        Discard sink;
        queryd::RunOptions options;
        options.caller.system = true;
        const int64_t begun_ns = clock.monotonicNs();
        EVD_CHECK(engine.run(*prepared.value(), options, sink).ok(), question.text);
        const double ms = static_cast<double>(clock.monotonicNs() - begun_ns) / base::kNsPerMs;
        best_ms = run == 0 ? ms : std::min(best_ms, ms);
        records = sink.count;
    }
    const std::string goal = question.goal_ms > 0 ? base::cat(question.goal_ms, " ms") : "";
    return {base::cat(question.text, " (", records, ")"), best_ms, "ms", 0, "", goal};
}

}  // namespace

}  // namespace evd::bench

int main(int count, char** arguments) {
    namespace bench = evd::bench;
    const auto rows = evd::base::parseU64(count > 1 ? arguments[1] : "");
    const std::string_view word = count > 2 ? arguments[2] : "";
    const evd::base::SystemClock clock;
    const evd::test::TemporaryDirectory folder;
    std::filesystem::create_directory(folder / "logs");
    bench::fill(folder.path(), rows ? rows.value() : bench::kRowsDefault, clock.wallNs());
    evd::queryd::CountingSignal signal;
    const auto engine = evd::queryd::makeQueryEngine(
        {.event_store_path = folder.path(), .log_store_path = folder / "logs/logs.db"}, clock,
        signal);
    std::vector<bench::Figure> figures;
    for (const bench::Question& question : bench::kQuestions) {
        if (std::string_view(question.text).find(word) != std::string_view::npos) {
            figures.push_back(bench::measure(*engine, question, clock));
        }
    }
    bench::printTable(figures);
    return 0;
}
