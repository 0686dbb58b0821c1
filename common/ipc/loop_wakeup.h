#pragma once

#include "common/base/fd.h"

#include <kj/async-unix.h>
#include <atomic>
#include <functional>
#include <memory>

namespace evd::ipc {

// What a thread has to hold to wake a loop, whether or not the loop's side is there any more.
class LoopSignal {
  public:
    // Throws a kj::Exception when there is no descriptor left.
    LoopSignal();

    // For any thread, and never waits.
    void raise();
    // On the loop's thread. What is raised from here on is told anew.
    void take();
    int fd() const { return event_.get(); }

  private:
    const base::Fd event_;
    std::atomic<bool> is_raised_ = false;  // up to take(); nothing is written then
};

// Lets any thread call a function on the event loop's thread. Signals that come before the function
// has begun are one call. Made and destroyed on the loop's thread, while the loop is there;
// signal() is for any thread and never waits. The function must not throw, which ends the process:
// nobody would be woken any more. Holds one descriptor, an eventfd, which ThreadSanitizer follows,
// unlike what kj has for the same; the constructor throws a kj::Exception when there is none.
class LoopWakeup {
  public:
    LoopWakeup(kj::UnixEventPort& port, std::function<void()> on_wake);
    void signal() { signal_->raise(); }
    // For who signals and may outlive this; then nothing comes of it.
    std::shared_ptr<LoopSignal> shared() const { return signal_; }

  private:
    kj::Promise<void> waitAndCall();

    const std::function<void()> on_wake_;
    const std::shared_ptr<LoopSignal> signal_;
    kj::UnixEventPort::FdObserver observer_;
    kj::Promise<void> waiting_ = nullptr;
};

}  // namespace evd::ipc
