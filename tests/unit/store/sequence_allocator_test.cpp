#include "store/sequence_allocator.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

TEST_CASE("sequence allocator: ids go on behind the greatest there is") {
    SequenceAllocator allocator(41);
    SequenceAllocator::Reservation reservation;
    CHECK(allocator.stableId() == 41);
    CHECK(allocator.reserve(reservation, 3) == 42);
    CHECK(allocator.reserve(reservation, 1) == 45);
    CHECK(allocator.lastReservedId() == 45);
}

TEST_CASE("sequence allocator: the stable id stands before the lowest open transaction") {
    SequenceAllocator allocator(0);
    SequenceAllocator::Reservation left;
    SequenceAllocator::Reservation right;
    CHECK(allocator.reserve(left, 10) == 1);
    CHECK(allocator.reserve(right, 10) == 11);
    CHECK(allocator.reserve(left, 10) == 21);
    CHECK(allocator.stableId() == 0);
    allocator.settle(right);
    CHECK(allocator.stableId() == 0);
    allocator.settle(left);
    CHECK(allocator.stableId() == 30);
}

TEST_CASE("sequence allocator: ids of a transaction that was rolled back are not given out again") {
    SequenceAllocator allocator(0);
    SequenceAllocator::Reservation reservation;
    CHECK(allocator.reserve(reservation, 5) == 1);
    allocator.settle(reservation);
    CHECK_FALSE(reservation.isOpen());
    CHECK(allocator.reserve(reservation, 5) == 6);
    CHECK(allocator.stableId() == 5);
}

TEST_CASE("sequence allocator: settling a transaction without ids changes nothing") {
    SequenceAllocator allocator(7);
    SequenceAllocator::Reservation open;
    SequenceAllocator::Reservation empty;
    allocator.reserve(open, 1);
    allocator.settle(empty);
    CHECK(allocator.stableId() == 7);
}

}  // namespace
}  // namespace evd::store
