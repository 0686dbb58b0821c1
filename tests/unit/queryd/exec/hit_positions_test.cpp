// Hits that are too large to be held together: their positions are sorted and looked up.

#include "queryd/exec/hit_positions.h"

#include "common/base/text.h"
#include "tests/support/event_shards.h"
#include "tests/support/msgpack_json.h"
#include "tests/unit/queryd/exec/asked_folder.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace evd::queryd {
using test::TestEvent;
using test::TestShard;

namespace {

constexpr int64_t kEvents = 1200;

// Of a record with that n: those of 7 and those below 3 come to more than one task holds.
size_t textBytes(int64_t n) {
    return n == 7 ? 250'000 : n < 3 ? 100'000 : 10;
}

std::vector<TestEvent> someEvents(int64_t first_id, int64_t count) {
    std::vector<TestEvent> events;
    for (int64_t id = first_id; id < first_id + count; ++id) {
        TestEvent event;
        event.id = id;
        event.timestamp = 1000 + id * 7919 % 97;  // in no order of ids, and many of one time
        event.payload =
            test::msgpackOfJson(base::cat(R"({"n": )", id % 30, R"(, "s": ")",
                                          std::string(textBytes(id % 30), 'x'), R"("})"))
                .value();
        events.push_back(std::move(event));
    }
    return events;
}

struct Store : AskedFolder {
    Store() {
        TestShard(*this / "shard-0000.db").insert(someEvents(1, kEvents));
        TestShard(*this / "shard-0001.db").insert(someEvents(kEvents + 1, kEvents));
    }

    // Whether the answer was put together by looking up what had been found.
    bool looksUp(const std::string& text) const { return hasStep(text, "records by id"); }
};

TEST_CASE("hit positions: so many are worth a look-up each, and no more") {
    CHECK(positionsMax({0, 16 * 100}) == 100);
    CHECK(positionsMax({0, 16 * 100 - 1}) == 99);
    CHECK(positionsMax({}) == kPositionsMax);
}

TEST_CASE("hit positions: the order is that of an answer by time, either way") {
    std::vector<HitPosition> positions = {{5, 1, 0}, {5, 2, 1}, {7, 1, 0}, {5, 2, 0}};
    sortPositions(ScanOrder::NewestFirst, positions);
    CHECK(positions == std::vector<HitPosition>{{7, 1, 0}, {5, 2, 0}, {5, 2, 1}, {5, 1, 0}});
    sortPositions(ScanOrder::OldestFirst, positions);
    CHECK(positions == std::vector<HitPosition>{{5, 2, 0}, {5, 2, 1}, {5, 1, 0}, {7, 1, 0}});
}

TEST_CASE("hit positions: what is looked up is what a walk by time finds, record by record") {
    const Store store;
    for (const std::string text :
         {"EVENTS WHERE n == 7", "EVENTS WHERE n == 7 SORT timestamp",
          "EVENTS WHERE n == 7 SORT timestamp DESC SKIP 5", "EVENTS WHERE n == 7 SKIP 20",
          "EVENTS WHERE n == 7 SELECT n, s, timestamp"}) {
        CAPTURE(text);
        const std::string walked = text + " TAKE 900";  // of so few it is not known that they are
        CHECK_FALSE(store.looksUp(walked));
        CHECK(store.looksUp(text));
        const auto lines = store.ask(text);
        CHECK(lines.size() >= 60);
        CHECK(lines == store.ask(walked));
    }
    CHECK(store.ask("EVENTS WHERE n == 7 TAKE 1001").size() == 2 * kEvents / 30);
}

TEST_CASE("hit positions: where one row in ten is a hit, all are walked") {
    const Store store;
    CHECK_FALSE(store.looksUp("EVENTS WHERE n < 3"));
    CHECK(store.ask("EVENTS WHERE n < 3").size() == 2 * kEvents / 10);
}

}  // namespace
}  // namespace evd::queryd
