#include "store/shard_router.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

using Shards = std::vector<uint16_t>;

TEST_CASE("shard router: as many shards as cpus, each cpu has its own (Spec §2.3)") {
    ShardRouter router({0, 1, 2, 3}, {}, 4);
    for (uint16_t cpu = 0; cpu < 4; ++cpu) {
        CHECK(router.shardsOf(cpu) == Shards{cpu});
        CHECK(router.next(cpu) == cpu);
        CHECK(router.next(cpu) == cpu);
    }
}

TEST_CASE("shard router: fewer shards than cpus are shared") {
    const ShardRouter router({0, 1}, {}, 5);
    CHECK(router.shardsOf(0) == Shards{0});
    CHECK(router.shardsOf(1) == Shards{1});
    CHECK(router.shardsOf(2) == Shards{0});
    CHECK(router.shardsOf(3) == Shards{1});
    CHECK(router.shardsOf(4) == Shards{0});
}

TEST_CASE("shard router: more shards than cpus are taken in turn (Ruling S11)") {
    ShardRouter router({0, 1, 2, 3, 4}, {}, 2);
    CHECK(router.shardsOf(0) == Shards{0, 2, 4});
    CHECK(router.shardsOf(1) == Shards{1, 3});
    for (const uint16_t expected : Shards{0, 2, 4, 0, 2}) {
        CHECK(router.next(0) == expected);
    }
    for (const uint16_t expected : Shards{1, 3, 1}) {
        CHECK(router.next(1) == expected);
    }
}

TEST_CASE("shard router: an excluded shard's share goes to the cpu's others (Ruling S10)") {
    const ShardRouter router({0, 1, 2, 3}, {2}, 2);
    CHECK(router.shardsOf(0) == Shards{0});
    CHECK(router.shardsOf(1) == Shards{1, 3});
}

TEST_CASE("shard router: a cpu whose shards are all excluded gets a healthy one") {
    const ShardRouter router({0, 1, 2}, {0, 2}, 3);
    for (uint16_t cpu = 0; cpu < 3; ++cpu) {
        CHECK(router.shardsOf(cpu) == Shards{1});
    }
}

TEST_CASE("shard router: new shards behind excluded ones serve every cpu") {
    const ShardRouter router({0, 1, 2, 3}, {0, 1}, 2);
    CHECK(router.shardsOf(0) == Shards{2});
    CHECK(router.shardsOf(1) == Shards{3});
}

}  // namespace
}  // namespace evd::store
