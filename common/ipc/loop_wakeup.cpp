#include "common/ipc/loop_wakeup.h"

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"

namespace evd::ipc {

LoopWakeup::LoopWakeup(std::function<void()> on_wake) : on_wake_(std::move(on_wake)) {
    waiting_ = waitAndCall().eagerlyEvaluate([](kj::Exception&& exception) {
        base::logError(base::cat("what a signal calls fails: ", toError(exception).text));
        EVD_CHECK(false, "what a signal calls does not throw");  // No signal would be heard again.
    });
}

void LoopWakeup::signal() {
    const std::lock_guard lock(mutex_);
    if (!is_signalled_) {
        is_signalled_ = true;
        fulfiller_->fulfill();
    }
}

kj::Promise<void> LoopWakeup::waitAndCall() {
    auto pair = kj::newPromiseAndCrossThreadFulfiller<void>();
    {
        const std::lock_guard lock(mutex_);
        fulfiller_ = kj::mv(pair.fulfiller);
        is_signalled_ = false;
    }
    return pair.promise.then([this]() {
        // Armed again before the call: what is signalled during it leads to another one.
        auto next = waitAndCall();
        on_wake_();
        return next;
    });
}

}  // namespace evd::ipc
