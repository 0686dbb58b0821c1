#pragma once

#include "common/access/token.h"
#include "common/access/unix_token.h"
#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/base/socket.h"

#include <memory>
#include <string>

namespace evd::queryd {

// Who is asking, as an authority saw it when the connection was made.
struct Caller {
    std::string user_sid;  // S-1-5-18, S-1-22-1-uid
    bool system = false;
    bool administrator = false;
    // What the access check decides by: the reference check by the first, a Peios kernel by the
    // second, its own token that this descriptor stands for. Without it nothing is granted. Shared
    // because it never changes (Spec §9.2) and a caller is copied with every question.
    std::shared_ptr<const access::Token> token = nullptr;
    std::shared_ptr<const base::Fd> kernel_token = nullptr;
    // The same for two callers only when their tokens give the same verdicts; "" is never the same.
    std::string token_key = "";

    // The default descriptors let SYSTEM and Administrators read (Spec §9.1); nobody else.
    bool maySeeEverything() const { return system || administrator; }
};

// Decides who is at the other end of a connection. Fails closed: an error means no access.
class Authority {
  public:
    virtual ~Authority() = default;
    virtual base::Result<Caller> identify(int connection_fd) const = 0;
};

// The judgement of the local authority alone (pure).
Caller callerOf(const base::PeerIdentity& peer, const access::UnixRoles& roles);

// Unix credentials stand for tokens (Ruling A8).
std::unique_ptr<Authority> makeLocalAuthority(access::UnixRoles roles);

}  // namespace evd::queryd
