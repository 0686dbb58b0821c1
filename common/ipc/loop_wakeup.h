#pragma once

#include "common/base/fd.h"

#include <kj/async-unix.h>
#include <atomic>
#include <functional>

namespace evd::ipc {

// Lets any thread call a function on the event loop's thread. Signals that come before the function
// has begun are one call. Made and destroyed on the loop's thread, while the loop is there;
// signal() is for any thread and never waits. The function must not throw, which ends the process:
// nobody would be woken any more. Holds one descriptor, an eventfd, which ThreadSanitizer follows,
// unlike what kj has for the same; the constructor throws a kj::Exception when there is none.
class LoopWakeup {
  public:
    LoopWakeup(kj::UnixEventPort& port, std::function<void()> on_wake);
    void signal();

  private:
    kj::Promise<void> waitAndCall();
    void takeSignal();

    const std::function<void()> on_wake_;
    const base::Fd event_;
    kj::UnixEventPort::FdObserver observer_;
    std::atomic<bool> is_signalled_ = false;  // up to takeSignal(); nothing is written then
    kj::Promise<void> waiting_ = nullptr;
};

}  // namespace evd::ipc
