#include "store/shard_gate.h"

#include "common/base/thread.h"

#include <doctest/doctest.h>
#include <atomic>
#include <memory>

namespace evd::store {
namespace {

TEST_CASE("shard gate: one at a time") {
    ShardGate gate;
    int shared = 0;
    const auto add = [&] {
        for (int i = 0; i < 10'000; ++i) {
            const ShardGate::Turn turn(gate);
            ++shared;
        }
    };
    {
        base::Thread first("first", add);
        base::Thread second("second", add);
    }
    CHECK(shared == 20'000);
}

TEST_CASE("shard gate: a writer that asks again at once does not overtake who waits") {
    ShardGate gate;
    std::atomic<bool> has_been_in = false;
    auto turn = std::make_unique<ShardGate::Turn>(gate);
    CHECK_FALSE(gate.isWanted());
    base::Thread guest("guest", [&] {
        const ShardGate::Turn behind(gate);
        has_been_in = true;
    });
    while (!gate.isWanted()) {
    }
    CHECK_FALSE(has_been_in);
    turn.reset();
    const ShardGate::Turn again(gate);
    CHECK(has_been_in);
}

TEST_CASE("shard gate: a replaced database is told of") {
    ShardGate gate;
    CHECK(gate.replacements() == 0);
    gate.noteReplaced();
    CHECK(gate.replacements() == 1);
}

}  // namespace
}  // namespace evd::store
