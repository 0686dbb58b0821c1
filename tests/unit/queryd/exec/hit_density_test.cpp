// Whether a limit makes a walk by time the shorter way: what the sample says, and that the answer
// is the same either way.

#include "queryd/exec/hit_density.h"

#include "common/base/text.h"
#include "tests/support/event_shards.h"
#include "tests/support/msgpack_json.h"
#include "tests/unit/queryd/exec/asked_folder.h"

#include <doctest/doctest.h>
#include <limits>
#include <string>
#include <vector>

namespace evd::queryd {

namespace {

constexpr int64_t kEvents = 8'000;  // of each of two databases; a sample is a quarter

struct Store : AskedFolder {
    Store() {
        for (int64_t shard = 0; shard < 2; ++shard) {
            std::vector<test::TestEvent> events;
            for (int64_t i = 1; i <= kEvents; ++i) {
                test::TestEvent& event = events.emplace_back();
                event.id = shard * kEvents + i;
                event.timestamp = 1000 + i / 3;
                event.payload = test::msgpackOfJson(base::cat("{\"n\":", i % 100,
                                                              ",\"old\":", i < 4000 ? 1 : 0, "}"))
                                    .value();
            }
            test::TestShard(*this / base::cat("shard-000", shard, ".db")).insert(events);
        }
    }
};

TEST_CASE("hit density: a walk is worth it until it would look at a fourth of all rows") {
    const HitDensity half{2000, 1000};
    CHECK(isWalkQuicker(half, 100, 801));
    CHECK_FALSE(isWalkQuicker(half, 100, 800));
    CHECK_FALSE(isWalkQuicker({2000, 0}, 1, 1'000'000));
    CHECK_FALSE(isWalkQuicker({0, 0}, 1, 1'000'000));
    CHECK_FALSE(isWalkQuicker(half, std::numeric_limits<uint64_t>::max(), 1'000'000));
}

TEST_CASE("hit density: some thousands of many hits are found by a walk, few of them by a search") {
    const Store store;
    const std::string dense = "EVENTS WHERE n >= 10 TAKE 2000";
    CHECK(store.hasStep(dense, "sample"));
    CHECK_FALSE(store.hasStep(dense, "records to sort"));
    const std::string rare = "EVENTS WHERE n == 10 TAKE 2000";
    CHECK(store.hasStep(rare, "sample"));
    CHECK(store.hasStep(rare, "records to sort"));
}

TEST_CASE("hit density: where a limit may not be met by a quarter of the rows nothing is sampled") {
    const Store store;
    for (const std::string text : {"EVENTS WHERE n >= 10 TAKE 4000", "EVENTS WHERE n >= 10",
                                   "EVENTS WHERE n >= 10 TAKE 1000"}) {
        CAPTURE(text);
        CHECK_FALSE(store.hasStep(text, "sample"));
    }
}

TEST_CASE("hit density: the sample is taken where the answer begins") {
    const Store store;
    CHECK(store.hasStep("EVENTS WHERE old == 0 TAKE 1500", "sample"));
    CHECK_FALSE(store.hasStep("EVENTS WHERE old == 0 TAKE 1500", "records to sort"));
    CHECK(store.hasStep("EVENTS WHERE old == 0 SORT timestamp TAKE 1500", "records to sort"));
    CHECK_FALSE(store.hasStep("EVENTS WHERE old == 1 SORT timestamp TAKE 1500", "records to sort"));
}

TEST_CASE("hit density: the answer is the same either way") {
    const Store store;
    for (const std::string text :
         {"EVENTS WHERE n >= 10", "EVENTS WHERE n >= 10 SORT timestamp", "EVENTS WHERE old == 1"}) {
        CAPTURE(text);
        auto all = store.ask(text);
        REQUIRE(all.size() > 2100);
        const std::vector<std::string> some(all.begin() + 100, all.begin() + 2100);
        CHECK(store.ask(text + " SKIP 100 TAKE 2000") == some);
    }
}

}  // namespace
}  // namespace evd::queryd
