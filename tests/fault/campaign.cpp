// Faults at random, for as long as one likes: every kind, in stores of every shape, and pairs of
// them. Prints its seed and one line of counts; answers 1 when a property was broken. A round is
// described when it broke something, with all that is needed to repeat it.

#include "tests/fault/scenarios.h"

#include "common/base/text.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

namespace {

using evd::base::cat;
using evd::test::FaultKind;
using evd::test::FaultPlan;
using evd::test::Outcome;
using evd::test::Scene;
using evd::test::StoreWorld;

constexpr uint64_t kOperationsMax = 700;  // about as many as a short life has
constexpr uint64_t kLongestTrouble = 40;  // operations in a row that fail

constexpr std::array kPassing = {
    FaultKind::ReadError, FaultKind::WriteError,  FaultKind::TornWrite,
    FaultKind::DiskFull,  FaultKind::SyncError,   FaultKind::TruncateError,
    FaultKind::OpenError, FaultKind::SharedError, FaultKind::FolderError};

struct Counts {
    uint64_t rounds = 0;
    uint64_t injected = 0;
    uint64_t deaths = 0;
    uint64_t power_cuts = 0;
    uint64_t violations = 0;
};

// Rare operations get small numbers, or nothing would ever hit them.
uint64_t operationsOf(FaultKind kind) {
    switch (kind) {
        case FaultKind::SharedError:
            return 12;
        case FaultKind::TruncateError:
        case FaultKind::OpenError:
        case FaultKind::FolderError:
            return 30;
        case FaultKind::SyncError:
        case FaultKind::LostSync:
            return 110;
        case FaultKind::ReadError:
            return 180;
        case FaultKind::WriteError:
        case FaultKind::TornWrite:
        case FaultKind::DiskFull:
        case FaultKind::TornDeath:
            return 500;
        case FaultKind::Death:
        case FaultKind::PowerCut:
            break;
    }
    return kOperationsMax;
}

class Campaign {
  public:
    explicit Campaign(uint64_t seed) : random_(seed) {}

    void round() {
        const StoreWorld::Shape shape{
            .shards = static_cast<uint16_t>(1 + below(4)),
            .cpus = static_cast<uint16_t>(1 + below(3)),
            .rows_max = 30 + below(100),
            .checkpoint_bytes = static_cast<int64_t>(50'000 + below(400'000)),
            .numbers_per_run = 10 + below(60),
        };
        ++counts_.rounds;
        switch (below(5)) {
            case 0:
                death(shape);
                break;
            case 1:
                powerCut(shape);
                break;
            default:  // most of them: faults that pass
                passing(shape);
                break;
        }
    }
    const Counts& counts() const { return counts_; }

  private:
    uint64_t below(uint64_t limit) { return random_() % limit; }
    FaultPlan planOf(FaultKind kind, uint64_t hits_max) {
        return {kind, 1 + below(operationsOf(kind)), 1 + below(hits_max)};
    }

    void passing(StoreWorld::Shape shape) {
        const FaultPlan plan = planOf(kPassing[below(kPassing.size())], kLongestTrouble);
        take(evd::test::surviveFaults(plan, shape, random_()), plan, shape);
    }
    void powerCut(StoreWorld::Shape shape) {
        const FaultPlan plan = planOf(FaultKind::PowerCut, 1);
        const Outcome outcome = evd::test::survivePowerCut(plan, shape, random_());
        counts_.power_cuts += outcome.injected;
        take(outcome, plan, shape);
    }
    void death(StoreWorld::Shape shape) {
        const FaultPlan fault = planOf(kPassing[below(kPassing.size())], 3);
        const FaultPlan end = planOf(below(2) == 0 ? FaultKind::Death : FaultKind::TornDeath, 1);
        const auto scene = static_cast<Scene>(below(evd::test::kScenes));
        const Outcome outcome = below(2) == 0
                                    ? evd::test::surviveFaultAndDeath(fault, end, shape)
                                    : evd::test::surviveDeath(end, scene, shape, random_());
        counts_.deaths += outcome.injected > 0 ? 1 : 0;
        take(outcome, end, shape);
    }

    void take(const Outcome& outcome, FaultPlan plan, StoreWorld::Shape shape) {
        counts_.injected += outcome.injected;
        counts_.violations += outcome.violations.size();
        for (const std::string& violation : outcome.violations) {
            std::cout << cat("round ", counts_.rounds, ", ", evd::test::faultName(plan.kind), " ",
                             plan.at, "+", plan.hits, ", ", shape.shards, " shards, ", shape.cpus,
                             " cpus: ", violation, "\n");
        }
    }

    std::mt19937_64 random_;
    Counts counts_;
};

uint64_t argument(int count, char** values, std::string_view name, uint64_t otherwise) {
    for (int at = 1; at + 1 < count; ++at) {
        if (values[at] == name) {
            const auto number = evd::base::parseU64(values[at + 1]);
            return number ? number.value() : otherwise;
        }
    }
    return otherwise;
}

}  // namespace

int main(int count, char** values) {
    const uint64_t seed = argument(count, values, "--seed", std::random_device{}());
    const uint64_t rounds = argument(count, values, "--rounds", 100);
    std::cout << cat("seed ", seed, "\n") << std::flush;
    // The store tells of every fault on stderr; thousands of lines that nobody reads.
    const int quiet = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(quiet, STDERR_FILENO);
    Campaign campaign(seed);
    for (uint64_t round = 0; round < rounds; ++round) {
        campaign.round();
    }
    const Counts& counts = campaign.counts();
    std::cout << cat(counts.rounds, " rounds, ", counts.injected, " faults injected, ",
                     counts.deaths, " deaths, ", counts.power_cuts, " power cuts; ", counts.rounds,
                     " times checked that each number is stored or recorded exactly once, that ",
                     "receipts agree and that what was answered is there: ", counts.violations,
                     " violations\n");
    return counts.violations == 0 ? 0 : 1;
}
