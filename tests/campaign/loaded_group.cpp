#include "tests/campaign/loaded_group.h"

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/exactly_once.h"
#include "tests/support/plain_database.h"
#include "tests/support/store_books.h"
#include "tests/support/wait_until.h"

#include <set>

namespace evd::test {

namespace {

using base::cat;

constexpr const char* kEventType = "campaign.event";
constexpr const char* kRecordName = "campaign-load";
constexpr int64_t kFollowedMs = 30'000;
constexpr int kAnswerSeconds = 5;
constexpr size_t kMissingShown = 5;

// The numbers of `all` that `found` has not, as a sentence's end.
std::string missingFrom(const std::set<uint64_t>& found, const std::set<uint64_t>& all,
                        uint64_t& count) {
    std::string text;
    count = 0;
    for (const uint64_t number : all) {
        if (!found.contains(number) && ++count <= kMissingShown) {
            text += cat(" ", number);
        }
    }
    return text;
}

// In the store of that stem and in what was put aside of it.
template <typename Count>
StoredRecords storedIn(const std::string& folder, const std::string& stem, const Count& count) {
    StoredRecords all;
    for (const auto& path : databasesIn(folder, stem)) {
        const StoredRecords stored = count(path, kRecordName);
        all.rows += stored.rows;
        all.distinct += stored.distinct;
    }
    return all;
}

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
    const bool is_stored = waitUntil(limit_ms, [&] { return diary_.countNumbers() > before; });
    return findings.expect(is_stored, "events are stored again",
                           cat("nothing was stored within ", limit_ms, " ms"));
}

void LoadedGroup::finish(Findings& findings, Promises promises) {
    events_->stop();
    records_->stop();
    const size_t acknowledged = events_->acknowledged().size();
    // What was lost with a gap record is never shown; checkEvents compares with what is stored.
    (void)waitUntil(promises.events_complete ? kFollowedMs : kFollowedMs / 10,
                    [&] { return diary_.countNumbers() >= acknowledged; });
    follower_->stop();
    findings.expect(group_->stop() == 0, "the group stops with 0",
                    cat("the group did not stop with 0: ", group_->stderrText()));
    checkEvents(findings, promises);
    checkRecords(findings, promises);
    takeBooks(state_.path(), findings);
}

void LoadedGroup::checkEvents(Findings& findings, Promises promises) {
    const auto report = checkExactlyOnce(state_.below("events"), kEventType);
    findings.checked("sequence numbers stored once or in one gap record",
                     report.events + report.lost);
    for (const auto& violation : report.violations) {
        findings.violated(violation);
    }
    findings.checked("acknowledged events are there", events_->acknowledged().size());
    const std::set<uint64_t> stored(report.numbers.begin(), report.numbers.end());
    uint64_t missing = 0;
    const std::string which = missingFrom(stored, events_->acknowledged(), missing);
    if (missing > (promises.events_complete ? 0 : report.lost)) {
        findings.violated(cat(missing, " acknowledged events are not stored:", which));
    }
    if (promises.events_complete && report.lost > 0) {
        findings.violated(cat(report.lost, " events were lost, with a gap record"));
    }
    if (stored.size() != report.numbers.size()) {
        findings.violated(cat(report.numbers.size() - stored.size(), " events are stored twice"));
    }
    findings.noted("gap records", report.gap_records);
    findings.checked("what is stored was shown to the follower", stored.size());
    const auto shown = diary_.numbers();
    const std::set<uint64_t> followed(shown.begin(), shown.end());
    const std::string unseen = missingFrom(followed, stored, missing);
    if (missing > 0) {
        findings.violated(cat(missing, " stored events were not shown to the follower:", unseen));
    }
    for (const auto& complaint : diary_.complaints()) {
        findings.violated(cat("follower: ", complaint));
    }
}

void LoadedGroup::checkRecords(Findings& findings, Promises promises) {
    const auto check = [&](const char* what, const StoredRecords& stored, uint64_t sent) {
        findings.checked(cat(what, " stored once"), sent);
        if (stored.rows != stored.distinct) {
            findings.violated(cat(stored.rows - stored.distinct, " ", what, " are stored twice"));
        }
        if (stored.distinct > sent || (promises.records_complete && stored.distinct < sent)) {
            findings.violated(cat(sent, " ", what, " were sent, ", stored.distinct, " are stored"));
        }
    };
    check("log lines", storedIn(state_.path(), "logs", storedLines), records_->lines());
    check("samples", storedIn(state_.path(), "metrics", storedSamples), records_->samples());
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
