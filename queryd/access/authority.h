#pragma once

#include "common/base/result.h"
#include "common/base/socket.h"

#include <sys/types.h>
#include <memory>
#include <string>
#include <vector>

namespace evd::queryd {

// Who is asking, as an authority saw it when the connection was made.
struct Caller {
    std::string user_sid;  // S-1-5-18, S-1-22-1-uid
    bool system = false;
    bool administrator = false;

    // The default descriptors let SYSTEM and Administrators read (Spec §9.1); nobody else.
    bool maySeeEverything() const { return system || administrator; }
};

// Decides who is at the other end of a connection. Fails closed: an error means no access.
class Authority {
  public:
    virtual ~Authority() = default;
    virtual base::Result<Caller> identify(int connection_fd) const = 0;
};

struct LocalAuthorityConfig {
    uid_t owner_uid = 0;  // started the group; counts as SYSTEM (Ruling A8)
    std::vector<gid_t> admin_gids;
};

// The judgement of the local authority alone (pure).
Caller callerOf(const base::PeerIdentity& peer, const LocalAuthorityConfig& config);

// Unix credentials stand for tokens (Ruling A8).
std::unique_ptr<Authority> makeLocalAuthority(LocalAuthorityConfig config);

}  // namespace evd::queryd
