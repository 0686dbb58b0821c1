#include "collector/kmesd/peer.h"

#include "common/base/fd.h"
#include "common/base/proc_stat.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>

namespace evd::collector {

using base::cat;
using base::Result;

namespace {

constexpr size_t kProcFileBytesMax = 4096;
constexpr int kSoPeerPidfd = 77;  // Linux 6.5; not in Debian 12's headers

Result<std::string> readProcFile(int proc_fd, pid_t pid, const char* name) {
    const std::string path = cat(pid, "/", name);
    base::Fd fd(::openat(proc_fd, path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) {
        return base::failErrno(cat("cannot open /proc/", path), errno);
    }
    std::string text(kProcFileBytesMax, '\0');
    const ssize_t bytes = ::read(fd.get(), text.data(), text.size());
    if (bytes < 0) {
        return base::failErrno(cat("cannot read /proc/", path), errno);
    }
    text.resize(static_cast<size_t>(bytes));
    return text;
}

// True when the process that connected has certainly ended, so that its pid may be another's now.
bool hasPeerEnded(int fd) {
    int raw = -1;
    socklen_t bytes = sizeof(raw);
    if (::getsockopt(fd, SOL_SOCKET, kSoPeerPidfd, &raw, &bytes) != 0) {
        return errno == ESRCH || errno == EINVAL;  // reaped; older kernels say ENOPROTOOPT
    }
    const base::Fd process(raw);
    pollfd ended{process.get(), POLLIN, 0};
    return ::poll(&ended, 1, 0) == 1;
}

uint32_t sessionOf(int proc_fd, pid_t pid) {
    const auto text = readProcFile(proc_fd, pid, "sessionid");
    if (!text.ok()) {
        return kNoSession;  // a kernel without audit, or the peer has ended
    }
    const auto number = base::parseU64(base::trim(text.value()));
    return number.ok() && number.value() <= std::numeric_limits<uint32_t>::max()
               ? static_cast<uint32_t>(number.value())
               : kNoSession;
}

}  // namespace

PeerRights rightsOf(const base::PeerIdentity& identity, const PeerRule& rule) {
    const bool is_system = identity.uid == 0 || identity.uid == rule.owner_uid;
    const auto mayEmit = [&](gid_t gid) {
        return std::find(rule.emit_gids.begin(), rule.emit_gids.end(), gid) != rule.emit_gids.end();
    };
    const bool in_emit_group = mayEmit(identity.gid) ||
                               std::any_of(identity.groups.begin(), identity.groups.end(), mayEmit);
    return {is_system, is_system || in_emit_group, is_system, {}};
}

base::Guid processGuid(const base::Guid& boot_id, pid_t pid, uint64_t start_ticks) {
    return base::nameGuid(boot_id, cat(pid, ":", start_ticks));
}

base::Guid tokenGuid(const base::Guid& boot_id, uid_t uid, gid_t gid, uint32_t session) {
    return base::nameGuid(boot_id, cat(uid, ":", gid, ":", session));
}

Result<base::PeerIdentity> ProcPeerResolver::identify(int fd) {
    return base::peerIdentity(fd);
}

PeerStamps ProcPeerResolver::stampsOf(int fd, const base::PeerIdentity& identity) {
    PeerStamps stamps;
    const uint32_t session = sessionOf(proc_fd_, identity.pid);
    stamps.token = tokenGuid(boot_id_, identity.uid, identity.gid, session);
    const auto text = readProcFile(proc_fd_, identity.pid, "stat");
    if (!text.ok()) {
        return stamps;
    }
    const auto stat = base::parseProcStat(text.value());
    // Checked after reading: if the peer lives now, what was read was its own.
    if (stat.ok() && !hasPeerEnded(fd)) {
        stamps.process = processGuid(boot_id_, identity.pid, stat.value().start_ticks);
    }
    return stamps;
}

}  // namespace evd::collector
