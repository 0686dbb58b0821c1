// eventd-meta.db on a disk that fails at each operation in every way, and loses its power: what is
// read afterwards is a state that was saved, or none; never a mixture, and never a refusal that
// lasts. It holds no records, so it may be made anew; the store must go on without it.

#include "store/meta_store.h"

#include "common/base/text.h"
#include "common/db/sqlite.h"

#include "tests/fault/faulty_vfs.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <random>

namespace evd::test {
namespace {

constexpr uint64_t kSeed = 20261121;
constexpr uint64_t kNever = ~uint64_t{0};
constexpr int64_t kStates = 4;

// Told apart by their number; large enough for several pages.
store::MetaStore::State numbered(int64_t number) {
    store::MetaStore::State all;
    store::IndexPolicy::State& state = all.indexes;
    for (int field = 0; field < 200; ++field) {
        state.counters.push_back({base::cat("field", field), static_cast<uint64_t>(number), 1});
    }
    state.counted_until_ns = number;
    state.desired = {{base::cat("wanted", number), true}};
    state.manual = {{base::cat("wanted", number), number}};
    all.rollups.counted_until_ns = number;
    all.rollups.counters = {{base::cat("avg_", number), static_cast<uint64_t>(number), 1}};
    all.rollups.desired = {{wire::RollupFunction::Avg, static_cast<uint32_t>(number)}};
    return all;
}

// The number of the state, 0 for an empty one, -1 for a mixture.
int64_t numberOf(const store::MetaStore::State& all) {
    const store::IndexPolicy::State& state = all.indexes;
    if (state.counters.empty() && state.desired.empty() && state.counted_until_ns == 0 &&
        all.rollups.desired.empty()) {
        return 0;
    }
    const int64_t number = state.counted_until_ns;
    const store::MetaStore::State expected = numbered(number);
    const store::IndexPolicy::State& whole = expected.indexes;
    bool same = state.counters.size() == whole.counters.size() && state.desired == whole.desired &&
                state.manual == whole.manual && all.rollups.desired == expected.rollups.desired &&
                all.rollups.counters.size() == 1;
    for (const store::CounterRecord& counter : state.counters) {
        same = same && counter.count == static_cast<uint64_t>(number);
    }
    return same ? number : -1;
}

struct Life {
    uint64_t candidates = 0;
    uint64_t injected = 0;
    int64_t saved = 0;      // the last state whose save was promised
    int64_t attempted = 0;  // the last one that was tried
    int64_t found = -1;     // afterwards, on a disk that works
    bool made_anew = false;
};

// Opens, saves a few states, and ends; then the disk works again and somebody looks.
Life live(FaultPlan plan) {
    FaultyVfs& vfs = FaultyVfs::instance();
    const TemporaryDirectory directory;
    const base::SystemClock clock;
    Life life;
    std::mt19937_64 random(kSeed + plan.at);
    vfs.keepShadows(plan.kind == FaultKind::PowerCut);
    vfs.arm(plan);
    {
        auto opened = store::MetaStore::open(directory.path(), clock);
        for (int64_t number = 1; opened && number <= kStates; ++number) {
            life.attempted = number;
            if (opened.value().store->save(numbered(number))) {
                life.saved = number;
            }
        }
    }
    life.candidates = vfs.candidates();
    life.injected = vfs.injected();
    vfs.disarm();
    if (plan.kind == FaultKind::PowerCut) {
        vfs.powerBack(directory.path(), random);
    }
    vfs.keepShadows(false);
    auto again = store::MetaStore::open(directory.path(), clock);
    REQUIRE(again);
    life.made_anew = !again.value().trouble.empty();
    const auto state = again.value().store->load();
    REQUIRE(state);
    life.found = numberOf(state.value());
    // Whatever happened, from here on it keeps what it is given.
    REQUIRE(again.value().store->save(numbered(9)));
    CHECK(numberOf(again.value().store->load().value()) == 9);
    return life;
}

TEST_CASE("meta store faults: each operation fails once, and what was saved stays saved") {
    for (const FaultKind kind :
         {FaultKind::ReadError, FaultKind::WriteError, FaultKind::TornWrite, FaultKind::DiskFull,
          FaultKind::SyncError, FaultKind::TruncateError, FaultKind::OpenError,
          FaultKind::SharedError, FaultKind::FolderError}) {
        const uint64_t candidates = live({kind, kNever, 1}).candidates;
        uint64_t injected = 0;
        for (uint64_t at = 1; at <= candidates; ++at) {
            CAPTURE(faultName(kind));
            CAPTURE(at);
            const Life life = live({kind, at, 1});
            injected += life.injected;
            CHECK(life.found >= (life.made_anew ? 0 : life.saved));
            CHECK(life.found <= life.attempted);
        }
        MESSAGE(base::cat(faultName(kind), ": ", injected, " injected among ", candidates));
    }
}

TEST_CASE("meta store faults: a power cut leaves a state that was saved, or none") {
    const uint64_t candidates = live({FaultKind::PowerCut, kNever, 1}).candidates;
    REQUIRE(candidates > 0);
    for (uint64_t at = 1; at <= candidates; ++at) {
        CAPTURE(at);
        const Life life = live({FaultKind::PowerCut, at, 1});
        CHECK(life.found >= 0);
        CHECK(life.found <= life.attempted);
    }
}

}  // namespace
}  // namespace evd::test
