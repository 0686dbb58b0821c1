#include "queryd/waiting_room.h"

#include "common/base/clock.h"

#include <doctest/doctest.h>

using evd::base::kNsPerMs;
using evd::queryd::Caller;
using evd::queryd::WaitingLimits;
using evd::queryd::WaitingRoom;

namespace {

const Caller kAlice{"S-1-22-1-1001", false, false};
const Caller kBob{"S-1-22-1-1002", false, false};
const Caller kSystem{"S-1-5-18", true, true};

WaitingLimits smallLimits() {
    WaitingLimits limits;
    limits.connections_max = 3;
    limits.per_user_max = 2;
    limits.system_reserve = 1;
    limits.bytes_max = 100;
    limits.request_deadline_ms = 10;
    limits.linger_ms = 5;
    return limits;
}

}  // namespace

TEST_CASE("waiting room: one user takes their share and no more") {
    WaitingRoom room(smallLimits());
    room.enter(1, {}, kAlice, 1000, 0);
    room.enter(2, {}, kAlice, 1000, 0);
    CHECK_FALSE(room.mayEnter(kAlice).ok());
    CHECK(room.mayEnter(kBob).ok());
    room.leave(1);
    CHECK(room.mayEnter(kAlice).ok());
}

TEST_CASE("waiting room: a full room has a place left for SYSTEM") {
    WaitingRoom room(smallLimits());
    room.enter(1, {}, kAlice, 1000, 0);
    room.enter(2, {}, kAlice, 1000, 0);
    room.enter(3, {}, kBob, 1000, 0);
    CHECK_FALSE(room.mayEnter(kBob).ok());
    CHECK(room.mayEnter(kSystem).ok());
    room.enter(4, {}, kSystem, 1000, 0);
    CHECK_FALSE(room.mayEnter(kSystem).ok());
}

TEST_CASE(
    "waiting room: unfinished requests are bounded together, and leaving gives the bytes back") {
    WaitingRoom room(smallLimits());
    auto& first = room.enter(1, {}, kAlice, 1000, 0);
    auto& second = room.enter(2, {}, kBob, 1000, 0);
    CHECK(room.received(first, 60).ok());
    CHECK(room.received(second, 40).ok());
    CHECK_FALSE(room.received(second, 1).ok());
    room.leave(2);
    CHECK(room.received(first, 40).ok());
    room.beginLeaving(first, 0);
    auto& third = room.enter(3, {}, kBob, 1000, 0);
    CHECK(room.received(third, 100).ok());
}

TEST_CASE("waiting room: time is over at the deadline, not before, and lingering is shorter") {
    WaitingRoom room(smallLimits());
    room.enter(1, {}, kAlice, 1000, 0);
    auto& second = room.enter(2, {}, kAlice, 1000, 2 * kNsPerMs);
    CHECK(room.nextDeadlineNs() == 10 * kNsPerMs);
    CHECK(room.expired(10 * kNsPerMs - 1).empty());
    CHECK(room.expired(10 * kNsPerMs) == std::vector<uint64_t>{1});
    room.beginLeaving(second, 2 * kNsPerMs);
    CHECK(room.nextDeadlineNs() == 7 * kNsPerMs);
    CHECK(room.expired(10 * kNsPerMs) == std::vector<uint64_t>{1, 2});
    room.leave(1);
    room.leave(2);
    CHECK_FALSE(room.nextDeadlineNs());
}
