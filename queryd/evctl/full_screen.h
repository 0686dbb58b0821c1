#pragma once

#include "common/base/fd.h"

#include <termios.h>
#include <csignal>
#include <cstdint>

namespace evd::evctl {

// The whole terminal, for a picture that is drawn again and again.
//
// Takes the second screen of the terminal and gives the first one back at the end, with cursor and
// typing as they were; so INT, QUIT, TERM and HUP are read here instead of ending the program, and
// TSTP gives the first screen back for as long as the program is stopped. Who waits elsewhere than
// here must also end when there is something to be read from signals(). Keys come one by one and
// are not shown. One thread, one at a time.
class FullScreen {
  public:
    FullScreen();
    ~FullScreen();
    FullScreen(const FullScreen&) = delete;
    FullScreen& operator=(const FullScreen&) = delete;

    enum class Wake { Time, Size, End };
    // Waits so long; ends earlier when the size changes or the person wants to leave (q, Ctrl-C).
    Wake wait(int milliseconds);
    // Can be read when a signal waits for wait().
    int signals() const { return signals_.get(); }

  private:
    void enter();
    void leave();
    Wake take(uint32_t signal);

    base::Fd signals_;
    sigset_t mask_before_{};
    termios typing_before_{};
    bool has_typing_ = false;
};

}  // namespace evd::evctl
