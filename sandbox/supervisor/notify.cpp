#include "sandbox/supervisor/notify.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <utility>

namespace evd::supervisor {

base::Result<Notify> Notify::open(const char* address) {
    Notify notify;
    if (address == nullptr || *address == '\0') {
        return notify;
    }
    notify.address_ = address;
    if (notify.address_.size() >= sizeof(sockaddr_un{}.sun_path) ||
        (notify.address_.front() != '/' && notify.address_.front() != '@')) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("NOTIFY_SOCKET is no socket address: ", address));
    }
    if (notify.address_.front() == '@') {
        notify.address_.front() = '\0';
    }
    notify.socket_ = base::Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!notify.socket_.valid()) {
        return base::failErrno("cannot make the notify socket", errno);
    }
    return notify;
}

void Notify::ready() {
    send("READY=1\n");
}
void Notify::stopping() {
    send("STOPPING=1\n");
}
void Notify::watchdog() {
    send("WATCHDOG=1\n");
}

void Notify::reloading(int64_t monotonic_us) {
    send(base::cat("RELOADING=1\nMONOTONIC_USEC=", monotonic_us, "\n"));
}

void Notify::send(std::string_view text) {
    if (!socket_.valid()) {
        return;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, address_.data(), address_.size());
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    // Nobody to tell when it fails (class comment); MSG_DONTWAIT, because a manager that does not
    // read must not stop us.
    (void)::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                   reinterpret_cast<const sockaddr*>(&address), bytes);
}

std::optional<int64_t> watchdogIntervalNs(const char* watchdog_usec, const char* watchdog_pid,
                                          int64_t own_pid) {
    if (watchdog_usec == nullptr) {
        return std::nullopt;
    }
    if (watchdog_pid != nullptr) {
        const auto pid = base::parseU64(watchdog_pid);
        if (!pid.ok() || pid.value() != static_cast<uint64_t>(own_pid)) {
            return std::nullopt;
        }
    }
    const auto usec = base::parseU64(watchdog_usec);
    constexpr uint64_t kUsecMax = std::numeric_limits<int64_t>::max() / base::kNsPerUs;
    if (!usec.ok() || usec.value() == 0 || usec.value() > kUsecMax) {
        return std::nullopt;
    }
    return static_cast<int64_t>(usec.value()) * base::kNsPerUs / 2;
}

}  // namespace evd::supervisor
