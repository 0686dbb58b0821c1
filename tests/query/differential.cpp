// Random events and log lines and random questions about them, answered by the engine and by an
// evaluator that is as simple and slow as can be: every record in memory, conditions over a tree of
// its own, sort, cut. Shares no judgement with the engine: its own comparisons (through long double
// and integers), its own folding, its own flattening.
//
// Random rules say who may see what. SYSTEM must get the answer about the whole store in spite of
// them, and somebody else the answer that a store gives from which everything hidden was removed
// (Spec §9.2), except where the question is refused because it sorts or groups by what is hidden
// (Ruling A4). Prints its seed; `differential ROUNDS SEED` repeats a run.

#include "common/base/check.h"
#include "common/base/guid.h"
#include "common/base/text.h"
#include "queryd/stream/counting_signal.h"
#include "tests/query/differential_run.h"
#include "tests/query/engine_answers.h"
#include "tests/query/random_cross.h"
#include "tests/query/random_log_question.h"
#include "tests/query/random_question.h"
#include "tests/query/simple_evaluator.h"
#include "tests/query/viewer.h"
#include "tests/support/event_shards.h"
#include "tests/support/fake_clock.h"
#include "tests/support/log_store.h"
#include "tests/support/temporary_directory.h"

#include <atomic>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace evd::test {

namespace {

constexpr uint32_t kQuestionsPerStore = 100;
// So that even small databases are read by several threads in parts.
constexpr uint32_t kThreads = 3;
constexpr uint64_t kSplitRowsMin = 2;

constexpr std::string_view kRefusal = "error: the answer may not be sorted, grouped";

// What was asked of one store.
struct Outcome {
    int differences = 0;
    int refused = 0;

    void add(const Outcome& other) {
        differences += other.differences;
        refused += other.refused;
    }
};

// Asks and compares.
Outcome compareAnswers(queryd::QueryEngine& engine, const Viewer& viewer, access::ObjectKind kind,
                       const std::vector<SimpleQuestion>& questions,
                       const std::vector<SimpleRecord>& records) {
    Outcome outcome;
    const auto visible = viewer.visible(kind, records);
    for (const SimpleQuestion& question : questions) {
        const auto answered = ask(engine, viewer.caller(), question.text);
        if (!answered.empty() && answered.front().starts_with(kRefusal)) {
            ++outcome.refused;
            if (!viewer.mayRefuse(kind, question, records)) {
                printDifference(question.text, {"no refusal"}, answered);
                ++outcome.differences;
            }
            continue;
        }
        const auto expected = viewer.mustRefuse(kind, question, visible)
                                  ? std::vector<std::string>{"a refusal"}
                                  : evaluate(question, visible);
        if (expected != answered) {
            printDifference(base::cat("asked by ", viewer.name(), ": ", question.text), expected,
                            answered);
            ++outcome.differences;
        }
    }
    return outcome;
}

std::unique_ptr<queryd::QueryEngine> engineOver(const TemporaryDirectory& folder, Viewer& viewer,
                                                const FakeClock& clock,
                                                queryd::CountingSignal& signal) {
    return queryd::makeQueryEngine({.event_store_path = folder.path(),
                                    .log_store_path = folder / "logs/logs.db",
                                    .access = &viewer.policy(),
                                    .reader_threads = kThreads,
                                    .split_rows_min = kSplitRowsMin},
                                   clock, signal);
}

// Some of the indexes that the store might have made by now (Spec §3.3): they must not change any
// answer.
void addIndexes(std::mt19937_64& random, TestShard& shard) {
    for (const char* column : {"cpu_id", "origin_class", "process_guid", "event_type"}) {
        if (random() % 4 == 0) {
            shard.execute(
                base::cat("CREATE INDEX \"idx_events_", column, "\" ON events(", column, ")"));
        }
    }
    for (const char* path : {"n", "s", "v", "m.a", "m.b"}) {
        if (random() % 3 == 0) {
            shard.execute(base::cat("CREATE INDEX \"idx_events_payload_", path,
                                    "\" ON events(msgpack_extract(payload, '$.", path, "'))"));
        }
    }
}

// One event store with its questions.
Outcome runEvents(std::mt19937_64& random, uint32_t count) {
    const TemporaryDirectory folder;
    const std::vector<SimpleEvent> events = randomEvents(random);
    std::vector<std::unique_ptr<TestShard>> shards;
    const size_t shard_count = 1 + random() % 3;
    for (size_t i = 0; i < shard_count; ++i) {
        const auto types =
            random() % 4 == 0 ? TestShard::Types::Unlisted : TestShard::Types::Listed;
        shards.push_back(
            std::make_unique<TestShard>(folder / base::cat("shard-", i, ".db"), types));
    }
    std::vector<std::vector<TestEvent>> parts(shard_count);
    for (const SimpleEvent& event : events) {
        parts[random() % shard_count].push_back(rowOf(event));
    }
    for (size_t i = 0; i < shard_count; ++i) {
        shards[i]->insert(parts[i]);
        addIndexes(random, *shards[i]);
    }
    std::vector<SimpleQuestion> questions;
    for (uint32_t i = 0; i < count; ++i) {
        questions.push_back(randomQuestion(random));
    }
    const FakeClock clock;
    queryd::CountingSignal signal;
    Viewer viewer(random);
    return compareAnswers(*engineOver(folder, viewer, clock, signal), viewer,
                          access::ObjectKind::Events, questions, recordsOf(events));
}

// One log store with its questions, which may have one file in quarantine beside it; ids are
// scattered, so that a few lines look like many and every way of reading them is taken.
Outcome runLogs(std::mt19937_64& random, uint32_t count) {
    const TemporaryDirectory folder;
    std::filesystem::create_directory(folder / "logs");
    const auto origins =
        random() % 4 == 0 ? TestLogStore::Origins::Unlisted : TestLogStore::Origins::Listed;
    TestLogStore store(folder / "logs/logs.db", origins);
    const std::vector<TestLog> logs = randomLogs(random);
    // Lines in quarantine have no neighbours in the store, which the evaluator does not know about.
    const bool has_quarantine = random() % 2 == 0;
    std::vector<std::vector<TestLog>> parts(2);
    for (const TestLog& log : logs) {
        parts[has_quarantine ? random() % 2 : 0].push_back(log);
    }
    store.insert(parts[0]);
    if (has_quarantine) {
        TestLogStore(folder / "logs/logs.corrupt-1.db").insert(parts[1]);
    }
    std::vector<SimpleQuestion> questions;
    for (uint32_t i = 0; i < count; ++i) {
        questions.push_back(randomLogQuestion(random, /*may_have_context=*/!has_quarantine));
    }
    const FakeClock clock;
    queryd::CountingSignal signal;
    Viewer viewer(random);
    return compareAnswers(*engineOver(folder, viewer, clock, signal), viewer,
                          access::ObjectKind::Logs, questions, recordsOf(logs));
}

// All three stores of one machine, and questions with conditions from one to another (Spec §8.5).
class CrossRun {
  public:
    explicit CrossRun(std::mt19937_64& random) : random_(random), viewer_(random) {
        stores_.events = randomEvents(random);
        stores_.logs = randomLogs(random);
        stores_.series = randomSeries(random);
        for (SimpleEvent& event : stores_.events) {
            event.timestamp = stretched(event.timestamp);
        }
        for (TestLog& log : stores_.logs) {
            log.timestamp = stretched(log.timestamp);
        }
        std::vector<TestEvent> rows;
        for (const SimpleEvent& event : stores_.events) {
            rows.push_back(rowOf(event));
        }
        TestShard(event_folder_ / "shard-0.db").insert(rows);
        TestLogStore(folder_ / "logs.db").insert(stores_.logs);
        TestMetricStore metrics(folder_ / "metrics.db");
        fillStore(stores_.series, metrics);
    }

    Outcome run(uint32_t count) {
        const std::atomic<int64_t> window_ms{kCrossWindowMs};
        const std::atomic<int64_t> staleness_ms{kCrossStalenessMs};
        queryd::EngineConfig config;
        config.event_store_path = event_folder_.path();
        config.log_store_path = folder_ / "logs.db";
        config.metric_store_path = folder_ / "metrics.db";
        config.access = &viewer_.policy();
        config.cross_window_ms = &window_ms;
        config.metric_staleness_ms = &staleness_ms;
        config.reader_threads = kThreads;
        config.split_rows_min = kSplitRowsMin;
        const FakeClock clock;
        queryd::CountingSignal signal;
        const auto engine = queryd::makeQueryEngine(config, clock, signal);
        std::vector<SimpleQuestion> on_events;
        std::vector<SimpleQuestion> on_logs;
        for (uint32_t i = 0; i < count; ++i) {
            const bool for_events = random_() % 2 == 0;
            auto question = for_events ? randomQuestion(random_)
                                       : randomLogQuestion(random_, /*may_have_context=*/true);
            addCross(question, for_events);
            (for_events ? on_events : on_logs).push_back(std::move(question));
        }
        Outcome outcome = compareAnswers(*engine, viewer_, access::ObjectKind::Events, on_events,
                                         recordsOf(stores_.events));
        outcome.add(compareAnswers(*engine, viewer_, access::ObjectKind::Logs, on_logs,
                                   recordsOf(stores_.logs)));
        return outcome;
    }

  private:
    void addCross(SimpleQuestion& question, bool for_events) {
        if (!question.since) {
            question.since = FakeClock::kStartWallNs - 90 * base::kNsPerSecond;
            question.text += " SINCE 90s ago";
        }
        question.where.push_back(
            randomCross(random_, stores_, viewer_.visible(stores_), for_events));
        question.text += " WHERE " + question.where.back().text;
    }

    std::mt19937_64& random_;
    Viewer viewer_;
    OtherStores stores_;
    TemporaryDirectory event_folder_;
    TemporaryDirectory folder_;
};

Outcome runStore(std::mt19937_64& random, uint32_t count) {
    if (random() % 3 == 0) {
        return CrossRun(random).run(count);
    }
    return random() % 3 == 0 ? runLogs(random, count) : runEvents(random, count);
}

}  // namespace

}  // namespace evd::test

int main(int count, char** arguments) {
    const auto run = evd::test::differentialRun(count, arguments, 3000);
    std::mt19937_64 random(run.seed);
    evd::test::Outcome outcome;
    for (uint64_t done = 0;
         done < run.questions && outcome.differences < evd::test::kDifferencesShownMax;
         done += evd::test::kQuestionsPerStore) {
        outcome.add(evd::test::runStore(random, evd::test::kQuestionsPerStore));
    }
    std::printf("%llu questions, %d refused, %d differences\n",
                static_cast<unsigned long long>(run.questions), outcome.refused,
                outcome.differences);
    return outcome.differences == 0 ? 0 : 1;
}
