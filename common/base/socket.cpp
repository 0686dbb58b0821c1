#include "common/base/socket.h"

#include "common/base/text.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace evd::base {

namespace {

Result<sockaddr_un> addressOf(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return fail(ErrorKind::Invalid,
                    cat("a socket path has 1 to ", sizeof(address.sun_path) - 1, " bytes: ", path));
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<void> removeStaleSocket(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        return errno == ENOENT ? Result<void>() : failErrno(cat("cannot look at ", path), errno);
    }
    if (!S_ISSOCK(found.st_mode)) {
        return fail(ErrorKind::Invalid, cat(path, " exists and is not a socket"));
    }
    if (::unlink(path.c_str()) != 0) {
        return failErrno(cat("cannot remove the stale socket ", path), errno);
    }
    return {};
}

Error socketError(std::string what, int error_number) {
    Error error = failErrno(std::move(what), error_number);
    switch (error_number) {
        case EAGAIN:
            error.kind = ErrorKind::Busy;
            break;
        case ENOENT:
        case ECONNREFUSED:
            error.kind = ErrorKind::NotFound;
            break;
        case EACCES:
        case EPERM:
            error.kind = ErrorKind::Denied;
            break;
        case EMSGSIZE:
            error.kind = ErrorKind::Invalid;
            break;
        case EPIPE:
        case ECONNRESET:
        case ENOTCONN:
            error.kind = ErrorKind::Gone;
            break;
        default:
            break;
    }
    return error;
}

}  // namespace

Result<SocketPair> makeSocketPair(int type) {
    int ends[2];
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) {
        return failErrno("cannot make a socket pair", errno);
    }
    return SocketPair{Fd(ends[0]), Fd(ends[1])};
}

Result<Fd> listenUnix(const std::string& path, int type, mode_t mode, int backlog) {
    const auto address = addressOf(path);
    if (!address.ok()) {
        return address.error();
    }
    EVD_TRY(removeStaleSocket(path));
    Fd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (!fd.valid()) {
        return failErrno("cannot make a socket", errno);
    }
    const auto* generic = reinterpret_cast<const sockaddr*>(&address.value());
    if (::bind(fd.get(), generic, sizeof(sockaddr_un)) != 0) {
        return socketError(cat("cannot bind ", path), errno);
    }
    if (::chmod(path.c_str(), mode) != 0) {
        return socketError(cat("cannot set the mode of ", path), errno);
    }
    if (type != SOCK_DGRAM && ::listen(fd.get(), backlog) != 0) {
        return socketError(cat("cannot listen on ", path), errno);
    }
    return fd;
}

Result<Fd> connectUnix(const std::string& path, int type) {
    const auto address = addressOf(path);
    if (!address.ok()) {
        return address.error();
    }
    Fd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (!fd.valid()) {
        return failErrno("cannot make a socket", errno);
    }
    const auto* generic = reinterpret_cast<const sockaddr*>(&address.value());
    if (::connect(fd.get(), generic, sizeof(sockaddr_un)) != 0) {
        return socketError(cat("cannot connect to ", path), errno);
    }
    return fd;
}

Result<PeerIdentity> peerIdentity(int fd) {
    ucred credentials{};
    socklen_t bytes = sizeof(credentials);
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) != 0) {
        return failErrno("cannot read the peer's credentials", errno);
    }
    PeerIdentity peer{credentials.pid, credentials.uid, credentials.gid, {}};
    peer.groups.resize(64);
    while (true) {
        bytes = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
        if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &bytes) == 0) {
            peer.groups.resize(bytes / sizeof(gid_t));
            return peer;
        }
        if (errno != ERANGE || bytes / sizeof(gid_t) > kPeerGroupsMax) {
            return failErrno("cannot read the peer's groups", errno);
        }
        peer.groups.resize(bytes / sizeof(gid_t));
    }
}

Result<void> sendPacket(int fd, std::span<const uint8_t> bytes, std::span<const int> fds) {
    EVD_CHECK(fds.size() <= kFdsPerPacketMax, "too many descriptors for one packet");
    iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(kFdsPerPacketMax * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }
    while (::sendmsg(fd, &message, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) {
            return socketError("cannot send a packet", errno);
        }
    }
    return {};
}

namespace {

std::vector<Fd> takeFds(msghdr& message) {
    std::vector<Fd> fds;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            fds.emplace_back(fd);
        }
    }
    return fds;
}

}  // namespace

Result<Packet> receivePacket(int fd, std::span<uint8_t> buffer) {
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(kFdsPerPacketMax * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    ssize_t received = -1;
    do {
        received = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        return socketError("cannot receive a packet", errno);
    }
    Packet packet;
    packet.fds = takeFds(message);
    if (received == 0 && packet.fds.empty()) {
        return fail(ErrorKind::Gone, "the peer closed the connection");
    }
    packet.bytes = static_cast<size_t>(received);
    packet.truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    return packet;
}

}  // namespace evd::base
