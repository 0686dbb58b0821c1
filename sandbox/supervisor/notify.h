#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evd::supervisor {

inline constexpr int kNotifyPatienceMs = 500;

// Tells the service manager how we are: datagrams to $NOTIFY_SOCKET (peios-abi §5.3, sd_notify(3)).
//
// Sent from the main process, as the protocol asks. Without $NOTIFY_SOCKET every call does nothing.
// A datagram that cannot be delivered is lost: the manager has its own timeouts. Those on which a
// start hangs wait kNotifyPatienceMs for room in the manager's queue, the others not at all. Main
// thread.
class Notify {
  public:
    // An address that begins with @ is abstract. Invalid when it fits no socket address.
    static base::Result<Notify> open(const char* address);

    void ready();
    void stopping();
    void reloading(int64_t monotonic_us);
    void watchdog();
    // Has the manager keep a descriptor for our next life, or drop all of that name. False when it
    // cannot be told; whether it does so it never says.
    bool storeFd(std::string_view name, int fd);
    void removeFd(std::string_view name);

  private:
    bool send(std::string_view text, int flags, int fd = -1);

    base::Fd socket_;
    std::string address_;  // as the bytes of sun_path
};

// How often WATCHDOG=1 is due: half of $WATCHDOG_USEC, if that is meant for this process. Pure.
std::optional<int64_t> watchdogIntervalNs(const char* watchdog_usec, const char* watchdog_pid,
                                          int64_t own_pid);

}  // namespace evd::supervisor
