#pragma once

#include "common/ipc/loop_wakeup.h"

#include <kj/async-unix.h>
#include <functional>
#include <memory>

namespace evd::ipc {

// Has functions called on an event loop's thread, one after the other in the order in which they
// were given. For any thread; copies are cheap and may outlive the LoopCalls they belong to.
class LoopCaller {
  public:
    // Never waits. Once the LoopCalls has gone the function is dropped, on this thread. It must not
    // throw, as with LoopWakeup.
    void call(std::function<void()> function) const;

  private:
    friend class LoopCalls;
    struct Waiting;

    explicit LoopCaller(std::shared_ptr<Waiting> waiting) : waiting_(std::move(waiting)) {}

    std::shared_ptr<Waiting> waiting_;
};

// The loop's side. Made and destroyed on its thread, while the loop is there; what waits then is
// dropped, so that a function may use whatever outlives this.
class LoopCalls {
  public:
    explicit LoopCalls(kj::UnixEventPort& port);
    ~LoopCalls();
    LoopCalls(const LoopCalls&) = delete;
    LoopCalls& operator=(const LoopCalls&) = delete;

    LoopCaller caller() const { return LoopCaller(waiting_); }
    void call(std::function<void()> function) const { caller().call(std::move(function)); }

  private:
    void callAll();

    const std::shared_ptr<LoopCaller::Waiting> waiting_;
    LoopWakeup wakeup_;
};

}  // namespace evd::ipc
