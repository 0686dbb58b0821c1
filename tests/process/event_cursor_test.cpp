// A program that follows the event store by its cursor (docs/rpc.md) while eventd-queryd and
// eventd-store are killed with -9: it comes back with its cursor after every broken connection, and
// in the end it has seen each acknowledged event once, in the order of ids.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "tests/support/emitter.h"
#include "tests/support/event_follower.h"
#include "tests/support/exactly_once.h"
#include "tests/support/from_environment.h"
#include "tests/support/group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <csignal>
#include <random>
#include <set>

namespace test = evd::test;
using evd::base::cat;

namespace {

constexpr int kKillsOfEach = 6;  // ten deaths of one program in a minute end the group
constexpr uint32_t kBatchEvents = 16;
constexpr int kPauseMs = 10;
constexpr uint32_t kPadBytes = 100;
constexpr const char* kEventType = "cursor.event";

// Emits at a steady pace, by the test's own thread, and remembers what was acknowledged.
class Load {
  public:
    explicit Load(const std::string& socket_path) : emitter_(socket_path, kEventType, kPadBytes) {}

    // One batch; the last number that was acknowledged until now.
    uint64_t emit() {
        const auto outcome = emitter_.emit(next_, kBatchEvents);
        for (uint32_t i = 0; i < outcome.acknowledged; ++i) {
            acknowledged_.insert(next_ + i);
        }
        next_ += kBatchEvents;
        test::pauseMs(kPauseMs);
        return acknowledged_.empty() ? 0 : *acknowledged_.rbegin();
    }
    void emitFor(int64_t milliseconds) {
        const int64_t until = clock_.monotonicNs() + milliseconds * evd::base::kNsPerMs;
        while (clock_.monotonicNs() < until) {
            (void)emit();
        }
    }
    // Emits until the follower knows of an event that was emitted after this began.
    bool emitUntilFollowed(const test::EventDiary& diary) {
        const uint64_t marker = emit();
        const auto is_followed = [&] {
            if (!diary.knows(marker)) {
                (void)emit();
            }
            return diary.knows(marker);
        };
        return marker != 0 && test::waitUntil(test::kPatienceMs, is_followed, 0);
    }
    const std::multiset<uint64_t>& acknowledged() const { return acknowledged_; }

  private:
    const evd::base::SystemClock clock_;
    test::Emitter emitter_;
    std::multiset<uint64_t> acknowledged_;
    uint64_t next_ = 1;
};

std::vector<const char*> chooseVictims(std::mt19937_64& random) {
    std::vector<const char*> names(kKillsOfEach, "eventd-queryd");
    names.insert(names.end(), kKillsOfEach, "eventd-store");
    std::shuffle(names.begin(), names.end(), random);
    return names;
}

}  // namespace

TEST_CASE("event cursor: a follower sees each event once, whatever is killed with -9 meanwhile") {
    const uint64_t seed = test::fromEnvironment("EVENTD_CURSOR_SEED", std::random_device{}());
    MESSAGE(cat("seed ", seed, " (EVENTD_CURSOR_SEED)"));
    std::mt19937_64 random(seed);
    const test::StateFolder state;
    test::GroupOptions options;
    options.values.push_back({"Linux", "KmesCpus", "dword", "2"});
    options.values.push_back({"", "StorageShards", "dword", "2"});
    test::Group group(state, options);
    REQUIRE(group.waitReady());

    test::EventDiary diary(kEventType);
    Load load(state.below("run/kmes.sock"));
    test::EventFollower follower(state.below("run/rpc.sock"), seed, diary);
    REQUIRE(load.emitUntilFollowed(diary));
    for (const char* name : chooseVictims(random)) {
        const pid_t victim = group.childPid(name);
        REQUIRE(victim > 0);
        ::kill(victim, SIGKILL);
        REQUIRE_MESSAGE(load.emitUntilFollowed(diary), cat("nothing came after a kill of ", name));
        load.emitFor(static_cast<int64_t>(50 + random() % 400));
        REQUIRE(group.waitExit(0) == -1);
    }
    CHECK(test::waitUntil(test::kPatienceMs,
                          [&] { return diary.countNumbers() >= load.acknowledged().size(); }));
    follower.stop();
    CHECK(group.stop() == 0);

    for (const std::string& complaint : diary.complaints()) {
        FAIL_CHECK(complaint);
    }
    CHECK(diary.numbers() == load.acknowledged());
    // The store may die beneath a subscription; only the death of queryd is the end of one.
    CHECK(follower.connections() == kKillsOfEach + 1);
    const auto stored = test::checkExactlyOnce(state.below("events"), kEventType);
    CHECK(stored.violations.empty());
    CHECK(stored.numbers == load.acknowledged());
    MESSAGE(cat(load.acknowledged().size(), " acknowledged, ", follower.connections(),
                " connections, ", diary.repeated(), " repeated after older cursors"));
}
