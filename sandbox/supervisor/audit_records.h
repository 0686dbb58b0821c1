#pragma once

#include "common/base/fd.h"

#include <sys/types.h>
#include <optional>

namespace evd::supervisor {

// The kernel's audit records of seccomp, as they are sent to whoever may listen.
//
// Tells which system call a process was killed for. Unlike the kernel's log, where the same records
// go when no audit daemon runs, nothing is left out here when many come at once. Takes
// CAP_AUDIT_READ in the namespaces of the host; where it cannot be had nothing is ever found. The
// kernel filters, so that only these records are kept for us, up to the socket's buffer; on a
// machine where more come between two looks the oldest are kept. One thread.
class AuditRecords {
  public:
    static AuditRecords open();

    // The call of the last record about that process; waits kAuditPatienceMs for one, because the
    // kernel sends them from a thread of its own, which may come later than the end it tells of.
    std::optional<int> callOf(pid_t pid);

  private:
    base::Fd socket_;
};

inline constexpr int kAuditPatienceMs = 100;

}  // namespace evd::supervisor
