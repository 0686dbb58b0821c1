#include "store/retention_pace.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

using Pace = RetentionPace;

TEST_CASE("retention pace: quick batches grow up to the limit") {
    Pace pace;
    CHECK(pace.rows() == Pace::kRowsFirst);
    pace.took(Pace::kHoldWantedNs / 2, false);
    CHECK(pace.rows() == 2 * Pace::kRowsFirst);
    for (int i = 0; i < 20; ++i) {
        pace.took(1'000, false);
    }
    CHECK(pace.rows() == Pace::kRowsMax);
}

TEST_CASE("retention pace: a batch of about the wanted length keeps its size") {
    Pace pace;
    pace.took(Pace::kHoldWantedNs / 2 + 1, false);
    CHECK(pace.rows() == Pace::kRowsFirst);
    pace.took(Pace::kHoldWantedNs, false);
    CHECK(pace.rows() == Pace::kRowsFirst);
}

TEST_CASE("retention pace: slow batches shrink, but never to nothing") {
    Pace pace;
    pace.took(Pace::kHoldWantedNs + 1, false);
    CHECK(pace.rows() == Pace::kRowsFirst / 2);
    for (int i = 0; i < 20; ++i) {
        pace.took(1'000'000'000, false);
    }
    CHECK(pace.rows() == Pace::kRowsMin);
}

TEST_CASE("retention pace: a writer that waits makes batches smaller and rests longer") {
    Pace calm;
    Pace pressed;
    calm.took(1'000'001, false);
    pressed.took(1'000'001, true);
    CHECK(pressed.rows() < calm.rows());
    CHECK(pressed.restNs() == 2 * calm.restNs());
    for (int i = 0; i < 10; ++i) {
        pressed.took(1'000'001, true);
    }
    CHECK(pressed.restNs() == Pace::kPressureMax * calm.restNs());
    for (int i = 0; i < 10; ++i) {
        pressed.took(1'000'001, false);
    }
    CHECK(pressed.restNs() == calm.restNs());
}

TEST_CASE("retention pace: a rest is never too short to let a writer in and never long") {
    Pace pace;
    CHECK(pace.restNs() == Pace::kRestMinNs);
    pace.took(10'000'000'000, true);
    CHECK(pace.restNs() == Pace::kRestMaxNs);
}

}  // namespace
}  // namespace evd::store
