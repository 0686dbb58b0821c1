#include "tests/bench/question_figures.h"

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/bench/journal_peer.h"
#include "tests/support/access_policies.h"
#include "tests/support/temporary_directory.h"

#include <sys/resource.h>
#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>

namespace evd::bench {

namespace {

enum class Store { Events, Logs, Metrics };
// What the store has prepared for questions that are asked often.
enum class With { Nothing, Indexes, Rollups };

// {since}, {since_s} and {since_ns} stand for ten seconds before the end.
struct Question {
    const char* text;
    double goal_ms;
    Store store = Store::Events;
    const char* sql = "";
    With with = With::Nothing;
    const char* journalctl = "";  // its arguments for the same
};

// Asked with rollups and without.
constexpr const char* kSomeByMinute =
    "METRIC bench.requests[job=j3] RATE AVG_OVER 1m SINCE 20h ago";
constexpr const char* kAllByMinute = "METRIC bench.requests[] RATE AVG_OVER 1m SINCE 20h ago";
constexpr const char* kAllByHour = "METRIC bench.requests[] RATE AVG_OVER 1h SINCE 20h ago";

constexpr auto kQuestions = std::to_array<Question>({
    {"EVENTS TAKE 0", 0, Store::Events, "", With::Nothing, "-n 0"},
    {"EVENTS TAKE 10", 2, Store::Events, "SELECT * FROM events ORDER BY timestamp DESC LIMIT 10",
     With::Nothing, "-n 10"},
    {"EVENTS bench.type7 TAKE 10", 3, Store::Events, "", With::Nothing,
     "-n 10 SYSLOG_IDENTIFIER=bench.type7"},
    {"EVENTS bench.type7 TAKE 5000", 0, Store::Events,
     "SELECT * FROM events WHERE event_type='bench.type7' ORDER BY timestamp DESC LIMIT 5000",
     With::Nothing, "-n 5000 SYSLOG_IDENTIFIER=bench.type7"},
    {"EVENTS bench.type7 COUNT", 30, Store::Events,
     "SELECT count(*) FROM events WHERE event_type='bench.type7'", With::Nothing,
     "SYSLOG_IDENTIFIER=bench.type7 | wc -l"},
    {"EVENTS bench.type7 WHERE priority == 3", 60, Store::Events,
     "SELECT * FROM events WHERE event_type='bench.type7' AND "
     "msgpack_extract(payload,'$.priority')=3",
     With::Nothing, "SYSLOG_IDENTIFIER=bench.type7 PRIORITY=3"},
    {"EVENTS WHERE pid == 1234", 40, Store::Events,
     "SELECT * FROM events WHERE msgpack_extract(payload,'$.pid')=1234", With::Nothing,
     "_PID=1234"},
    {"EVENTS WHERE message CONTAINS \"Needle in\"", 70, Store::Events,
     "SELECT * FROM events WHERE msgpack_extract(payload,'$.message') LIKE '%needle in%'"},
    {"EVENTS WHERE message MATCHES \"needle in\"", 0},
    {"EVENTS SINCE \"{since}\"", 20, Store::Events,
     "SELECT * FROM events WHERE timestamp>={since_ns} ORDER BY timestamp DESC", With::Nothing,
     "--since @{since_s}"},
    {"EVENTS SINCE \"{since}\" COUNT BY event_type", 0},
    {"EVENTS WHERE priority == 3 TAKE 10", 0},
    {"EVENTS COUNT BY event_type", 150, Store::Events,
     "SELECT event_type,count(*) FROM events GROUP BY event_type"},
    {"EVENTS GROUP event_type SUM size", 300, Store::Events,
     "SELECT event_type,sum(msgpack_extract(payload,'$.size')) FROM events GROUP BY event_type"},
    // Without the client, which makes jsonl of it.
    {"EVENTS", 4000, Store::Events, "SELECT * FROM events ORDER BY timestamp DESC"},
    {"LOGS", 0, Store::Logs, "SELECT * FROM logs ORDER BY timestamp DESC"},
    {"EVENTS COUNT", 0, Store::Events, "SELECT count(*) FROM events"},
    {"EVENTS bench.type7 COUNT", 5, Store::Events,
     "SELECT count(*) FROM events WHERE event_type='bench.type7'", With::Indexes,
     "SYSLOG_IDENTIFIER=bench.type7 | wc -l"},
    {"EVENTS bench.type7 WHERE priority == 3", 35, Store::Events,
     "SELECT * FROM events WHERE event_type='bench.type7' AND "
     "msgpack_extract(payload,'$.priority')=3",
     With::Indexes},
    {"EVENTS WHERE pid == 1234", 2, Store::Events,
     "SELECT * FROM events WHERE msgpack_extract(payload,'$.pid')=1234", With::Indexes,
     "_PID=1234"},
    {"EVENTS WHERE pid == 1234 TAKE 10", 0, Store::Events, "", With::Indexes, "-n 10 _PID=1234"},
    {"EVENTS WHERE pid >= 10 TAKE 10", 0, Store::Events, "", With::Indexes},
    {"EVENTS COUNT BY event_type", 60, Store::Events,
     "SELECT event_type,count(*) FROM events GROUP BY event_type", With::Indexes},
    {"LOGS TAKE 10", 2, Store::Logs},
    {"LOGS FROM origin7 TAKE 10", 3, Store::Logs},
    {"LOGS FROM rare TAKE 10", 3, Store::Logs},
    {"LOGS FROM origin7 COUNT", 30, Store::Logs},
    {"LOGS CONTAINING \"Needle in\"", 70, Store::Logs,
     "SELECT * FROM logs WHERE message LIKE '%needle in%'"},
    {"LOGS WHERE message MATCHES \"needle in\"", 0, Store::Logs},
    {"LOGS FROM origin7 CONTAINING \"Needle in\"", 0, Store::Logs},
    {"LOGS FROM origin7 ERROR ONLY", 0, Store::Logs},
    {"LOGS SINCE \"{since}\"", 20, Store::Logs,
     "SELECT * FROM logs WHERE timestamp>={since_ns} ORDER BY timestamp DESC"},
    {"LOGS COUNT BY origin", 150, Store::Logs, "SELECT origin,count(*) FROM logs GROUP BY origin"},
    {"LOGS DISTINCT origin", 0, Store::Logs},
    {"LOGS COUNT", 0, Store::Logs},
    {"LOGS ERROR ONLY COUNT", 0, Store::Logs, "SELECT count(*) FROM logs WHERE is_error"},
    {"LOGS CONTAINING \"Needle in\" TAKE 100 WITH CONTEXT 3", 0, Store::Logs},
    {"METRIC bench.requests RATE SUM AVG_OVER 1m SINCE 20h ago", 200, Store::Metrics,
     "SELECT series_id,timestamp/60000000000,min(value),max(value) FROM samples GROUP BY 1,2"},
    {kSomeByMinute, 0, Store::Metrics},
    {"METRIC bench.requests[instance=\"7\"] RATE SINCE 20h ago", 8, Store::Metrics,
     "SELECT timestamp,value FROM samples WHERE series_id=8 ORDER BY timestamp"},
    {"METRIC bench.requests SUM", 0, Store::Metrics},
    {kAllByMinute, 0, Store::Metrics},
    {kAllByHour, 0, Store::Metrics},
    {kSomeByMinute, 20, Store::Metrics, "", With::Rollups},
    {kAllByMinute, 0, Store::Metrics, "", With::Rollups},
    {kAllByHour, 0, Store::Metrics, "", With::Rollups},
});

constexpr uid_t kJudgedUid = 1001;

std::string nameOf(const Question& question) {
    switch (question.with) {
        case With::Nothing:
            return question.text;
        case With::Indexes:
            return base::cat("indexed: ", question.text);
        case With::Rollups:
            return base::cat("rolled up: ", question.text);
    }
    return question.text;
}

// A field is denied that no question speaks of: what may be seen of each record is judged.
access::SecurityPolicy everythingButOneField() {
    const std::string sid = base::cat("S-1-22-1-", kJudgedUid);
    const auto rules = [&](access::ObjectKind kind, std::string_view field) {
        const std::string guid = test::guidText(access::fieldGuid(field));
        return test::policyOf(
            kind,
            {{"*", base::cat("O:SYG:SYD:P(OD;;0x1;", guid, ";;", sid, ")(A;;0x1;;;", sid, ")")}});
    };
    return test::joined({rules(access::ObjectKind::Events, "absent"),
                         rules(access::ObjectKind::Logs, "job_id"),
                         rules(access::ObjectKind::Metrics, "absent")});
}

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

struct Spent {
    double wall_ms = 0;
    double processor_ms = 0;
};

double processorMs() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto milliseconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
    };
    return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

Spent quickest(int runs, const base::Clock& clock, const std::function<void()>& run) {
    Spent best;
    for (int i = 0; i < runs; ++i) {
        const int64_t begun_ns = clock.monotonicNs();
        const double begun_ms = processorMs();
        run();
        const double processor_ms = processorMs() - begun_ms;
        const double wall_ms = static_cast<double>(clock.monotonicNs() - begun_ns) / base::kNsPerMs;
        best.wall_ms = i == 0 ? wall_ms : std::min(best.wall_ms, wall_ms);
        best.processor_ms = i == 0 ? processor_ms : std::min(best.processor_ms, processor_ms);
    }
    return best;
}

std::string filledIn(std::string text, const QuestionData& data) {
    const int64_t since_ns = data.end_ns - 10 * base::kNsPerSecond;
    const auto replace = [&](std::string_view word, const std::string& value) {
        if (const size_t at = text.find(word); at != std::string::npos) {
            text.replace(at, word.size(), value);
        }
    };
    replace("{since}", base::formatIsoTime(since_ns));
    replace("{since_s}", base::cat(since_ns / base::kNsPerSecond));
    replace("{since_ns}", base::cat(since_ns));
    return text;
}

// Everything that the statement gives, looked at once.
void readAll(db::Connection& connection, const std::string& sql) {
    auto statement = connection.prepare(sql);
    EVD_CHECK(statement.ok(), "a statement of the bench is wrong");
    for (;;) {
        const auto row = statement.value()->step();
        EVD_CHECK(row.ok(), "a statement of the bench failed");
        if (!row.value()) {
            return;
        }
        for (int i = 0; i < statement.value()->columnCount(); ++i) {
            (void)statement.value()->columnKind(i);  // the value itself is there by now
        }
    }
}

class Bench {
  public:
    Bench(const QuestionBench& bench, QuestionData data)
        : bench_(bench),
          data_(std::move(data)),
          caller_(test::callerWithUid(bench.judged ? kJudgedUid : 0)),
          engine_(makeEngine(&policy_)),
          unchecked_(makeEngine(nullptr)) {
        if (bench.judged) {
            policy_.install(everythingButOneField());
        }
        if (bench.beside == Beside::PlainSql && !bench.judged) {
            journal_ = JournalPeer::of(data_);
        }
    }

    void measure(With with, std::vector<Figure>& figures) {
        for (const Question& question : kQuestions) {
            const bool is_wanted =
                std::string_view(question.text).find(bench_.word) != std::string_view::npos;
            if (question.with == with && is_wanted) {
                figures.push_back(figureOf(question));
                addSamples(question, figures);
                addJournal(question, figures);
            }
        }
    }

  private:
    std::unique_ptr<queryd::QueryEngine> makeEngine(queryd::AccessPolicy* policy) {
        return queryd::makeQueryEngine({.event_store_path = data_.folder,
                                        .log_store_path = data_.logs(),
                                        .metric_store_path = data_.metrics(),
                                        .access = policy},
                                       clock_, signal_);
    }

    Figure figureOf(const Question& question) {
        const std::string text = filledIn(question.text, data_);
        uint64_t records = 0;
        const Spent ours = quickest(bench_.runs, clock_, [&] { records = ask(*engine_, text); });
        Figure figure{nameOf(question),
                      ours.wall_ms,
                      "ms",
                      0,
                      "",
                      question.goal_ms > 0 ? base::cat(question.goal_ms, " ms") : "",
                      ours.processor_ms};
        figure.records = static_cast<int64_t>(records);
        if (bench_.beside == Beside::NoAccessControl) {
            const Spent bare = quickest(bench_.runs, clock_, [&] { (void)ask(*unchecked_, text); });
            figure.reference = bare.wall_ms;
            figure.reference_name = "without";
            figure.reference_processor_ms = bare.processor_ms;
        } else if (*question.sql != 0) {
            const auto connection = db::Connection::openForReading(pathOf(question.store));
            EVD_CHECK(connection.ok(), "a database of the bench could not be opened");
            const std::string sql = filledIn(question.sql, data_);
            const Spent plain = quickest(3, clock_, [&] { readAll(*connection.value(), sql); });
            figure.reference = plain.wall_ms;
            figure.reference_name = "plain SQL";
            figure.reference_processor_ms = plain.processor_ms;
        }
        return figure;
    }

    // Beside a question to rollups stands the same to the samples.
    static void addSamples(const Question& question, std::vector<Figure>& figures) {
        const auto samples = std::find_if(
            figures.begin(), figures.end(),
            [&](const Figure& figure) { return figure.name == std::string_view(question.text); });
        Figure& figure = figures.back();
        if (question.with == With::Rollups && figure.reference == 0 && samples != figures.end()) {
            figure.reference = samples->value;
            figure.reference_name = "from samples";
            figure.reference_processor_ms = samples->processor_ms;
        }
    }

    // The same figure of ours beside journalctl's.
    void addJournal(const Question& question, std::vector<Figure>& figures) const {
        if (!journal_ || *question.journalctl == 0) {
            return;
        }
        if (figures.back().reference != 0) {
            figures.push_back(figures.back());
        }
        figures.back().reference =
            journal_->quickestMs(bench_.runs, filledIn(question.journalctl, data_));
        figures.back().reference_name = "journalctl";
        figures.back().reference_processor_ms = 0;  // of another program
    }

    uint64_t ask(queryd::QueryEngine& engine, const std::string& text) const {
        const auto prepared = engine.prepare(text);
        EVD_CHECK(prepared.ok(), "a question of the bench is wrong");
        Discard sink;
        queryd::RunOptions options;
        options.caller = caller_;
        EVD_CHECK(engine.run(*prepared.value(), options, sink).ok(),
                  "a question of the bench failed");
        return sink.count;
    }

    std::string pathOf(Store store) const {
        return store == Store::Events ? data_.shard()
               : store == Store::Logs ? data_.logs()
                                      : data_.metrics();
    }

    const QuestionBench& bench_;
    const QuestionData data_;
    const queryd::Caller caller_;
    std::optional<JournalPeer> journal_;
    queryd::ReferenceChecker checker_;
    queryd::AccessPolicy policy_{checker_};
    const base::SystemClock clock_;
    queryd::CountingSignal signal_;
    std::unique_ptr<queryd::QueryEngine> engine_;
    std::unique_ptr<queryd::QueryEngine> unchecked_;
};

}  // namespace

std::vector<Figure> measureQuestions(const QuestionBench& bench) {
    const base::SystemClock clock;
    const test::TemporaryDirectory temporary;
    const QuestionData data = fillQuestionData(
        bench.folder.empty() ? temporary.path() : bench.folder, bench.rows, clock.wallNs());
    std::vector<Figure> figures;
    dropQuestionIndexes(data);
    dropQuestionRollups(data);
    Bench(bench, data).measure(With::Nothing, figures);
    addQuestionIndexes(data);
    Bench(bench, data).measure(With::Indexes, figures);
    addQuestionRollups(data);
    Bench(bench, data).measure(With::Rollups, figures);
    return figures;
}

void benchQuery(std::vector<Figure>& figures) {
    const std::vector<Figure> measured = measureQuestions({});
    figures.insert(figures.end(), measured.begin(), measured.end());
}

void benchAccess(std::vector<Figure>& figures) {
    QuestionBench bench;
    bench.beside = Beside::NoAccessControl;
    const std::vector<Figure> measured = measureQuestions(bench);
    figures.insert(figures.end(), measured.begin(), measured.end());
}

}  // namespace evd::bench
