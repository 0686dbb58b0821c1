#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

#include <atomic>
#include <memory>

namespace evd::collector {

// Wakes an event loop from other threads: an eventfd that is written once per sleep of the loop.
//
// Drain threads ring; the loop watches fd() and acknowledges before it looks at what was handed in.
// Any number of rings between two acknowledgements are one wake, so ringing costs a system call
// only when the loop may be asleep.
class Bell {
  public:
    static base::Result<std::unique_ptr<Bell>> make();
    explicit Bell(base::Fd fd) : fd_(std::move(fd)) {}
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;

    void ring();
    // What is handed in after this rings again.
    void acknowledge();
    int fd() const { return fd_.get(); }

  private:
    base::Fd fd_;
    std::atomic<bool> rung_ = false;
};

}  // namespace evd::collector
