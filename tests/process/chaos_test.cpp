// First: kill -9 of a random child at a random moment under load, again and again: whatever dies,
// each event is stored exactly once or covered by exactly one gap record, and the group serves
// again. The load is one that the rings hold while a program is away, so nothing may be lost at
// all; EVENTD_CHAOS_HEAVY=1 emits as fast as it can, and then gap records must account for what is
// lost. Then all that may befall a program: it is killed, stopped, hangs, gets no more memory, is
// upgraded; EVENTD_CHAOS_SECONDS=600 makes it ten minutes.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "tests/support/event_load.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"
#include "tests/support/mishaps.h"

#include <doctest/doctest.h>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

namespace test = evd::test;
using evd::base::cat;

namespace {

constexpr int kKillsDefault = 60;
constexpr test::EventPace kSlowPace = {16, 50, 150};
constexpr test::EventPace kHeavyPace = {64, 2, 150};
constexpr int64_t kServesAgainMs = 2000;
constexpr uint64_t kMishapSecondsDefault = 40;
constexpr int64_t kNoticedMs = 5000;  // a silent program is given up after that
constexpr int64_t kShowEveryMs = 30'000;
constexpr const char* kEventType = "chaos.event";

uint64_t fromEnvironment(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    if (text == nullptr) {
        return otherwise;
    }
    const auto number = evd::base::parseU64(text);
    return number.ok() ? number.value() : otherwise;
}

// Chooses whom to kill. Ten deaths of one program within a minute end the group by design, so a
// program that has died often lately is spared.
class Victims {
  public:
    explicit Victims(std::mt19937_64& random) : random_(random) {}

    // A child's name and pid; -1 when nobody can be killed just now.
    std::pair<std::string, pid_t> pick(const test::Group& group) {
        const int64_t now = clock_.monotonicNs();
        std::vector<std::pair<std::string, pid_t>> candidates;
        for (const auto& child : group.children()) {
            auto& deaths = deaths_[child.first];
            std::erase_if(deaths, [&](int64_t at) { return now - at > kWindowNs; });
            if (deaths.size() < kDeathsMax) {
                candidates.push_back(child);
            }
        }
        if (candidates.empty()) {
            return {"", -1};
        }
        auto chosen = candidates[random_() % candidates.size()];
        deaths_[chosen.first].push_back(now);
        return chosen;
    }

  private:
    static constexpr int64_t kWindowNs = 65 * evd::base::kNsPerSecond;
    static constexpr size_t kDeathsMax = 8;

    std::mt19937_64& random_;
    evd::base::SystemClock clock_;
    std::map<std::string, std::vector<int64_t>> deaths_;
};

bool serves(const test::StateFolder& state) {
    const auto answer = test::runCommand(
        {test::programPath("evctl"), "--state", state.path(), "-f", "jsonl", "EVENTS TAKE 1"}, "",
        5);
    return answer.status == 0;
}

// Asks until it is answered; the milliseconds that took, or -1 past the limit.
int64_t waitServing(const test::StateFolder& state, int64_t limit_ms) {
    const evd::base::SystemClock clock;
    const int64_t start = clock.monotonicNs();
    while (true) {
        const bool answered = serves(state);
        const int64_t elapsed = (clock.monotonicNs() - start) / evd::base::kNsPerMs;
        if (answered) {
            return elapsed;
        }
        if (elapsed > limit_ms) {
            return -1;
        }
        test::pauseMs(10);
    }
}

void checkStored(const test::StateFolder& state, const test::EventLoad& load, bool is_heavy) {
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    for (const auto& violation : report.violations) {
        FAIL_CHECK(violation);
    }
    uint64_t missing = 0;
    for (const uint64_t number : load.acknowledged()) {
        missing += report.numbers.count(number) == 0 ? 1 : 0;
    }
    uint64_t doubled = 0;
    for (const uint64_t number : report.numbers) {
        doubled += report.numbers.count(number) > 1 ? 1 : 0;
    }
    CHECK(doubled == 0);
    CHECK(missing <= report.lost);
    CHECK((is_heavy || report.lost == 0));
    MESSAGE(cat(load.acknowledged().size(), " acknowledged, ", report.events, " stored, ",
                report.gap_records, " gap records, ", report.lost, " lost"));
}

test::GroupOptions smallGroup() {
    test::GroupOptions options;
    options.values.push_back({"Linux", "KmesCpus", "dword", "2"});
    options.values.push_back({"", "StorageShards", "dword", "3"});
    return options;
}

// Lets one thing after another befall the group, at random, and counts.
class Misfortune {
  public:
    Misfortune(const test::Group& group, std::mt19937_64& random)
        : group_(group), random_(random), victims_(random) {}

    void strike() {
        if (random_() % kUpgradeOneIn == 0) {
            group_.signal(SIGUSR2);
            ++counts_["upgrade"];
            return;
        }
        const auto [name, pid] = victims_.pick(group_);
        const auto mishap = choose();
        if (pid > 0 && mishaps_.befall(pid, mishap)) {
            ++counts_[test::mishapName(mishap)];
        }
    }

    std::string describe() const {
        std::string text;
        for (const auto& [name, count] : counts_) {
            text += cat(text.empty() ? "" : ", ", count, " x ", name);
        }
        return text;
    }

  private:
    static constexpr uint64_t kUpgradeOneIn = 15;

    // Want of memory only on request: a store that gets none may close an edge without dying, and
    // nobody makes a new one then (docs/testing.md).
    test::Mishap choose() {
        using test::Mishap;
        std::vector<Mishap> all = {Mishap::Kill, Mishap::Kill, Mishap::Stop};
        if (test::Mishaps::mayHang()) {
            all.push_back(Mishap::Hang);
        }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        // A sanitizer maps its shadows whenever it likes.
        all.push_back(Mishap::Memory);
#endif
        return all[random_() % all.size()];
    }

    const test::Group& group_;
    std::mt19937_64& random_;
    Victims victims_;
    test::Mishaps mishaps_;
    std::map<std::string, int> counts_;
};

std::string statusText(const test::StateFolder& state) {
    const auto answer =
        test::runCommand({test::programPath("evctl"), "--state", state.path(), "status"}, "", 10);
    // The processes and how they ended, without the figures.
    return answer.output.substr(0, answer.output.find("\n\ndoor"));
}

}  // namespace

TEST_CASE("chaos: after kill -9 of random children under load every event is stored exactly once") {
    const uint64_t seed = fromEnvironment("EVENTD_CHAOS_SEED", std::random_device{}());
    const auto kills = static_cast<int>(fromEnvironment("EVENTD_CHAOS_KILLS", kKillsDefault));
    const bool is_heavy = std::getenv("EVENTD_CHAOS_HEAVY") != nullptr;
    MESSAGE(cat("seed ", seed, " (EVENTD_CHAOS_SEED), ", kills, " kills (EVENTD_CHAOS_KILLS)"));
    std::mt19937_64 random(seed);

    const test::StateFolder state;
    test::Group group(state, smallGroup());
    REQUIRE(group.waitReady());
    test::EventLoad load(state.below("run/kmes.sock"), kEventType,
                         is_heavy ? kHeavyPace : test::EventPace{});

    int64_t worst_ms = 0;
    Victims victims(random);
    for (int i = 0; i < kills;) {
        const auto [name, pid] = victims.pick(group);
        if (pid > 0) {
            ::kill(pid, SIGKILL);
            ++i;
        }
        test::pauseMs(static_cast<int>(random() % 150));
        if (pid > 0 && i % 5 == 0) {
            const int64_t elapsed = waitServing(state, 2 * kServesAgainMs);
            REQUIRE_MESSAGE(elapsed >= 0, cat("nothing answered after kill ", i, " (", name, ")"));
            worst_ms = std::max(worst_ms, elapsed);
        }
        test::pauseMs(static_cast<int>(400 + random() % 400));
        REQUIRE(group.waitExit(0) == -1);
    }
    load.stop();
    MESSAGE(cat("slowest answer after a kill: ", worst_ms, " ms"));
    CHECK(worst_ms <= kServesAgainMs);
    CHECK(group.stop() == 0);
    checkStored(state, load, is_heavy);
}

TEST_CASE("chaos: killed, stopped, hanging or upgraded, no event is lost") {
    const evd::base::SystemClock clock;
    const uint64_t seed = fromEnvironment("EVENTD_CHAOS_SEED", std::random_device{}());
    const uint64_t seconds = fromEnvironment("EVENTD_CHAOS_SECONDS", kMishapSecondsDefault);
    MESSAGE(cat("seed ", seed, " (EVENTD_CHAOS_SEED), ", seconds, " s (EVENTD_CHAOS_SECONDS)"));
    std::mt19937_64 random(seed);
    const test::StateFolder state;
    test::Group group(state, smallGroup());
    REQUIRE(group.waitReady());
    // So slow that the rings hold it while several wait for one another's ends.
    test::EventLoad load(state.below("run/kmes.sock"), kEventType, kSlowPace);
    Misfortune misfortune(group, random);
    const int64_t begin_ns = clock.monotonicNs();
    int64_t shown_ns = begin_ns;
    while (clock.monotonicNs() - begin_ns <
           static_cast<int64_t>(seconds) * evd::base::kNsPerSecond) {
        misfortune.strike();
        test::pauseMs(static_cast<int>(500 + random() % 1500));
        REQUIRE(group.waitExit(0) == -1);
        if (clock.monotonicNs() - shown_ns > kShowEveryMs * evd::base::kNsPerMs) {
            shown_ns = clock.monotonicNs();
            MESSAGE(statusText(state));
        }
    }
    // Whatever hangs is found, and whoever is pressed for memory gets on or is replaced.
    const int64_t serves_ms = waitServing(state, kNoticedMs + 5 * kServesAgainMs);
    CHECK(serves_ms >= 0);
    MESSAGE(statusText(state));
    load.stop();
    CHECK(group.stop() == 0);
    MESSAGE(misfortune.describe());
    checkStored(state, load, /*is_heavy=*/false);
}
