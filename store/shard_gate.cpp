#include "store/shard_gate.h"

namespace evd::store {

bool ShardGate::isWanted() const {
    const std::lock_guard lock(mutex_);
    return turns_asked_ > turns_ended_ + 1;
}

void ShardGate::enter() {
    std::unique_lock lock(mutex_);
    const uint64_t mine = turns_asked_++;
    next_turn_.wait(lock, [&] { return turns_ended_ == mine; });
}

void ShardGate::leave() {
    const std::lock_guard lock(mutex_);
    ++turns_ended_;
    next_turn_.notify_all();
}

}  // namespace evd::store
