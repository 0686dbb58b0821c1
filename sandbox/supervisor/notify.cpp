#include "sandbox/supervisor/notify.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>

namespace evd::supervisor {

namespace {

constexpr int kWaits = 0;  // as long as SO_SNDTIMEO says

}  // namespace

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
    const timeval patience{0, suseconds_t{kNotifyPatienceMs} * 1000};
    if (::setsockopt(notify.socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) !=
        0) {
        return base::failErrno("cannot bound the wait for the notify socket", errno);
    }
    return notify;
}

void Notify::ready() {
    (void)send("READY=1\n", kWaits);
}
void Notify::stopping() {
    (void)send("STOPPING=1\n", MSG_DONTWAIT);
}
void Notify::watchdog() {
    (void)send("WATCHDOG=1\n", MSG_DONTWAIT);
}

void Notify::reloading(int64_t monotonic_us) {
    (void)send(base::cat("RELOADING=1\nMONOTONIC_USEC=", monotonic_us, "\n"), MSG_DONTWAIT);
}

bool Notify::storeFd(std::string_view name, int fd) {
    // FDPOLL=0: memory is always readable, and a manager that asks for errors learns nothing.
    return send(base::cat("FDSTORE=1\nFDNAME=", name, "\nFDPOLL=0\n"), kWaits, fd);
}

void Notify::removeFd(std::string_view name) {
    (void)send(base::cat("FDSTOREREMOVE=1\nFDNAME=", name, "\n"), kWaits);
}

// Who called has nobody to tell of a failure (class comment). Without MSG_DONTWAIT the socket's own
// timeout bounds the wait, because a manager that does not read must not stop us.
bool Notify::send(std::string_view text, int flags, int fd) {
    if (!socket_.valid()) {
        return true;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, address_.data(), address_.size());
    iovec part{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
    }
    return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | flags) >= 0;
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
