#include "sandbox/supervisor/edge_health.h"

#include <doctest/doctest.h>

namespace evd::supervisor {
namespace {

constexpr int64_t kNow = 100 * kTornEdgeNs;

TEST_CASE("edge health: an edge is torn when it has been silent long enough between two that run") {
    EdgeHealth edge;
    CHECK_FALSE(edge.isTorn(false, true, kNow));
    CHECK_FALSE(edge.isTorn(false, true, kNow + kTornEdgeNs - 1));
    CHECK(edge.isTorn(false, true, kNow + kTornEdgeNs));
}

TEST_CASE("edge health: the new edge has as long as the old one") {
    EdgeHealth edge;
    CHECK_FALSE(edge.isTorn(false, true, kNow));
    CHECK(edge.isTorn(false, true, kNow + kTornEdgeNs));
    CHECK_FALSE(edge.isTorn(false, true, kNow + kTornEdgeNs + 1));
    CHECK_FALSE(edge.isTorn(false, true, kNow + 2 * kTornEdgeNs));
    CHECK(edge.isTorn(false, true, kNow + 2 * kTornEdgeNs + 1));
}

TEST_CASE("edge health: a connection, or the death of an end, starts the time anew") {
    for (const bool is_connected : {true, false}) {
        EdgeHealth edge;
        CHECK_FALSE(edge.isTorn(false, true, kNow));
        CHECK_FALSE(edge.isTorn(is_connected, is_connected, kNow + kTornEdgeNs));
        CHECK_FALSE(edge.isTorn(false, true, kNow + kTornEdgeNs + 1));
        CHECK_FALSE(edge.isTorn(false, true, kNow + 2 * kTornEdgeNs));
        CHECK(edge.isTorn(false, true, kNow + 2 * kTornEdgeNs + 1));
    }
}

}  // namespace
}  // namespace evd::supervisor
