#include "store/checkpointer.h"

namespace evd::store {

namespace {

constexpr std::chrono::seconds kIdleWait{60};
constexpr std::chrono::seconds kRetryWait{1};

}  // namespace

void Checkpointer::noteLog(int64_t wal_bytes) {
    policy_.noteLog(wal_bytes);
    showFigures();
}

void Checkpointer::runIfDue(db::Connection& connection, const std::string& path,
                            CheckpointPolicy::Load load) {
    if (thread_.isUnderWay()) {
        return;
    }
    if (const auto ended = thread_.takeEnded()) {
        policy_.passEnded(*ended);
    }
    switch (policy_.next(load)) {
        case CheckpointPolicy::Step::None:
            break;
        case CheckpointPolicy::Step::Pass:
            thread_.begin(path);
            break;
        case CheckpointPolicy::Step::Finish: {
            const auto done = connection.checkpointPassive();
            policy_.finished(done && done.value().moved_pages == done.value().wal_pages);
            break;
        }
    }
    showFigures();
}

void Checkpointer::letGo() {
    thread_.letGo();
    policy_.forget();
    showFigures();
}

std::chrono::nanoseconds Checkpointer::idleWait() const {
    return thread_.isBusy() || policy_.wantsRetryWhenIdle() ? kRetryWait : kIdleWait;
}

void Checkpointer::showFigures() {
    wal_bytes_.store(policy_.walBytes());
    is_blocked_.store(policy_.isBlocked());
}

}  // namespace evd::store
