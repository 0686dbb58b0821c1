#include "queryd/admission.h"

#include <doctest/doctest.h>
#include <vector>

using evd::base::ErrorKind;
using evd::queryd::Admission;
using evd::queryd::Caller;

namespace {

const Caller kAlice{"S-1-22-1-1001", false, false};
const Caller kBob{"S-1-22-1-1002", false, false};
const Caller kSystem{"S-1-5-18", true, true};

bool mentions(const evd::base::Error& error, std::string_view word) {
    return error.text.find(word) != std::string::npos;
}

}  // namespace

// Spec §8.6
TEST_CASE("admission: exactly MaxConcurrentQueries run, the next one is told which limit it met") {
    Admission admission({2, 2, 10});
    auto first = admission.admit(kAlice);
    auto second = admission.admit(kBob);
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    const auto third = admission.admit(kSystem);
    REQUIRE_FALSE(third.ok());
    CHECK(third.error().kind == ErrorKind::Busy);
    CHECK(mentions(third.error(), "MaxConcurrentQueries is 2"));
    first.value().release();
    CHECK(admission.admit(kSystem).ok());
}

TEST_CASE("admission: one user cannot take more than their share, others still get in") {
    Admission admission({10, 10, 2});
    const auto first = admission.admit(kAlice);
    const auto second = admission.admit(kAlice);
    const auto third = admission.admit(kAlice);
    REQUIRE_FALSE(third.ok());
    CHECK(mentions(third.error(), "MaxQueriesPerUser is 2"));
    CHECK(admission.admit(kBob).ok());
}

TEST_CASE("admission: SYSTEM is exempt from the share of one user") {
    Admission admission({4, 4, 1});
    std::vector<Admission::Slot> slots;
    for (int i = 0; i < 4; ++i) {
        auto slot = admission.admit(kSystem);
        REQUIRE(slot.ok());
        slots.push_back(std::move(slot).value());
    }
    CHECK_FALSE(admission.admit(kSystem).ok());
}

// Spec §8.7: non-streaming queries are unaffected by the streaming limit.
TEST_CASE("admission: the streaming limit refuses streaming queries only") {
    Admission admission({10, 1, 10});
    auto first = admission.admit(kAlice);
    auto second = admission.admit(kAlice);
    REQUIRE(first.value().becomeStreaming().ok());
    const auto refused = second.value().becomeStreaming();
    REQUIRE_FALSE(refused.ok());
    CHECK(mentions(refused.error(), "MaxStreamingQueries is 1"));
    CHECK(admission.admit(kAlice).ok());
    first.value().release();
    CHECK(second.value().becomeStreaming().ok());
}

TEST_CASE("admission: a slot gives back its place when it goes, once") {
    Admission admission({1, 1, 1});
    {
        auto slot = admission.admit(kAlice);
        REQUIRE(slot.value().becomeStreaming().ok());
        Admission::Slot moved = std::move(slot).value();
        CHECK(admission.counts().running == 1);
        CHECK(admission.counts().streaming == 1);
        moved.release();
        moved.release();
        CHECK(admission.counts().running == 0);
    }
    CHECK(admission.counts().running == 0);
    CHECK(admission.counts().streaming == 0);
}

TEST_CASE("admission: a lowered limit lets running queries finish and refuses newcomers") {
    Admission admission({2, 2, 2});
    auto first = admission.admit(kAlice);
    auto second = admission.admit(kAlice);
    admission.setLimits({1, 1, 1});
    CHECK(admission.counts().running == 2);
    first.value().release();
    CHECK_FALSE(admission.admit(kAlice).ok());
    second.value().release();
    CHECK(admission.admit(kAlice).ok());
}

TEST_CASE("admission: a raised limit lets the next one in") {
    Admission admission({1, 1, 1});
    const auto first = admission.admit(kAlice);
    CHECK_FALSE(admission.admit(kBob).ok());
    admission.setLimits({2, 1, 1});
    CHECK(admission.admit(kBob).ok());
    CHECK(admission.counts().refused == 1);
}
