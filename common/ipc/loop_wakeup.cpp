#include "common/ipc/loop_wakeup.h"

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"

#include <sys/eventfd.h>
#include <cerrno>

namespace evd::ipc {

namespace {

base::Fd openEvent() {
    base::Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event.valid()) {
        throwError(base::failErrno("cannot make what wakes the event loop", errno));
    }
    return event;
}

}  // namespace

LoopSignal::LoopSignal() : event_(openEvent()) {}

void LoopSignal::raise() {
    if (!is_raised_.exchange(true)) {
        EVD_CHECK(::eventfd_write(event_.get(), 1) == 0, "a counter that was 0 takes a 1");
    }
}

void LoopSignal::take() {
    eventfd_t count = 0;
    (void)::eventfd_read(event_.get(), &count);
    is_raised_.exchange(false);  // and see what was done before the signals that wrote nothing
}

LoopWakeup::LoopWakeup(kj::UnixEventPort& port, std::function<void()> on_wake)
    : on_wake_(std::move(on_wake)),
      signal_(std::make_shared<LoopSignal>()),
      observer_(port, signal_->fd(), kj::UnixEventPort::FdObserver::OBSERVE_READ) {
    waiting_ = waitAndCall().eagerlyEvaluate([](kj::Exception&& exception) {
        base::logError(base::cat("what a signal calls fails: ", toError(exception).text));
        EVD_CHECK(false, "what a signal calls does not throw");  // No signal would be heard again.
    });
}

// The observer must be armed before the signal is taken: it tells an edge only to those who wait
// for it.
kj::Promise<void> LoopWakeup::waitAndCall() {
    return observer_.whenBecomesReadable().then([this]() {
        auto next = waitAndCall();
        signal_->take();
        on_wake_();
        return next;
    });
}

}  // namespace evd::ipc
