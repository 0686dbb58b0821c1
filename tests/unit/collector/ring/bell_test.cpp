#include "collector/ring/bell.h"

#include <doctest/doctest.h>
#include <poll.h>

using evd::collector::Bell;

namespace {

bool rings(const Bell& bell) {
    pollfd waiting{bell.fd(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
}

}  // namespace

TEST_CASE("bell: many rings are one wake, and after it is acknowledged it rings again") {
    const auto made = Bell::make();
    REQUIRE(made.ok());
    Bell& bell = *made.value();
    CHECK_FALSE(rings(bell));
    bell.ring();
    bell.ring();
    CHECK(rings(bell));
    bell.acknowledge();
    CHECK_FALSE(rings(bell));
    bell.ring();
    CHECK(rings(bell));
}

TEST_CASE("bell: acknowledging a bell that nobody rang does not block") {
    const auto made = Bell::make();
    REQUIRE(made.ok());
    made.value()->acknowledge();
    CHECK_FALSE(rings(*made.value()));
}
