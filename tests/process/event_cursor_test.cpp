// A program that follows the event store by its cursor (docs/rpc.md) while eventd-queryd and
// eventd-store are killed with -9: it comes back with its cursor after every broken connection, and
// in the end it has seen each acknowledged event once, in the order of ids.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/thread.h"
#include "queryd/client/event_store_client_service.h"
#include "tests/support/emitter.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <set>

namespace test = evd::test;
using evd::base::cat;
using evd::wire::StoredEvent;

namespace {

constexpr int kKillsOfEach = 6;  // ten deaths of one program in a minute end the group
constexpr uint32_t kBatchEvents = 16;
constexpr int kPauseMs = 10;
constexpr uint32_t kPadBytes = 100;
constexpr uint32_t kPatienceMs = 50;
constexpr size_t kStepBackMax = 200;
constexpr int64_t kFollowsAgainMs = 10'000;
constexpr const char* kEventType = "cursor.event";

uint64_t chosenSeed() {
    const char* text = std::getenv("EVENTD_CURSOR_SEED");
    const auto number = evd::base::parseU64(text == nullptr ? "" : text);
    return number.ok() ? number.value() : std::random_device{}();
}

// What the follower has: the events by id, and every promise it saw broken.
//
// Shared by the follower's thread and the test's; all of it under one mutex.
class Diary {
  public:
    // `cursor` is the last id of this subscription, and moves on.
    void take(const std::vector<StoredEvent>& events, int64_t& cursor) {
        const std::lock_guard lock(mutex_);
        for (const StoredEvent& event : events) {
            if (event.id <= cursor) {
                complain(cat("id ", event.id, " came behind the cursor ", cursor));
            }
            cursor = event.id;
            const auto [known, is_new] = events_.try_emplace(event.id, event);
            repeated_ += is_new ? 0 : 1;
            if (!is_new && known->second != event) {
                complain(cat("id ", event.id, " is not the event that it was"));
            }
            if (is_new && event.id < newest_) {
                complain(cat("id ", event.id, " was left out before ", newest_, " came"));
            }
            newest_ = std::max(newest_, event.id);
            if (is_new && event.type == kEventType && event.payload) {
                numbers_.insert(test::numberField(*event.payload, "n"));
            }
        }
    }

    // The cursor of a follower that lost what it did with the last `steps` events.
    int64_t cursorBefore(size_t steps) const {
        const std::lock_guard lock(mutex_);
        if (events_.size() <= steps) {
            return 0;
        }
        return std::next(events_.rbegin(), static_cast<std::ptrdiff_t>(steps))->first;
    }

    std::vector<std::string> complaints() const {
        const std::lock_guard lock(mutex_);
        return complaints_;
    }
    std::multiset<uint64_t> numbers() const {
        const std::lock_guard lock(mutex_);
        return numbers_;
    }
    bool knows(uint64_t number) const {
        const std::lock_guard lock(mutex_);
        return numbers_.contains(number);
    }
    size_t countNumbers() const {
        const std::lock_guard lock(mutex_);
        return numbers_.size();
    }
    uint64_t repeated() const {
        const std::lock_guard lock(mutex_);
        return repeated_;
    }

  private:
    void complain(std::string text) { complaints_.push_back(std::move(text)); }

    mutable std::mutex mutex_;
    std::map<int64_t, StoredEvent> events_;
    std::multiset<uint64_t> numbers_;
    std::vector<std::string> complaints_;
    int64_t newest_ = 0;
    uint64_t repeated_ = 0;
};

// Follows the store until told to stop. After every second broken connection it goes on from an
// older cursor, as a program does that died before it wrote down how far it was.
class Follower {
  public:
    Follower(std::string socket_path, uint64_t seed, Diary& diary)
        : socket_path_(std::move(socket_path)),
          diary_(diary),
          random_(seed),
          thread_("follower", [this] { run(); }) {}
    ~Follower() { stop(); }

    void stop() {
        stopping_ = true;
        thread_.join();
    }
    int connections() const { return connections_; }

  private:
    void run() {
        while (!stopping_) {
            auto client = evd::queryd::connectEventStoreClient(socket_path_);
            if (!client.ok()) {
                test::pauseMs(5);
                continue;
            }
            const int broken = connections_++;
            followOn(*client.value(),
                     diary_.cursorBefore(broken % 2 == 1 ? random_() % kStepBackMax : 0));
        }
    }

    // Until the connection is lost; a subscription that ends otherwise is begun again.
    void followOn(evd::queryd::EventStoreClient& client, int64_t cursor) {
        while (!stopping_) {
            const auto ended = client.follow(
                cursor,
                [&](const std::vector<StoredEvent>& events) {
                    diary_.take(events, cursor);
                    return !stopping_;
                },
                kPatienceMs);
            if (!ended.ok() && ended.error().kind == evd::base::ErrorKind::Gone) {
                return;
            }
            test::pauseMs(ended.ok() ? 0 : 5);
        }
    }

    const std::string socket_path_;
    Diary& diary_;
    std::mt19937_64 random_;
    std::atomic<int> connections_ = 0;
    std::atomic<bool> stopping_ = false;
    evd::base::Thread thread_;
};

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
    bool emitUntilFollowed(const Diary& diary) {
        const uint64_t marker = emit();
        const int64_t until = clock_.monotonicNs() + kFollowsAgainMs * evd::base::kNsPerMs;
        while (!diary.knows(marker) && clock_.monotonicNs() < until) {
            (void)emit();
        }
        return marker != 0 && diary.knows(marker);
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

bool waitUntilAllFollowed(const Load& load, const Diary& diary) {
    for (int i = 0; i < kFollowsAgainMs / 10; ++i) {
        if (diary.countNumbers() >= load.acknowledged().size()) {
            return true;
        }
        test::pauseMs(10);
    }
    return false;
}

}  // namespace

TEST_CASE("event cursor: a follower sees each event once, whatever is killed with -9 meanwhile") {
    const uint64_t seed = chosenSeed();
    MESSAGE(cat("seed ", seed, " (EVENTD_CURSOR_SEED)"));
    std::mt19937_64 random(seed);
    const test::StateFolder state;
    test::GroupOptions options;
    options.values.push_back({"Linux", "KmesCpus", "dword", "2"});
    options.values.push_back({"", "StorageShards", "dword", "2"});
    test::Group group(state, options);
    REQUIRE(group.waitReady());

    Diary diary;
    Load load(state.below("run/kmes.sock"));
    Follower follower(state.below("run/rpc.sock"), seed, diary);
    REQUIRE(load.emitUntilFollowed(diary));
    for (const char* name : chooseVictims(random)) {
        const pid_t victim = group.childPid(name);
        REQUIRE(victim > 0);
        ::kill(victim, SIGKILL);
        REQUIRE_MESSAGE(load.emitUntilFollowed(diary), cat("nothing came after a kill of ", name));
        load.emitFor(static_cast<int64_t>(50 + random() % 400));
        REQUIRE(group.waitExit(0) == -1);
    }
    CHECK(waitUntilAllFollowed(load, diary));
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
