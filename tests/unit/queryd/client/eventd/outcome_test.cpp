#include "queryd/client/eventd/outcome_service.h"

#include "common/base/thread.h"

#include <doctest/doctest.h>
#include <memory>
#include <string>

using eventd::Error;
using eventd::ErrorKind;
using eventd::Outcome;

TEST_CASE("outcome: a value that is found out elsewhere, nothing, and an error") {
    Outcome<std::string> value;
    Outcome<void> nothing;
    Outcome<int> error;
    evd::base::Thread thread("finds out", [&] {
        value.succeed("seen");
        nothing.succeed();
        error.fail(Error(ErrorKind::Busy, "later"));
    });
    CHECK(value.wait() == "seen");
    CHECK_NOTHROW(nothing.wait());
    try {
        (void)error.wait();
        FAIL("an error is thrown");
    } catch (const Error& thrown) {
        CHECK(thrown.kind() == ErrorKind::Busy);
        CHECK(std::string(thrown.what()) == "later");
    }
    thread.join();
}

TEST_CASE("outcome: it may go as soon as the wait is over") {
    for (int life = 0; life < 2'000; ++life) {
        auto outcome = std::make_unique<Outcome<int>>();
        evd::base::Thread thread("finds out",
                                 [&outcome = *outcome, life] { outcome.succeed(life); });
        REQUIRE(outcome->wait() == life);
        outcome.reset();
        thread.join();
    }
}
