#include "common/base/process_connector.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace evd::base {

namespace {

// The kernel acknowledges a subscription at once; where it does not (inside a PID namespace)
// nothing ever comes, and waiting longer would not help.
constexpr int kAnswerTimeoutMs = 100;

Error connectorError(const char* what, int error_number) {
    Error error = failErrno(what, error_number);
    if (error_number == EPERM || error_number == EACCES) {
        error.kind = ErrorKind::Denied;
    } else if (error_number == EPROTONOSUPPORT || error_number == EAFNOSUPPORT ||
               error_number == ECONNREFUSED) {
        error.kind = ErrorKind::Unsupported;
    }
    return error;
}

Result<void> subscribe(int fd) {
    constexpr size_t kBytes = NLMSG_LENGTH(sizeof(cn_msg) + sizeof(proc_cn_mcast_op));
    alignas(nlmsghdr) char request[NLMSG_ALIGN(kBytes)] = {};
    nlmsghdr header{};
    header.nlmsg_len = kBytes;
    header.nlmsg_type = NLMSG_DONE;
    cn_msg message{};
    message.id.idx = CN_IDX_PROC;
    message.id.val = CN_VAL_PROC;
    message.len = sizeof(proc_cn_mcast_op);
    const proc_cn_mcast_op operation = PROC_CN_MCAST_LISTEN;
    std::memcpy(request, &header, sizeof(header));
    std::memcpy(request + NLMSG_HDRLEN, &message, sizeof(message));
    std::memcpy(request + NLMSG_HDRLEN + sizeof(message), &operation, sizeof(operation));
    if (::send(fd, request, kBytes, 0) < 0) {
        return connectorError("cannot subscribe to the process connector", errno);
    }
    return {};
}

}  // namespace

Result<Fd> openProcessConnector() {
    Fd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
    if (!fd.valid()) {
        return connectorError("cannot make a process connector", errno);
    }
    const int bytes = kProcessConnectorBufferBytes;
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0) {
        // Without the right to exceed the system's limit, as much as that allows.
        (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    }
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = CN_IDX_PROC;
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        return connectorError("cannot join the process connector's group", errno);
    }
    EVD_TRY(subscribe(fd.get()));
    pollfd answer{fd.get(), POLLIN, 0};
    if (::poll(&answer, 1, kAnswerTimeoutMs) != 1) {
        return fail(ErrorKind::Unsupported, "the process connector does not answer here");
    }
    return fd;
}

}  // namespace evd::base
