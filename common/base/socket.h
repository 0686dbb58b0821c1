#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

#include <sys/types.h>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace evd::base {

inline constexpr size_t kFdsPerPacketMax = 8;
inline constexpr size_t kPeerGroupsMax = 65536;

// Who is at the other end of a Unix socket, as the kernel recorded it at connect time.
struct PeerIdentity {
    pid_t pid = 0;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // supplementary groups
};

struct Packet {
    size_t bytes = 0;        // received into the caller's buffer
    bool truncated = false;  // the packet was longer than the buffer, or carried too many fds
    std::vector<Fd> fds;
};

struct SocketPair {
    Fd left;
    Fd right;
};

// Two connected ends, CLOEXEC. type is SOCK_STREAM or SOCK_SEQPACKET.
Result<SocketPair> makeSocketPair(int type);

// A Unix socket with that path and mode, listening unless it is one for datagrams. A stale socket
// file of that path is removed first; a path that does not fit sun_path, or anything there that is
// not a socket, is Invalid.
Result<Fd> listenUnix(const std::string& path, int type, mode_t mode, int backlog);

// Connects to a Unix socket. NotFound when nothing is there, Denied when it may not be used.
Result<Fd> connectUnix(const std::string& path, int type);

Result<PeerIdentity> peerIdentity(int fd);

// One packet, with up to kFdsPerPacketMax descriptors. Waits for room unless the socket is
// non-blocking, which then gives Busy. Gone when the peer has closed, Invalid when the packet is
// longer than the socket's buffer will ever take. Never raises SIGPIPE.
Result<void> sendPacket(int fd, std::span<const uint8_t> bytes, std::span<const int> fds = {});

// One packet; Gone at the end of the stream, Busy when a non-blocking socket has none.
Result<Packet> receivePacket(int fd, std::span<uint8_t> buffer);

}  // namespace evd::base
