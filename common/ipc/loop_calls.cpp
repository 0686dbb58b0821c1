#include "common/ipc/loop_calls.h"

#include <mutex>
#include <utility>
#include <vector>

namespace evd::ipc {

struct LoopCaller::Waiting {
    std::mutex mutex;
    std::vector<std::function<void()>> functions;
    std::shared_ptr<LoopSignal> signal;
    bool is_over = false;  // there is no loop's side any more
};

// The loop wants the lock as soon as it is woken, and the kernel may well run it instead of us: we
// must not hold it then, nor for as long as a busy machine takes to come back to us.
void LoopCaller::call(std::function<void()> function) const {
    {
        const std::lock_guard lock(waiting_->mutex);
        if (waiting_->is_over) {
            return;
        }
        waiting_->functions.push_back(std::move(function));
    }
    waiting_->signal->raise();
}

LoopCalls::LoopCalls(kj::UnixEventPort& port)
    : waiting_(std::make_shared<LoopCaller::Waiting>()), wakeup_(port, [this]() { callAll(); }) {
    waiting_->signal = wakeup_.shared();
}

LoopCalls::~LoopCalls() {
    std::vector<std::function<void()>> dropped;  // behind the lock: they may hold a LoopCaller
    const std::lock_guard lock(waiting_->mutex);
    waiting_->is_over = true;
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
