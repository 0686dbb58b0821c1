#pragma once

#include "tests/campaign/findings.h"
#include "tests/support/event_follower.h"
#include "tests/support/event_load.h"
#include "tests/support/group.h"
#include "tests/support/record_load.h"

#include <memory>
#include <string>

namespace evd::test {

// So slow that the rings hold it while several programs wait for one another's ends.
inline constexpr EventPace kGentlePace = {16, 50, 150};

// What is to be found when the group has ended, besides every event: none may be lost, not even
// with a gap record. And no program may have died of itself.
struct Promises {
    // Of the lines that a socket took, and of the samples; all others are stored.
    uint64_t records_lost_max = 0;
};

// The real group under a steady load of events, log lines and samples, with a follower who goes by
// the cursor: what every campaign on real programs stands on.
//
// start() begins, finish() ends loads and group and compares three independent accounts: what the
// generators were acknowledged, what the databases hold by plain SQL, and what the follower was
// shown. Between the two the campaign does its worst. One thread.
class LoadedGroup {
  public:
    LoadedGroup(GroupOptions options, uint64_t seed, EventPace pace = kGentlePace);

    // What the group will be started with; for changes before start().
    GroupOptions& options() { return options_; }
    // False, and a violation, when the group does not become ready.
    bool start(Findings& findings);
    void finish(Findings& findings, Promises promises);

    // Whether it still runs; a violation when it does not.
    bool isAlive(Findings& findings);
    // Asks until it is answered; a violation past the limit.
    bool waitServing(Findings& findings, int64_t limit_ms);
    // Waits until the follower is shown something that it was not shown before; a violation past
    // the limit.
    bool waitStored(Findings& findings, int64_t limit_ms);

    const StateFolder& state() const { return state_; }
    Group& group() { return *group_; }

  private:
    std::string told() const;
    void waitFollowed();
    void checkDeaths(Findings& findings);
    void checkEvents(Findings& findings);
    void checkRecords(Findings& findings, Promises promises);

    StateFolder state_;
    GroupOptions options_;
    const uint64_t seed_;
    const EventPace pace_;
    EventDiary diary_;
    std::unique_ptr<Group> group_;
    std::unique_ptr<EventLoad> events_;
    std::unique_ptr<RecordLoad> records_;
    std::unique_ptr<EventFollower> follower_;
};

// Adds what the books of a state folder say.
void takeBooks(const std::string& state_folder, Findings& findings);

}  // namespace evd::test
