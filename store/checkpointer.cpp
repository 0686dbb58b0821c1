#include "store/checkpointer.h"

namespace evd::store {

namespace {

constexpr std::chrono::seconds kIdleWait{60};
constexpr std::chrono::seconds kRetryWait{1};

}  // namespace

void Checkpointer::runIfDue(db::Connection& connection, bool is_idle) {
    const int64_t wal_bytes = walBytes();
    if (!policy_.isDue(wal_bytes, is_idle)) {
        return;
    }
    const auto done = connection.checkpointPassive();
    const bool complete = done && done.value().moved_pages == done.value().wal_pages;
    policy_.attempted(wal_bytes, complete);
    // Only readers with an older snapshot make a checkpoint stop early without an error.
    is_blocked_.store(done && !complete);
}

std::chrono::nanoseconds Checkpointer::idleWait() const {
    return policy_.wantsRetryWhenIdle(walBytes()) ? kRetryWait : kIdleWait;
}

}  // namespace evd::store
