// The wall clock of all programs of a real group jumps at once, forwards and backwards, by
// milliseconds and by years, and trembles (meddler.cpp; this machine's clock stays as it is).
//
// Promised: nobody takes a jump for a hanging peer, a question that takes too long or a reason to
// stop; nothing is lost or doubled; every event carries the time that the clock showed when it was
// emitted, jumped or not; and a question for a range of time finds what carries a time in it.

#include "common/base/text.h"
#include "common/base/thread.h"
#include "tests/campaign/campaign.h"
#include "tests/campaign/loaded_group.h"
#include "tests/campaign/meddled_group.h"
#include "tests/support/emitter.h"
#include "tests/support/number_field.h"
#include "tests/support/plain_database.h"
#include "tests/support/raw_query.h"
#include "tests/support/wait_until.h"

#include <algorithm>
#include <atomic>
#include <map>

namespace evd::test {

namespace {

using base::cat;

constexpr const char* kEventType = "clock.event";
constexpr int64_t kHourNs = 3600 * base::kNsPerSecond;
constexpr int64_t kYearNs = 365 * 24 * kHourNs;
constexpr int64_t kOffsetMaxNs = 3 * kYearNs;  // half of what retention is told to keep
constexpr int64_t kSlackNs = base::kNsPerMs;   // between our clock and kmesd's
constexpr int kAnswerMsMax = 20'000;
constexpr uint32_t kBatch = 8;

// Between which times an event was stamped.
struct Span {
    int64_t first_ns;
    int64_t last_ns;
};

// Asks one question after the other; each must be answered, whatever the clock does.
class Asker {
  public:
    Asker(const StateFolder& state, Findings& findings)
        : socket_(state.below("run/query.sock")),
          findings_(findings),
          thread_("asker", [this] { run(); }) {}
    ~Asker() { stop(); }
    void stop() {
        stopping_ = true;
        thread_.join();
    }

  private:
    void run() {
        while (!stopping_) {
            RawQuery query(socket_);
            findings_.expect(
                query.connected() && query.countRecords("EVENTS TAKE 50", kAnswerMsMax).has_value(),
                "questions are answered", "a question met an error or no answer");
            pauseMs(20);
        }
    }

    const std::string socket_;
    Findings& findings_;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

class Jumps {
  public:
    Jumps(Course& course, Findings& findings, LoadedGroup& loaded, Meddling& page)
        : course_(course),
          findings_(findings),
          loaded_(loaded),
          page_(page),
          emitter_(loaded.state().below("run/kmes.sock"), kEventType, 20) {}

    void jump() {
        switch (course_.below(6)) {
            case 0:
                jumpBy(base::kNsPerMs, base::kNsPerSecond);
                break;
            case 1:
                jumpBy(base::kNsPerSecond, kHourNs);
                break;
            case 2:
                jumpBy(kHourNs, kYearNs / 12);
                break;
            case 3:
                jumpBy(kYearNs / 12, kYearNs);
                break;
            case 4:
                setOffset(0);
                break;
            default:
                tremble();
                break;
        }
        emit();
        if (course_.oneIn(3)) {
            ask();
        }
    }

    // Behind whatever was emitted: a question without a time is about what lies in the past.
    void jumpToTheEnd() { setOffset(kOffsetMaxNs); }

    // What the events carry, by plain SQL.
    void checkTimes() {
        uint64_t found = 0;
        for (const auto& path : databasesIn(loaded_.state().below("events"), "shard-")) {
            PlainDatabase shard(path);
            for (const auto& row : shard.ask(cat("SELECT timestamp, hex(payload) FROM events WHERE "
                                                 "event_type = '",
                                                 kEventType, "'"))) {
                const auto span = spans_.find(numberField(bytesOfHex(row.at(1)), "n"));
                const auto time_ns = static_cast<int64_t>(numberOf(row.at(0)));
                ++found;
                findings_.expect(span != spans_.end() && isWithin(time_ns, span->second),
                                 "events carry the time they were emitted at",
                                 cat("an event carries ", row.at(0),
                                     ", and not the time that the clock showed"));
            }
        }
        findings_.expect(found == spans_.size(), "every event is there once",
                         cat(spans_.size(), " events were emitted, ", found, " are stored"));
    }

  private:
    static bool isWithin(int64_t time_ns, const Span& span) {
        return time_ns >= span.first_ns && time_ns <= span.last_ns;
    }
    int64_t shownNs() const { return clock_.wallNs() + page_.wall_offset_ns; }

    void setOffset(int64_t offset_ns) {
        const int64_t before = page_.wall_offset_ns;
        page_.wall_offset_ns = std::clamp(offset_ns, -kOffsetMaxNs, kOffsetMaxNs);
        findings_.injected(page_.wall_offset_ns < before ? "jump backwards" : "jump forwards");
    }
    void jumpBy(int64_t least_ns, int64_t most_ns) {
        const auto distance = static_cast<int64_t>(
            course_.between(static_cast<uint64_t>(least_ns), static_cast<uint64_t>(most_ns)));
        setOffset(page_.wall_offset_ns + (course_.oneIn(2) ? distance : -distance));
    }
    // As a clock that two daemons quarrel about.
    void tremble() {
        const int64_t around_ns = page_.wall_offset_ns;
        for (uint64_t i = course_.between(10, 60); i > 0; --i) {
            setOffset(around_ns + static_cast<int64_t>(course_.below(2 * base::kNsPerSecond)) -
                      base::kNsPerSecond);
            pauseMs(static_cast<int>(course_.below(8)));
        }
    }

    void emit() {
        const int64_t first_ns = shownNs() - kSlackNs;
        const auto outcome = emitter_.emit(next_, kBatch);
        const int64_t last_ns = shownNs() + kSlackNs;
        if (!findings_.expect(outcome.acknowledged == kBatch, "events are taken",
                              cat("an emit was answered with ", outcome.status))) {
            return;
        }
        newest_ = {first_ns, last_ns};
        for (uint32_t i = 0; i < kBatch; ++i) {
            spans_[next_ + i] = newest_;
        }
        next_ += kBatch;
    }

    // The range in which the last events were emitted, and what else the jumps have put there.
    void ask() {
        uint64_t least = 0;
        uint64_t most = 0;
        for (const auto& [number, span] : spans_) {
            least += span.first_ns >= newest_.first_ns && span.last_ns <= newest_.last_ns ? 1 : 0;
            most += span.last_ns >= newest_.first_ns && span.first_ns <= newest_.last_ns ? 1 : 0;
        }
        const std::string question =
            cat("EVENTS ", kEventType, " SINCE \"", base::formatIsoTime(newest_.first_ns),
                "\" UNTIL \"", base::formatIsoTime(newest_.last_ns + 1), "\" SELECT n");
        const int64_t give_up_ns = clock_.monotonicNs() + kAnswerMsMax * base::kNsPerMs;
        std::optional<uint64_t> found;
        while (found.value_or(0) < least && clock_.monotonicNs() < give_up_ns) {
            RawQuery query(loaded_.state().below("run/query.sock"));
            found = query.countRecords(question, kAnswerMsMax);
            pauseMs(5);
        }
        findings_.expect(
            found && *found >= least && *found <= most, "a range of time finds what is in it",
            cat(question, " found ", found.value_or(0), " and not ", least, " to ", most));
    }

    Course& course_;
    Findings& findings_;
    LoadedGroup& loaded_;
    Meddling& page_;
    const base::SystemClock clock_;
    Emitter emitter_;
    std::map<uint64_t, Span> spans_;
    Span newest_{};
    uint64_t next_ = 1;
};

}  // namespace

void clockCampaign(Course& course, Findings& findings) {
    LoadedGroup loaded(smallGroup(), course.seed());
    MeddlingPage meddling(loaded.state());
    meddling.addTo(loaded.options());
    for (const char* name : {"EventRetentionDays", "LogRetentionDays", "MetricRetentionDays"}) {
        loaded.options().values.push_back({"", name, "dword", "3650"});
    }
    if (!loaded.start(findings)) {
        return;
    }
    const auto children = loaded.group().children();
    meddling.expectMapped(children.size(), findings);
    Jumps jumps(course, findings, loaded, meddling.page());
    Asker asker(loaded.state(), findings);
    while (course.goesOn()) {
        jumps.jump();
        pauseMs(static_cast<int>(course.between(20, 400)));
        if (!loaded.isAlive(findings)) {
            return;
        }
    }
    asker.stop();
    jumps.jumpToTheEnd();
    loaded.waitStored(findings, kAnswerMsMax);
    findings.expect(loaded.group().children() == children, "nobody was restarted",
                    "a program was restarted because the clock jumped");
    loaded.finish(findings, {});
    jumps.checkTimes();
}

}  // namespace evd::test
