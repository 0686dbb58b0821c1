#include "tests/query/random_world.h"

#include "common/base/guid.h"
#include "common/base/text.h"
#include "queryd/stream/counting_signal.h"
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
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evd::test {

namespace {

// So that even small databases are read by several threads in parts.
constexpr uint32_t kThreads = 3;
constexpr uint64_t kSplitRowsMin = 2;

constexpr std::string_view kRefusal = "error: the answer may not be sorted, grouped";

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

// What every world has around its stores.
struct Surroundings {
    explicit Surroundings(Random& random) : viewer(random) {
        config.access = &viewer.policy();
        config.reader_threads = kThreads;
        config.split_rows_min = kSplitRowsMin;
    }
    void open() { engine = queryd::makeQueryEngine(config, clock, signal); }

    TemporaryDirectory folder;
    FakeClock clock;
    queryd::CountingSignal signal;
    Viewer viewer;
    queryd::EngineConfig config;
    std::unique_ptr<queryd::QueryEngine> engine;
};

// Some of the indexes that the store might have made by now (Spec §3.3): they must not change any
// answer.
void addIndexes(Random& random, TestShard& shard) {
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

class EventWorld final : public RandomWorld {
  public:
    explicit EventWorld(Random& random) : around_(random), events_(randomEvents(random)) {
        const size_t shard_count = 1 + random() % 3;
        std::vector<std::vector<TestEvent>> parts(shard_count);
        for (const SimpleEvent& event : events_) {
            parts[random() % shard_count].push_back(rowOf(event));
        }
        for (size_t i = 0; i < shard_count; ++i) {
            const auto types =
                random() % 4 == 0 ? TestShard::Types::Unlisted : TestShard::Types::Listed;
            TestShard shard(around_.folder / base::cat("shard-", i, ".db"), types);
            shard.insert(parts[i]);
            addIndexes(random, shard);
        }
        around_.config.event_store_path = around_.folder.path();
        around_.config.log_store_path = around_.folder / "logs/logs.db";
        around_.open();
    }

    Outcome ask(Random& choices, uint32_t count) override {
        std::vector<SimpleQuestion> questions;
        for (uint32_t i = 0; i < count; ++i) {
            questions.push_back(randomQuestion(choices));
        }
        return compareAnswers(*around_.engine, around_.viewer, access::ObjectKind::Events,
                              questions, recordsOf(events_));
    }

  private:
    Surroundings around_;
    const std::vector<SimpleEvent> events_;
};

// Ids are scattered, so that a few lines look like many and every way of reading them is taken.
class LogWorld final : public RandomWorld {
  public:
    explicit LogWorld(Random& random)
        : around_(random), has_quarantine_(random() % 2 == 0), logs_(randomLogs(random)) {
        std::filesystem::create_directory(around_.folder / "logs");
        const auto origins =
            random() % 4 == 0 ? TestLogStore::Origins::Unlisted : TestLogStore::Origins::Listed;
        std::vector<std::vector<TestLog>> parts(2);
        for (const TestLog& log : logs_) {
            parts[has_quarantine_ ? random() % 2 : 0].push_back(log);
        }
        TestLogStore(around_.folder / "logs/logs.db", origins).insert(parts[0]);
        if (has_quarantine_) {
            TestLogStore(around_.folder / "logs/logs.corrupt-1.db").insert(parts[1]);
        }
        around_.config.event_store_path = around_.folder.path();
        around_.config.log_store_path = around_.folder / "logs/logs.db";
        around_.open();
    }

    Outcome ask(Random& choices, uint32_t count) override {
        std::vector<SimpleQuestion> questions;
        for (uint32_t i = 0; i < count; ++i) {
            // Lines in quarantine have no neighbours in the store, which the evaluator does not
            // know about.
            questions.push_back(randomLogQuestion(choices, /*may_have_context=*/!has_quarantine_));
        }
        return compareAnswers(*around_.engine, around_.viewer, access::ObjectKind::Logs, questions,
                              recordsOf(logs_));
    }

  private:
    Surroundings around_;
    const bool has_quarantine_;
    const std::vector<TestLog> logs_;
};

class CrossWorld final : public RandomWorld {
  public:
    explicit CrossWorld(Random& random) : around_(random) {
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
        TestLogStore(around_.folder / "logs.db").insert(stores_.logs);
        TestMetricStore metrics(around_.folder / "metrics.db");
        fillStore(random, stores_.series, metrics);
        around_.config.event_store_path = event_folder_.path();
        around_.config.log_store_path = around_.folder / "logs.db";
        around_.config.metric_store_path = around_.folder / "metrics.db";
        around_.config.cross_window_ms = &window_ms_;
        around_.config.metric_staleness_ms = &staleness_ms_;
        around_.open();
    }

    Outcome ask(Random& choices, uint32_t count) override {
        std::vector<SimpleQuestion> on_events;
        std::vector<SimpleQuestion> on_logs;
        for (uint32_t i = 0; i < count; ++i) {
            const bool for_events = choices() % 2 == 0;
            auto question = for_events ? randomQuestion(choices)
                                       : randomLogQuestion(choices, /*may_have_context=*/true);
            addCross(choices, question, for_events);
            (for_events ? on_events : on_logs).push_back(std::move(question));
        }
        Outcome outcome =
            compareAnswers(*around_.engine, around_.viewer, access::ObjectKind::Events, on_events,
                           recordsOf(stores_.events));
        outcome.add(compareAnswers(*around_.engine, around_.viewer, access::ObjectKind::Logs,
                                   on_logs, recordsOf(stores_.logs)));
        return outcome;
    }

  private:
    void addCross(Random& choices, SimpleQuestion& question, bool for_events) {
        if (!question.since) {
            question.since = FakeClock::kStartWallNs - 90 * base::kNsPerSecond;
            question.text += " SINCE 90s ago";
        }
        question.where.push_back(
            randomCross(choices, stores_, around_.viewer.visible(stores_), for_events));
        question.text += " WHERE " + question.where.back().text;
    }

    const std::atomic<int64_t> window_ms_{kCrossWindowMs};
    const std::atomic<int64_t> staleness_ms_{kCrossStalenessMs};
    OtherStores stores_;
    TemporaryDirectory event_folder_;
    Surroundings around_;
};

}  // namespace

std::unique_ptr<RandomWorld> makeEventWorld(Random& random) {
    return std::make_unique<EventWorld>(random);
}

std::unique_ptr<RandomWorld> makeLogWorld(Random& random) {
    return std::make_unique<LogWorld>(random);
}

std::unique_ptr<RandomWorld> makeCrossWorld(Random& random) {
    return std::make_unique<CrossWorld>(random);
}

}  // namespace evd::test
