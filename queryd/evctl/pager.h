#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

#include <sys/types.h>
#include <string>

namespace evd::evctl {

// The person's pager with our output as its input.
//
// $PAGER is a command of the shell, and run as one. less is told to end by itself with a short
// text, to pass colours on and to leave the screen as it is, unless $LESS says otherwise. Who
// starts it waits for it, so that the prompt comes back after it. When it cannot be started there
// is none, and the output goes where it would have gone. Ctrl-C is the pager's while it runs: we
// ignore it from start() to wait().
class Pager {
  public:
    Pager() = default;
    ~Pager() { wait(); }
    Pager(const Pager&) = delete;
    Pager& operator=(const Pager&) = delete;

    // False when it could not be started.
    bool start(const std::string& command);
    // Where the output goes; -1 when there is no pager.
    int fd() const { return input_.get(); }
    // Ends its input and waits until the person has left it.
    void wait();

  private:
    base::Fd input_;
    pid_t pid_ = -1;
    void (*interrupt_before_)(int) = nullptr;
};

// Whether a text is longer than a screen, so that its beginning would be gone; 0 rows is endless.
// Lines that are wider than the screen count for as many as they take. Pure.
bool isLongerThan(const std::string& text, size_t rows, size_t columns);

}  // namespace evd::evctl
