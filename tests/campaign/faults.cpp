// The store in this process, on a disk that fails on demand (tests/fault): every kind of fault at
// random, in stores of every shape, pairs of them, deaths between any two operations and power
// cuts. A round is described when it broke something, with all that is needed to repeat it.

#include "tests/campaign/campaign.h"
#include "tests/fault/scenarios.h"

#include "common/base/text.h"

#include <array>
#include <cstdint>
#include <string>

namespace evd::test {

namespace {

using base::cat;

constexpr uint64_t kOperationsMax = 700;  // about as many as a short life has
constexpr uint64_t kLongestTrouble = 40;  // operations in a row that fail

constexpr std::array kPassing = {
    FaultKind::ReadError, FaultKind::WriteError,  FaultKind::TornWrite,
    FaultKind::DiskFull,  FaultKind::SyncError,   FaultKind::TruncateError,
    FaultKind::OpenError, FaultKind::SharedError, FaultKind::FolderError};

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

constexpr const char* kProperty =
    "lives of a store after which each number is there once, receipts agree and what was answered "
    "is there";

class FaultyLives {
  public:
    FaultyLives(Course& course, Findings& findings) : course_(course), findings_(findings) {}

    void live() {
        const StoreWorld::Shape shape{
            .shards = static_cast<uint16_t>(1 + course_.below(4)),
            .cpus = static_cast<uint16_t>(1 + course_.below(3)),
            .rows_max = 30 + course_.below(100),
            .checkpoint_bytes = static_cast<int64_t>(50'000 + course_.below(400'000)),
            .numbers_per_run = 10 + course_.below(60),
        };
        switch (course_.below(5)) {
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

  private:
    FaultPlan planOf(FaultKind kind, uint64_t hits_max) {
        return {kind, 1 + course_.below(operationsOf(kind)), 1 + course_.below(hits_max)};
    }

    void passing(StoreWorld::Shape shape) {
        const FaultPlan plan = planOf(kPassing[course_.below(kPassing.size())], kLongestTrouble);
        take(surviveFaults(plan, shape, course_.random()), plan, shape);
    }
    void powerCut(StoreWorld::Shape shape) {
        const FaultPlan plan = planOf(FaultKind::PowerCut, 1);
        take(survivePowerCut(plan, shape, course_.random()), plan, shape);
    }
    void death(StoreWorld::Shape shape) {
        const FaultPlan fault = planOf(kPassing[course_.below(kPassing.size())], 3);
        const FaultPlan end = planOf(course_.oneIn(2) ? FaultKind::Death : FaultKind::TornDeath, 1);
        const auto scene = static_cast<Scene>(course_.below(kScenes));
        const Outcome outcome = course_.oneIn(2)
                                    ? surviveFaultAndDeath(fault, end, shape)
                                    : surviveDeath(end, scene, shape, course_.random());
        take(outcome, end, shape);
    }

    void take(const Outcome& outcome, FaultPlan plan, StoreWorld::Shape shape) {
        ++lives_;
        findings_.injected(faultName(plan.kind), outcome.injected);
        findings_.checked(kProperty);
        for (const std::string& violation : outcome.violations) {
            findings_.violated(cat("life ", lives_, ", ", faultName(plan.kind), " ", plan.at, "+",
                                   plan.hits, ", ", shape.shards, " shards, ", shape.cpus,
                                   " cpus: ", violation));
        }
    }

    Course& course_;
    Findings& findings_;
    uint64_t lives_ = 0;
};

}  // namespace

void faultsCampaign(Course& course, Findings& findings) {
    FaultyLives lives(course, findings);
    while (course.goesOn()) {
        lives.live();
    }
}

}  // namespace evd::test
