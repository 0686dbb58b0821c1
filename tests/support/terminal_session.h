#pragma once

#include "common/base/fd.h"

#include <sys/types.h>
#include <string>
#include <vector>

namespace evd::test {

// A program on a terminal of its own (a pseudo-terminal of 80 by 24), as a person has it.
//
// What it prints is collected as it comes, escape sequences and all; the end of a line is \r\n
// there. Waits are bounded. Destroying it kills a program that has not ended.
class TerminalSession {
  public:
    TerminalSession(const std::vector<std::string>& command,
                    const std::vector<std::string>& environment);
    ~TerminalSession();
    TerminalSession(const TerminalSession&) = delete;
    TerminalSession& operator=(const TerminalSession&) = delete;

    void type(const std::string& text);
    // Waits until the text was printed behind what was waited for before; false after kPatienceMs.
    bool waitFor(const std::string& text);
    // The exit status, of one that a signal has ended 128 and its number, as shells have it; -1
    // when it has not ended by then.
    int waitExit();
    // Lets a program that has stopped itself go on; false when it has not stopped by then.
    bool goOnWhenStopped();

    const std::string& printed() const { return printed_; }

  private:
    // Reads what is there, waiting a little for it; false when the program has closed its terminal.
    bool readSome();

    base::Fd terminal_;
    pid_t pid_ = -1;
    std::string printed_;
    size_t waited_to_ = 0;
};

}  // namespace evd::test
