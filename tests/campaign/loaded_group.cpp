#include "tests/campaign/loaded_group.h"

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/exactly_once.h"
#include "tests/support/store_books.h"
#include "tests/support/wait_until.h"

#include <algorithm>
#include <iostream>
#include <set>

namespace evd::test {

namespace {

using base::cat;

constexpr const char* kEventType = "campaign.event";
constexpr const char* kRecordName = "campaign-load";
constexpr int64_t kFollowedMs = 30'000;
constexpr int64_t kLateMs = 120'000;
constexpr int kAnswerSeconds = 5;
constexpr size_t kUnseenShown = 5;

}  // namespace

LoadedGroup::LoadedGroup(GroupOptions options, uint64_t seed, EventPace pace)
    : options_(std::move(options)), seed_(seed), pace_(pace), diary_(kEventType) {}

bool LoadedGroup::start(Findings& findings) {
    group_ = std::make_unique<Group>(state_, options_);
    if (!group_->waitReady()) {
        findings.violated("the group did not become ready");
        return false;
    }
    events_ = std::make_unique<EventLoad>(state_.below("run/kmes.sock"), kEventType, pace_);
    records_ = std::make_unique<RecordLoad>(state_.below("run/log.sock"),
                                            state_.below("run/metric.sock"), kRecordName);
    follower_ = std::make_unique<EventFollower>(state_.below("run/rpc.sock"), seed_, diary_);
    return true;
}

bool LoadedGroup::isAlive(Findings& findings) {
    return findings.expect(group_->waitExit(0) == -1, "the group goes on",
                           cat("the group has ended: ", group_->stderrText()));
}

bool LoadedGroup::waitServing(Findings& findings, int64_t limit_ms) {
    const bool is_answered = waitUntil(
        limit_ms, [&] { return ask(state_, "EVENTS TAKE 1", kAnswerSeconds).status == 0; });
    return findings.expect(is_answered, "questions are answered again",
                           cat("no answer within ", limit_ms, " ms"));
}

bool LoadedGroup::waitStored(Findings& findings, int64_t limit_ms) {
    // The follower is shown nothing but what is stored.
    const size_t before = diary_.countNumbers();
    const auto is_stored = [&] { return diary_.countNumbers() > before; };
    if (waitUntil(limit_ms, is_stored)) {
        return findings.expect(true, "events are stored again", "");
    }
    const std::string how = told();
    const char* later = waitUntil(kLateMs, is_stored) ? "; later it was" : "; nor was it later";
    return findings.expect(false, "events are stored again",
                           cat("nothing was stored within ", limit_ms, " ms", how, later));
}

// How the group is, for whoever is to find out why it does not go on.
std::string LoadedGroup::told() const {
    const auto stored = ask(state_, cat("EVENTS ", kEventType, " COUNT"), kAnswerSeconds);
    const auto status = ask(state_, "status", kAnswerSeconds);
    return cat("; acknowledged ", events_->acknowledgedCount(), ", shown ", diary_.countNumbers(),
               ", stored ", stored.output, stored.errors, ", status ", status.output,
               status.errors);
}

void LoadedGroup::finish(Findings& findings, Promises promises) {
    events_->stop();
    records_->stop();
    waitFollowed();
    follower_->stop();
    findings.expect(group_->stop() == 0, "the group stops with 0",
                    cat("the group did not stop with 0: ", group_->stderrText()));
    checkDeaths(findings);
    checkEvents(findings);
    checkRecords(findings, promises);
    takeBooks(state_.path(), findings);
    if (findings.violations() > 0) {
        state_.keep();
        std::cout << cat("the stores are kept in ", state_.path(), "\n") << std::flush;
    }
}

// Until the follower was shown whatever is stored: what was acknowledged, and what was in doubt
// when a connection broke and is there. Whether that came about is for checkEvents.
void LoadedGroup::waitFollowed() {
    (void)waitUntil(kFollowedMs, [&] { return diary_.knowsAll(events_->acknowledged()); });
    (void)waitUntil(kFollowedMs, [&] {
        const auto answer = ask(state_, cat("EVENTS ", kEventType, " COUNT"), kAnswerSeconds);
        return answer.status == 0 &&
               answer.output == cat("{\"count\":", diary_.countNumbers(), "}\n");
    });
}

// Who kills from outside, and the supervisor, do so with KILL; any other signal came from within.
void LoadedGroup::checkDeaths(Findings& findings) {
    constexpr std::string_view kDeath = "was killed by signal ";
    const std::string said = group_->stderrText();
    for (size_t at = said.find(kDeath); at != std::string::npos; at = said.find(kDeath, at + 1)) {
        const size_t line = said.rfind('\n', at) + 1;
        findings.expect(std::string_view(said).substr(at + kDeath.size()).starts_with("9 "),
                        "no program dies of itself", said.substr(line, said.find('\n', at) - line));
    }
}

void LoadedGroup::checkEvents(Findings& findings) {
    const auto report = checkExactlyOnce(state_.below("events"), kEventType);
    findings.checked("sequence numbers stored once or in one gap record",
                     report.events + report.lost);
    findings.checked("acknowledged events are there", events_->acknowledged().size());
    for (const auto& violation : checkAcknowledged(report, events_->acknowledged())) {
        findings.violated(violation);
    }
    findings.noted("gap records", report.gap_records);
    const std::set<uint64_t> stored(report.numbers.begin(), report.numbers.end());
    findings.checked("what is stored was shown to the follower", stored.size());
    const auto shown = diary_.numbers();
    uint64_t unseen = 0;
    std::string which;
    for (const uint64_t number : stored) {
        if (!shown.contains(number) && ++unseen <= kUnseenShown) {
            which += cat(" ", number);
        }
    }
    if (unseen > 0) {
        findings.violated(cat(unseen, " stored events were not shown to the follower:", which));
    }
    for (const auto& complaint : diary_.complaints()) {
        findings.violated(cat("follower: ", complaint));
    }
}

void LoadedGroup::checkRecords(Findings& findings, Promises promises) {
    const auto check = [&](const char* what, const StoredRecords& stored, uint64_t sent) {
        findings.checked(cat(what, " stored once"), sent);
        for (const auto& complaint : complaintsAbout(stored, sent, promises.records_lost_max)) {
            findings.violated(cat(what, ": ", complaint));
        }
        findings.noted(cat(what, " lost"), sent - std::min<uint64_t>(sent, stored.numbers.size()));
    };
    check("log lines", storedLines(state_.path(), kRecordName), records_->lines());
    check("samples", storedSamples(state_.path(), kRecordName), records_->samples());
}

void takeBooks(const std::string& state_folder, Findings& findings) {
    const auto books = checkStoreBooks(state_folder);
    for (const auto& [property, count] : books.checked) {
        findings.checked(property, count);
    }
    for (const auto& violation : books.violations) {
        findings.violated(violation);
    }
}

}  // namespace evd::test
