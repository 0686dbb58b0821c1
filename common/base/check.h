#pragma once

namespace evd::base {

// Prints the broken invariant and aborts. Never returns.
[[noreturn]] void checkFailed(const char* expression, const char* file, int line,
                              const char* reason);

}  // namespace evd::base

// States an invariant of ours, always compiled in. A false expression prints itself and aborts the
// process; the supervisor restarts it. Never used for input, the disk or a peer (style: Errors, 2).
#define EVD_CHECK(expression, reason)                                          \
    do {                                                                       \
        if (!(expression)) [[unlikely]] {                                      \
            ::evd::base::checkFailed(#expression, __FILE__, __LINE__, reason); \
        }                                                                      \
    } while (false)
