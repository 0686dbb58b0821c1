#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

#include <sys/types.h>
#include <string>
#include <string_view>

namespace evd::supervisor {

inline constexpr std::string_view kGroupLockFile = "eventd.lock";

// The right to be the one group of an event store (contracts §2): an flock on eventd.lock, which
// holds the pid of its holder as text. Held as long as the object lives; the kernel lets go of it
// when the process dies, so a stale file is no obstacle.
class GroupLock {
  public:
    // Busy, naming the holder's pid, when another group has it.
    static base::Result<GroupLock> acquire(const std::string& event_store_path, pid_t own_pid);

  private:
    explicit GroupLock(base::Fd fd) : fd_(std::move(fd)) {}

    base::Fd fd_;
};

}  // namespace evd::supervisor
