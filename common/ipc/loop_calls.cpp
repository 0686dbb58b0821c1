#include "common/ipc/loop_calls.h"

#include <mutex>
#include <utility>
#include <vector>

namespace evd::ipc {

struct LoopCaller::Waiting {
    std::mutex mutex;
    std::vector<std::function<void()>> functions;
    LoopWakeup* wakeup = nullptr;  // while there is the loop's side
};

void LoopCaller::call(std::function<void()> function) const {
    const std::lock_guard lock(waiting_->mutex);
    if (waiting_->wakeup != nullptr) {
        waiting_->functions.push_back(std::move(function));
        waiting_->wakeup->signal();
    }
}

LoopCalls::LoopCalls(kj::UnixEventPort& port)
    : waiting_(std::make_shared<LoopCaller::Waiting>()), wakeup_(port, [this]() { callAll(); }) {
    const std::lock_guard lock(waiting_->mutex);
    waiting_->wakeup = &wakeup_;
}

LoopCalls::~LoopCalls() {
    std::vector<std::function<void()>> dropped;  // behind the lock: they may hold a LoopCaller
    const std::lock_guard lock(waiting_->mutex);
    waiting_->wakeup = nullptr;
    dropped.swap(waiting_->functions);
}

void LoopCalls::callAll() {
    std::vector<std::function<void()>> functions;
    {
        const std::lock_guard lock(waiting_->mutex);
        functions.swap(waiting_->functions);
    }
    for (const auto& function : functions) {
        function();
    }
}

}  // namespace evd::ipc
