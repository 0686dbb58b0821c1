// Ruling A8: on Linux the credentials that the kernel recorded when the peer connected stand for a
// token, which access::tokenOfUnixUser() makes of them. Nothing here asks about the peer's process
// later: it may be another one by then.

#include "common/access/unix_token.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "queryd/access/authority.h"

#include <algorithm>
#include <utility>

namespace evd::queryd {

namespace {

// uid and groups decide the token; the roles are the same for the life of the group.
std::string keyOf(const access::UnixUser& user) {
    std::vector<gid_t> gids = user.groups;
    gids.push_back(user.gid);
    std::ranges::sort(gids);
    std::string key = base::cat("unix:", user.uid);
    for (const gid_t gid : gids) {
        key += base::cat(',', gid);
    }
    return key;
}

class LocalAuthority final : public Authority {
  public:
    explicit LocalAuthority(access::UnixRoles roles) : roles_(std::move(roles)) {}

    base::Result<Caller> identify(int connection_fd) const override {
        const auto peer = base::peerIdentity(connection_fd);
        if (!peer.ok()) {
            return base::fail(base::ErrorKind::Denied, peer.error().text);
        }
        return callerOf(peer.value(), roles_);
    }

  private:
    access::UnixRoles roles_;
};

}  // namespace

Caller callerOf(const base::PeerIdentity& peer, const access::UnixRoles& roles) {
    const access::UnixUser user{peer.uid, peer.gid, peer.groups};
    auto token = std::make_shared<const access::Token>(access::tokenOfUnixUser(user, roles));
    Caller caller;
    caller.system = access::isSystem(user, roles);
    caller.administrator = access::isAdministrator(user, roles);
    caller.user_sid = token->user.text();
    caller.token = std::move(token);
    caller.token_key = keyOf(user);
    return caller;
}

std::unique_ptr<Authority> makeLocalAuthority(access::UnixRoles roles) {
    return std::make_unique<LocalAuthority>(std::move(roles));
}

}  // namespace evd::queryd
