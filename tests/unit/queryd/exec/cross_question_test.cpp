// Conditions on other stores through the engine: settings, limits, crowds, damage, and the live
// part of streaming questions. The exact answers of a few records are in tests/query/cross.case.

#include "common/base/text.h"
#include "queryd/exec/live_records.h"
#include "queryd/exec/query_engine.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/planner.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/event_shards.h"
#include "tests/support/fake_clock.h"
#include "tests/support/log_store.h"
#include "tests/support/metric_store.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/queryd/exec/running_stream.h"

#include <doctest/doctest.h>
#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace evd::queryd {
using test::RecordList;
using test::RunningStream;
using test::TestEvent;
using test::TestLog;
using test::TestLogStore;
using test::TestMetricStore;
using test::TestShard;

namespace {

constexpr int64_t kSecond = base::kNsPerSecond;
constexpr int64_t kStart = 1'767'225'600 * kSecond;  // 2026-01-01

TestEvent eventAt(int64_t id, int64_t ns, std::string type = "app.work") {
    TestEvent event;
    event.id = id;
    event.timestamp = kStart + ns;
    event.type = std::move(type);
    event.payload = test::msgpackOfJson(base::cat("{\"n\": ", id, "}")).value();
    return event;
}

TestLog logAt(int64_t id, int64_t ns, std::string message = "line") {
    TestLog log;
    log.id = id;
    log.timestamp = kStart + ns;
    log.origin = "unit";
    log.message = std::move(message);
    return log;
}

std::string line(int64_t id) {
    return base::cat("{\"n\":", id, "}");
}

class FilterReports final : public StoreControl {
  public:
    void filtered(const std::vector<std::string>& fields) override { reports.push_back(fields); }
    void rollupAsked(wire::RollupFunction, uint32_t) override {}
    base::Result<void> index(const std::string&, int64_t, const std::atomic<bool>*) override {
        return {};
    }
    std::vector<std::vector<std::string>> reports;
};

// The three stores of one machine, an hour after the start.
struct Machine {
    test::TemporaryDirectory folder;
    test::TemporaryDirectory other_folder;
    test::FakeClock clock{kStart + 3600 * kSecond};
    CountingSignal signal;
    FilterReports reports;
    std::atomic<int64_t> window_ms{15'000};
    std::atomic<int64_t> lookback_seconds{604'800};
    TestShard events{folder / "shard-0000.db"};
    TestLogStore logs{other_folder / "logs.db"};
    TestMetricStore metrics{other_folder / "metrics.db"};
    std::unique_ptr<QueryEngine> engine = makeQueryEngine(config(), clock, signal, &reports);

    EngineConfig config() {
        EngineConfig config;
        config.event_store_path = folder.path();
        config.log_store_path = other_folder / "logs.db";
        config.metric_store_path = other_folder / "metrics.db";
        config.cross_window_ms = &window_ms;
        config.cross_lookback_seconds = &lookback_seconds;
        return config;
    }

    std::vector<std::string> ask(std::string_view text, Caller caller = {"", true, false}) {
        auto prepared = engine->prepare(text);
        if (!prepared) {
            return {"error: " + prepared.error().text};
        }
        RecordList records;
        RunOptions options;
        options.caller = caller;
        const auto done = engine->run(*prepared.value(), options, records);
        return done ? records.lines() : std::vector{"error: " + done.error().text};
    }
};

// The live part of a question, round by round; stores are empty of records when it begins.
class LivePart {
  public:
    LivePart(Machine& machine, std::string_view text)
        : config_(machine.config()),
          readers_({config_.event_store_path, config_.log_store_path}, connections_, {1}, 1 << 20),
          sights_(nullptr, {"", true, false}),
          cross_(readers_, config_, sights_),
          plan_(livePlan(planQuery(parseQuery(text).value(), machine.clock.wallNs()).value())) {
        control_.clock = &machine.clock;
        live_ = std::make_unique<LiveRecords>(
            LiveRecords::Parts{readers_, plan_, control_, cross_, sights_}, StreamCursors(),
            records_);
    }

    std::vector<std::string> round() {
        const size_t before = records_.lines().size();
        REQUIRE(live_->sendNew().ok());
        const auto lines = records_.lines();
        return {lines.begin() + static_cast<ptrdiff_t>(before), lines.end()};
    }

  private:
    EngineConfig config_;
    ConnectionCache connections_;
    StoreReaders readers_;
    Sights sights_;
    CrossReader cross_;
    RecordPlan plan_;
    RunControl control_;
    RecordList records_;
    std::unique_ptr<LiveRecords> live_;
};

}  // namespace

TEST_CASE("cross question: the window is the setting's at the time of the question") {
    Machine machine;
    machine.events.insert(eventAt(1, 100 * kSecond));
    machine.logs.insert(logAt(1, 105 * kSecond));
    constexpr std::string_view kQuestion = "EVENTS SINCE 1h ago WHERE LOG unit EXISTS SELECT n";
    machine.window_ms = 10'000;
    CHECK(machine.ask(kQuestion) == std::vector{line(1)});
    machine.window_ms = 9'999;  // half of it is one half millisecond too little
    CHECK(machine.ask(kQuestion).empty());
}

TEST_CASE("cross question: the lookback limit is the setting's at the time of the question") {
    Machine machine;
    constexpr std::string_view kQuestion = "EVENTS SINCE 2h ago WHERE LOG unit EXISTS";
    CHECK(machine.ask(kQuestion).empty());
    machine.lookback_seconds = 3600;
    const auto answer = machine.ask(kQuestion);
    REQUIRE(answer.size() == 1);
    CHECK(answer.front().find("the time range is too large") != std::string::npos);
}

TEST_CASE(
    "cross question: a sample older than the lookback limit does not stand at the beginning") {
    Machine machine;
    const int64_t series = machine.metrics.addSeries("m", "", wire::MetricType::Gauge);
    machine.metrics.addSample(series, kStart - 3601 * kSecond, 9);
    machine.events.insert(eventAt(1, 0));
    machine.lookback_seconds = 3600;
    constexpr std::string_view kQuestion = "EVENTS SINCE 2026-01-01 WHERE METRIC m > 5 SELECT n";
    CHECK(machine.ask(kQuestion).empty());
    machine.metrics.addSample(series, kStart - 3600 * kSecond, 9);
    CHECK(machine.ask(kQuestion) == std::vector{line(1)});
}

TEST_CASE("cross question: crowds of records come to the same ranges") {
    Machine machine;
    // A crowd of 30,000 in half a minute, some that stand alone, and another crowd.
    std::vector<TestLog> logs;
    int64_t id = 0;
    for (int i = 0; i < 30'000; ++i) {
        logs.push_back(logAt(++id, 100 * kSecond + i * (base::kNsPerMs)));
    }
    for (const int64_t alone : {500, 515, 531}) {
        logs.push_back(logAt(++id, alone * kSecond));
    }
    for (int i = 0; i < 30'000; ++i) {
        logs.push_back(logAt(++id, 1000 * kSecond + i * (base::kNsPerMs)));
    }
    machine.logs.insert(logs);
    std::vector<TestEvent> events;
    std::vector<std::string> expected;
    for (int64_t i = 0; i < 1200; ++i) {
        const int64_t at = 1200 - i;
        events.push_back(eventAt(i + 1, at * kSecond));
        const auto near = [at](int64_t from, int64_t to) {
            return at * 1000 >= from - 7500 && at * 1000 <= to + 7500;
        };
        if (near(100'000, 129'999) || near(500'000, 500'000) || near(515'000, 515'000) ||
            near(531'000, 531'000) || near(1'000'000, 1'029'999)) {
            expected.push_back(line(i + 1));
        }
    }
    machine.events.insert(events);
    CHECK(machine.ask("EVENTS SINCE 2026-01-01 WHERE LOG unit EXISTS SELECT n") == expected);
    CHECK(machine.ask("EVENTS SINCE 2026-01-01 WHERE LOG unit CONTAINING ine EXISTS SELECT n") ==
          expected);
    CHECK(machine.ask("EVENTS SINCE 2026-01-01 WHERE LOG unit EXISTS COUNT") ==
          std::vector{base::cat("{\"count\":", expected.size(), "}")});
}

TEST_CASE("cross question: one who sees nothing learns nothing, not even that a metric is odd") {
    Machine machine;
    const std::vector<double> bounds = {1};
    (void)machine.metrics.addSeries("h", "", wire::MetricType::Histogram, bounds);
    machine.events.insert(eventAt(1, 100 * kSecond));
    const Caller nobody{"someone", false, false};
    CHECK(machine.ask("EVENTS SINCE 1h ago WHERE METRIC h > 5", nobody).empty());
    CHECK(machine.ask("EVENTS SINCE 1h ago WHERE METRIC h > 5").size() == 1);
    CHECK(machine.ask("METRIC h SINCE 1h ago WHERE EVENT app.work EXISTS", nobody).empty());
    CHECK(machine.reports.reports.empty());
}

TEST_CASE("cross question: a store that is not there or cannot be read holds nothing") {
    Machine machine;
    machine.events.insert(eventAt(1, 100 * kSecond));
    EngineConfig config = machine.config();
    config.log_store_path = "";
    config.metric_store_path = machine.other_folder / "broken.db";
    std::ofstream(config.metric_store_path) << std::string(8192, 'x');
    machine.engine = makeQueryEngine(config, machine.clock, machine.signal);
    CHECK(machine.ask("EVENTS SINCE 1h ago WHERE LOG unit EXISTS").empty());
    CHECK(machine.ask("EVENTS SINCE 1h ago WHERE METRIC m > 0").empty());
    CHECK(machine.ask("EVENTS SINCE 1h ago WHERE NOT (METRIC m > 0) SELECT n") ==
          std::vector{line(1)});
}

TEST_CASE("cross question: WHERE EVENT counts as filtered by event_type, in every mode") {
    Machine machine;
    (void)machine.ask("LOGS SINCE 1h ago WHERE EVENT a EXISTS");
    (void)machine.ask("METRIC m SINCE 1h ago WHERE EVENT a EXISTS");
    (void)machine.ask("LOGS SINCE 1h ago WHERE METRIC m > 0");
    using Fields = std::vector<std::string>;
    CHECK(machine.reports.reports == std::vector<Fields>{{"event_type"}, {"event_type"}});
}

TEST_CASE("cross question: past the deadline it ends before it reads") {
    Machine machine;
    machine.logs.insert(logAt(1, 100 * kSecond));
    auto prepared = machine.engine->prepare("EVENTS SINCE 1h ago WHERE LOG unit EXISTS");
    REQUIRE(prepared.ok());
    RecordList records;
    RunOptions options;
    options.caller.system = true;
    options.deadline_monotonic_ns = 1;
    machine.clock.advanceMs(1000);
    const auto done = machine.engine->run(*prepared.value(), options, records);
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().kind == base::ErrorKind::Busy);
}

TEST_CASE("cross question: a gone store's earlier samples come before those of its successor") {
    Machine machine;
    TestMetricStore corrupt(machine.other_folder / "metrics.corrupt-1.db");
    const int64_t before = corrupt.addSeries("m", "", wire::MetricType::Gauge);
    corrupt.addSample(before, kStart + 10 * kSecond, 9);
    const int64_t after = machine.metrics.addSeries("m", "", wire::MetricType::Gauge);
    machine.metrics.addSample(after, kStart + 50 * kSecond, 1);
    machine.events.insert(eventAt(1, 20 * kSecond));
    machine.events.insert(eventAt(2, 60 * kSecond));
    CHECK(machine.ask("EVENTS SINCE 1h ago WHERE METRIC m > 5 SELECT n") == std::vector{line(1)});
}

TEST_CASE("cross stream: a METRIC condition is judged anew for every batch, by its latest time") {
    Machine machine;
    const int64_t series = machine.metrics.addSeries("m", "", wire::MetricType::Gauge);
    machine.metrics.addSample(series, kStart, 1);
    LivePart live(machine, "EVENTS SINCE 1h ago WHERE METRIC m > 5 SELECT n STREAM");
    machine.events.insert(eventAt(1, 10 * kSecond));
    CHECK(live.round().empty());
    machine.metrics.addSample(series, kStart + 20 * kSecond, 9);
    machine.events.insert(std::vector{eventAt(2, 25 * kSecond), eventAt(3, 15 * kSecond)});
    CHECK(live.round() == std::vector{line(2), line(3)});
    machine.metrics.addSample(series, kStart + 30 * kSecond, 1);
    machine.events.insert(std::vector{eventAt(4, 29 * kSecond), eventAt(5, 30 * kSecond)});
    CHECK(live.round().empty());
    machine.metrics.addSample(series, kStart + 40 * kSecond, 9);
    machine.events.insert(eventAt(6, 40 * kSecond));
    CHECK(live.round() == std::vector{line(6)});
    CHECK(live.round().empty());
}

TEST_CASE("cross stream: NOT, AND and OR of conditions hold for a whole batch or not at all") {
    Machine machine;
    const int64_t series = machine.metrics.addSeries("m", "", wire::MetricType::Gauge);
    machine.metrics.addSample(series, kStart, 9);
    LivePart live(machine,
                  "EVENTS SINCE 1h ago WHERE METRIC m > 5 AND NOT (LOG unit EXISTS) SELECT n "
                  "STREAM");
    machine.events.insert(eventAt(1, 10 * kSecond));
    CHECK(live.round() == std::vector{line(1)});
    machine.logs.insert(logAt(1, 20 * kSecond));
    machine.events.insert(std::vector{eventAt(2, 12 * kSecond), eventAt(3, 27 * kSecond)});
    CHECK(live.round().empty());
    machine.events.insert(std::vector{eventAt(4, 20 * kSecond), eventAt(5, 28 * kSecond)});
    CHECK(live.round() == std::vector{line(4), line(5)});
}

TEST_CASE("cross stream: with brackets and without, live conditions mean what they mean before") {
    Machine machine;
    const int64_t first = machine.metrics.addSeries("m", "a=1", wire::MetricType::Gauge);
    const int64_t second = machine.metrics.addSeries("m", "a=2", wire::MetricType::Gauge);
    machine.metrics.addSample(first, kStart, 9);
    machine.metrics.addSample(second, kStart + 100 * kSecond, 1);
    LivePart any(machine, "EVENTS SINCE 1h ago WHERE METRIC m[] > 5 SELECT n STREAM");
    LivePart one(machine, "EVENTS SINCE 1h ago WHERE METRIC m > 5 SELECT n STREAM");
    LivePart low(machine, "EVENTS SINCE 1h ago WHERE METRIC m == 5 SELECT n STREAM");
    machine.events.insert(eventAt(1, 110 * kSecond));
    CHECK(any.round() == std::vector{line(1)});
    CHECK(one.round().empty());
    CHECK(low.round() == std::vector{line(1)});
}

TEST_CASE("cross stream: a batch of log lines is held against events") {
    Machine machine;
    LivePart live(machine, "LOGS SINCE 1h ago WHERE EVENT app.stop EXISTS SELECT message STREAM");
    machine.logs.insert(logAt(1, 100 * kSecond, "not this"));
    CHECK(live.round().empty());
    machine.events.insert(eventAt(1, 200 * kSecond, "app.stop"));
    machine.logs.insert(logAt(2, 201 * kSecond, "this"));
    CHECK(live.round() == std::vector<std::string>{"{\"message\":\"this\"}"});
}

TEST_CASE("cross stream: LOG and mixed conditions hold for the live part") {
    Machine machine;
    RunningStream stream(
        *machine.engine,
        "EVENTS SINCE 1h ago WHERE LOG unit CONTAINING bad EXISTS OR n == 2 SELECT n STREAM");
    stream.records().waitFor(0);
    const auto commit = [&](int64_t id, int64_t second) {
        machine.events.insert(eventAt(id, second * kSecond));
        machine.signal.bump();
    };
    commit(1, 100);
    commit(2, 100);
    stream.records().waitFor(1);
    machine.logs.insert(logAt(1, 207 * kSecond, "it is bad"));
    commit(3, 200);
    stream.records().waitFor(2);
    CHECK(stream.records().lines() == std::vector{line(2), line(3)});
}

TEST_CASE("cross stream: the initial result knows records from ahead of the clock") {
    Machine machine;
    const int64_t series = machine.metrics.addSeries("m", "", wire::MetricType::Gauge);
    machine.metrics.addSample(series, kStart + 100 * kSecond, 9);
    machine.events.insert(eventAt(1, 4000 * kSecond));
    RunningStream stream(*machine.engine, "EVENTS SINCE 1h ago WHERE METRIC m > 5 SELECT n STREAM");
    stream.records().waitFor(1);
    CHECK(stream.records().initialCount() == 1);
}

}  // namespace evd::queryd
