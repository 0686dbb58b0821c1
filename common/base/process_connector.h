#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

namespace evd::base {

// Opens a socket on which the kernel tells of every fork, exec and exit of the machine.
//
// The supervisor calls it while it may (it takes CAP_NET_ADMIN before Linux 6.6) and hands the
// socket to the sensor, which only ever reads from it. The socket is subscribed, non-blocking and
// CLOEXEC, with a receive buffer of kProcessConnectorBufferBytes where the kernel allows it. Denied
// without the right; Unsupported when this kernel, or the container we are in, has no connector
// that answers. The sensor then looks through /proc instead.
Result<Fd> openProcessConnector();

inline constexpr int kProcessConnectorBufferBytes = 4 * 1024 * 1024;

}  // namespace evd::base
