#pragma once

#include "common/base/thread.h"

#include <sys/types.h>
#include <atomic>
#include <memory>
#include <vector>

namespace evd::test {

// What befalls a program in a chaos run.
enum class Mishap { Kill, Stop, Hang, Memory };

const char* mishapName(Mishap mishap);

// Lets things befall processes that are not our children, and goes on with them until they are
// over.
//
// Kill is SIGKILL; Stop is SIGSTOP, out of which nobody wakes it. Hang holds the main thread alone,
// as a deadlock does, while the others run: we trace it, which takes a thread per victim until it
// is dead. Memory bounds its address space to what it has, so that it gets no more. One thread
// calls.
class Mishaps {
  public:
    Mishaps() = default;
    ~Mishaps() = default;
    Mishaps(const Mishaps&) = delete;
    Mishaps& operator=(const Mishaps&) = delete;

    // False when it could not be done: the process is gone, or we may not (Hang needs root).
    bool befall(pid_t pid, Mishap mishap);
    // Whether Hang can be had here at all.
    static bool mayHang();

  private:
    bool hang(pid_t pid);

    std::vector<std::unique_ptr<base::Thread>>
        tracers_;  // joined at the end: their victims are dead
};

}  // namespace evd::test
