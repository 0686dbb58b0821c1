#pragma once

#include <kj/async.h>
#include <functional>
#include <mutex>

namespace evd::ipc {

// Lets any thread call a function on the event loop's thread. Signals that come before the function
// has begun are one call. Made and destroyed on the loop's thread, while the loop is there;
// signal() is for any thread and never waits. The function must not throw, which ends the process:
// nobody would be woken any more. Used by the store's writer threads to say that reports are
// waiting, and by queryd's query threads to say that a command for the store is.
class LoopWakeup {
  public:
    explicit LoopWakeup(std::function<void()> on_wake);
    void signal();

  private:
    kj::Promise<void> waitAndCall();

    const std::function<void()> on_wake_;
    std::mutex mutex_;
    bool is_signalled_ = false;
    kj::Own<kj::CrossThreadPromiseFulfiller<void>> fulfiller_;
    kj::Promise<void> waiting_ = nullptr;
};

}  // namespace evd::ipc
