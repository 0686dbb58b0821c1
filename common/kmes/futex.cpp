#include "common/kmes/futex.h"

#include "common/base/clock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <climits>
#include <ctime>

namespace evd::kmes {

void waitOnFutex(const uint32_t* word, uint32_t seen, int64_t timeout_ns) {
    const timespec timeout{timeout_ns / base::kNsPerSecond, timeout_ns % base::kNsPerSecond};
    // Woken, changed meanwhile, interrupted or timed out: the caller's re-check tells them apart.
    (void)::syscall(SYS_futex, word, FUTEX_WAIT, seen, &timeout, nullptr, 0);
}

void wakeFutex(const uint32_t* word) {
    // Fails only for an address that is not mapped, and ours is.
    (void)::syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace evd::kmes
