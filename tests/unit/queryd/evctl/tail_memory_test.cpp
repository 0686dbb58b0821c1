#include "queryd/evctl/tail_memory.h"

#include "tests/support/msgpack_from_hex.h"
#include "tests/support/timed_record.h"

#include <doctest/doctest.h>

using evd::evctl::kTailOverlapNs;
using evd::evctl::TailMemory;
using evd::test::recordAt;

namespace {

constexpr int64_t kNow = 5 * kTailOverlapNs;

}  // namespace

TEST_CASE("tail memory: a new connection asks from a little before what was shown last") {
    TailMemory memory;
    CHECK_FALSE(memory.resumeNs().has_value());
    memory.shown(recordAt(kNow, "a"), kNow);
    memory.shown(recordAt(kNow - 5, "late"), kNow);
    CHECK(memory.resumeNs() == kNow - kTailOverlapNs);
}

TEST_CASE("tail memory: what was shown is known once for each time it was shown") {
    TailMemory memory;
    memory.shown(recordAt(kNow, "a"), kNow);
    memory.shown(recordAt(kNow, "a"), kNow);
    CHECK_FALSE(memory.takeKnown(recordAt(kNow, "a")));  // nothing has broken yet
    memory.beginAgain();
    CHECK(memory.takeKnown(recordAt(kNow, "a")));
    CHECK(memory.takeKnown(recordAt(kNow, "a")));
    CHECK_FALSE(memory.takeKnown(recordAt(kNow, "a")));
    CHECK_FALSE(memory.takeKnown(recordAt(kNow, "b")));
}

TEST_CASE("tail memory: what came with a connection that broke too soon is not shown yet") {
    TailMemory memory;
    memory.beginAgain();
    memory.shown(recordAt(kNow, "a"), kNow);
    memory.settle();
    memory.beginAgain();
    memory.shown(recordAt(kNow + 5, "b"), kNow + 5);  // held back, and gone with the connection
    memory.beginAgain();
    CHECK(memory.resumeNs() == kNow - kTailOverlapNs);
    CHECK(memory.takeKnown(recordAt(kNow, "a")));
    CHECK_FALSE(memory.takeKnown(recordAt(kNow + 5, "b")));
    memory.shown(recordAt(kNow + 5, "b"), kNow + 5);
    memory.settle();
    memory.beginAgain();
    CHECK(memory.takeKnown(recordAt(kNow + 5, "b")));
}

TEST_CASE("tail memory: it is bounded, and what it has forgotten is not asked for again") {
    TailMemory memory;
    for (size_t i = 0; i < evd::evctl::kTailMemoryRecordsMax + 10; ++i) {
        const int64_t now_ns = kNow + static_cast<int64_t>(i);
        memory.shown(recordAt(now_ns, "a"), now_ns);
    }
    CHECK(memory.resumeNs() == kNow + 10);
}

TEST_CASE("tail memory: a record without a time has that of its arrival") {
    TailMemory memory;
    memory.shown(evd::test::msgpackOf([](evd::wire::MsgpackWriter& w) {
                     w.mapHeader(1);
                     w.text("pid");
                     w.integer(1);
                 }),
                 kNow);
    CHECK(memory.resumeNs() == kNow - kTailOverlapNs);
}

TEST_CASE(
    "tail memory: what is of the future is remembered, and does not put off the next question") {
    TailMemory memory;
    memory.shown(recordAt(100 * kNow, "future"), kNow);
    CHECK(memory.resumeNs() == kNow - kTailOverlapNs);
    memory.shown(recordAt(kNow + 3 * kTailOverlapNs, "a"), kNow + 3 * kTailOverlapNs);
    memory.beginAgain();
    CHECK(memory.resumeNs() == kNow + 2 * kTailOverlapNs);
    CHECK(memory.takeKnown(recordAt(100 * kNow, "future")));
}

TEST_CASE("tail memory: what is live after a break is new, whatever it looks like") {
    TailMemory memory;
    memory.shown(recordAt(kNow, "tick"), kNow);
    memory.shown(recordAt(kNow, "tick"), kNow);
    memory.beginAgain();
    CHECK(memory.takeKnown(recordAt(kNow, "tick")));
    memory.settle();
    CHECK_FALSE(memory.takeKnown(recordAt(kNow, "tick")));
}
