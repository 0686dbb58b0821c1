#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/base/thread.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace evd::collector {

// The thread of a sensor: asleep in poll() until there is something, until time is up, or until
// somebody wakes it.
//
// The body runs once and ends when stopping() is true, which it looks at after each wait(). Owned
// by the sensor and declared last in it, so that the thread is joined before what it uses goes.
// wake() and stop() come from any thread, wait() from the sensor's own.
class SensorLoop {
  public:
    SensorLoop() = default;
    ~SensorLoop() { stop(); }
    SensorLoop(const SensorLoop&) = delete;
    SensorLoop& operator=(const SensorLoop&) = delete;

    base::Result<void> start(std::string thread_name, std::function<void()> body);
    // Asks the body to end and waits for it.
    void stop();
    void wake();

    bool stopping() const { return stopping_.load(); }
    // True when the descriptor (-1 for none) is readable or in error. Negative timeouts wait for
    // ever.
    bool wait(int fd, int timeout_ms);

  private:
    base::Fd wake_;
    std::atomic<bool> stopping_{false};
    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::collector
