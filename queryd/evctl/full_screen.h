#pragma once

#include "common/base/fd.h"

#include <termios.h>
#include <csignal>

namespace evd::evctl {

// The whole terminal, for a picture that is drawn again and again.
//
// Takes the second screen of the terminal and gives the first one back at the end, with cursor and
// typing as they were; so INT, TERM and HUP are read here instead of ending the program. Keys come
// one by one and are not shown. One thread, one at a time.
class FullScreen {
  public:
    FullScreen();
    ~FullScreen();
    FullScreen(const FullScreen&) = delete;
    FullScreen& operator=(const FullScreen&) = delete;

    enum class Wake { Time, Size, End };
    // Waits so long; ends earlier when the size changes or the person wants to leave (q, Ctrl-C).
    Wake wait(int milliseconds);

  private:
    base::Fd signals_;
    sigset_t mask_before_{};
    termios typing_before_{};
    bool has_typing_ = false;
};

}  // namespace evd::evctl
