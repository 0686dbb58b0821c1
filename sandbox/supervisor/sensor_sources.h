#pragma once

#include "common/config/settings.h"
#include "sandbox/supervisor/fd_broker.h"

#include <vector>

namespace evd::supervisor {

// The file beside the event shards in which the sensor notes how far the kernel's log was sent.
inline constexpr std::string_view kKernelLogPositionFile = "kernel-log.position";

// What a sensor that is born observes and where it tells it, opened for it because it opens nothing
// itself:
//
//      proc-connector    the kernel's process connector       for `process`
//      kmsg              /dev/kmsg, from the oldest record    for `kernel-log`
//      kmsg-position     kKernelLogPositionFile, read-write   for `kernel-log`
//      log, metric       connected to the group's sockets     for the two that send records
//
// Only what the sensors named in `Linux\Sensors` need. All of them may be missing - no right, a
// container, no such socket - and are then left out: the sensor says what it goes without. Main
// thread.
std::vector<NamedFd> openSensorSources(const config::Settings& settings);

}  // namespace evd::supervisor
