// Questions while events come in as fast as the store takes them, and what that costs both sides.

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/thread.h"
#include "tests/bench/group_under_test.h"
#include "tests/support/raw_query.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>

namespace evd::bench {

namespace {

using base::cat;

constexpr double kFillSeconds = 4;  // about a million events
constexpr double kSeconds = 15;
constexpr size_t kReaders = 8;
constexpr int kQuietRounds = 15;
constexpr int kAnswerMsMax = 60'000;

struct Question {
    const char* name;
    std::string text;
};

// Of a range of time that stays as it is while the store grows.
std::array<Question, 4> questionsOf(int64_t begin_ns) {
    const std::string range = cat(" SINCE \"", base::formatIsoTime(begin_ns), "\" UNTIL \"",
                                  base::formatIsoTime(begin_ns + base::kNsPerSecond), '"');
    return {{{"newest 10", cat("EVENTS ", kEventType, " TAKE 10")},
             {"newest 100 of a second", cat("EVENTS ", kEventType, range, " TAKE 100")},
             {"a second by type", cat("EVENTS", range, " COUNT BY event_type")},
             {"a payload value of a second", cat("EVENTS", range, " WHERE n == 1000 COUNT")}}};
}

// Asks one question after the other until it is told to stop.
class Reader {
  public:
    Reader(const std::string& socket, const std::array<Question, 4>& questions)
        : socket_(socket), questions_(questions), thread_("reader", [this] { run(); }) {}
    void stop() {
        stopping_ = true;
        thread_.join();
    }
    std::map<std::string, std::vector<double>>& tookMs() { return took_ms_; }

  private:
    void run() {
        while (!stopping_) {
            for (const Question& question : questions_) {
                const int64_t start = nowNs();
                test::RawQuery query(socket_);
                EVD_CHECK(query.countRecords(question.text, kAnswerMsMax).has_value(),
                          "a question is answered");
                took_ms_[question.name].push_back(static_cast<double>(nowNs() - start) / 1e6);
            }
        }
    }

    const std::string& socket_;
    const std::array<Question, 4>& questions_;
    std::map<std::string, std::vector<double>> took_ms_;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

}  // namespace

void benchTogether(Figures& figures) {
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    const std::string socket = state.below("run/query.sock");
    const int64_t begin_ns = base::SystemClock().wallNs() + base::kNsPerSecond;
    (void)feed(state, {.seconds = kFillSeconds});
    const auto questions = questionsOf(begin_ns);

    std::map<std::string, std::vector<double>> quiet_ms;
    for (int round = 0; round < kQuietRounds; ++round) {
        for (const Question& question : questions) {
            const int64_t start = nowNs();
            test::RawQuery query(socket);
            EVD_CHECK(query.countRecords(question.text, kAnswerMsMax).has_value(), "an answer");
            quiet_ms[question.name].push_back(static_cast<double>(nowNs() - start) / 1e6);
        }
    }
    const double seconds = benchSeconds(kSeconds);
    const double alone = feed(state, {.seconds = seconds}).events_per_second;
    Reader one(socket, questions);
    const double with_one = feed(state, {.seconds = seconds}).events_per_second;
    one.stop();
    std::vector<std::unique_ptr<Reader>> readers;
    for (size_t i = 0; i < kReaders; ++i) {
        readers.push_back(std::make_unique<Reader>(socket, questions));
    }
    const double with_all = feed(state, {.seconds = seconds}).events_per_second;
    for (const auto& reader : readers) {
        reader->stop();
    }
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");

    figures.push_back({"together.ingest, 1 reader", with_one, "events/s", alone, "alone", ""});
    figures.push_back({cat("together.ingest, ", kReaders, " readers"), with_all, "events/s", alone,
                       "alone", "0.8 of it"});
    for (const Question& question : questions) {
        figures.push_back({cat("together.", question.name),
                           percentile(one.tookMs()[question.name], 50), "ms",
                           percentile(quiet_ms[question.name], 50), "without ingest", "3 times"});
    }
}

}  // namespace evd::bench
