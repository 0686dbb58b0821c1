#pragma once

#include <functional>
#include <string>
#include <vector>

namespace evd::test {

// How a child process ended.
struct ForkedEnd {
    int status = -1;                  // as waitpid() tells it
    std::vector<std::string> writes;  // to stderr, one by one

    bool exitedWith(int code) const;
    bool diedOf(int signal) const;
};

inline constexpr int kGoneOn = 99;  // the exit status of work that returned

// The end of a child of this process that does that work. It leaves no core, and what the runner of
// the tests does about an abort is not for it. There are no other threads when this is called.
ForkedEnd endOfFork(const std::function<void()>& work);

// For the work: from here on there is room for so many more bytes of addresses.
void limitAddresses(size_t more_bytes);

}  // namespace evd::test
