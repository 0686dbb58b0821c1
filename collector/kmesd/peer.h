#pragma once

#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/base/socket.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace evd::collector {

// Who may do what on the KMES socket (contracts §4). The Unix stand-in for SeSecurityPrivilege
// (attach, resize), SeAuditPrivilege (emit) and SeTcbPrivilege (no rate limit).
struct PeerRights {
    bool attach = false;
    bool emit = false;
    bool unlimited = false;
    // Events of this type and no other; empty: of any. Names a constant.
    std::string_view only_type = {};

    bool mayEmitType(std::string_view type) const { return only_type.empty() || type == only_type; }
};

inline constexpr PeerRights kEveryPeerRight = {true, true, true, {}};

// `rights`, but no more than `at_most`.
inline PeerRights inBoth(const PeerRights& rights, const PeerRights& at_most) {
    return {rights.attach && at_most.attach, rights.emit && at_most.emit,
            rights.unlimited && at_most.unlimited, at_most.only_type};
}

struct PeerRule {
    uid_t owner_uid = 0;  // started the group; counts as SYSTEM (Ruling A8)
    std::vector<gid_t> emit_gids;
};

// Pure. Group membership counts whether primary or supplementary.
PeerRights rightsOf(const base::PeerIdentity& identity, const PeerRule& rule);

// What is stamped on every event of a connection, found once when it is accepted.
struct PeerStamps {
    base::Guid token;    // effective and true token are one on Linux
    base::Guid process;  // nil when the peer had ended before we looked
};

// GUIDs of contracts §4: UUIDv5(boot id, "pid:start time") and UUIDv5(boot id, "uid:gid:session").
base::Guid processGuid(const base::Guid& boot_id, pid_t pid, uint64_t start_ticks);
base::Guid tokenGuid(const base::Guid& boot_id, uid_t uid, gid_t gid, uint32_t session);

inline constexpr uint32_t kNoSession = 4'294'967'295;

// Finds out who is at the other end of a socket. An interface so that tests can be anybody.
class PeerResolver {
  public:
    virtual ~PeerResolver() = default;
    virtual base::Result<base::PeerIdentity> identify(int fd) = 0;
    virtual PeerStamps stampsOf(int fd, const base::PeerIdentity& identity) = 0;
};

// Asks the kernel, and /proc through a descriptor that was opened before confinement. A pid that
// was given to another process in between is noticed where the kernel has SO_PEERPIDFD; the process
// GUID is then nil. Lives on the server's thread.
class ProcPeerResolver final : public PeerResolver {
  public:
    // proc_fd is a descriptor of /proc and outlives the resolver.
    ProcPeerResolver(int proc_fd, const base::Guid& boot_id)
        : proc_fd_(proc_fd), boot_id_(boot_id) {}

    base::Result<base::PeerIdentity> identify(int fd) override;
    PeerStamps stampsOf(int fd, const base::PeerIdentity& identity) override;

  private:
    int proc_fd_;
    base::Guid boot_id_;
};

}  // namespace evd::collector
