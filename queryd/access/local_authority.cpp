// Ruling A8: on Linux the credentials that the kernel recorded when the peer connected stand for a
// token. uid 0 and the uid that started the group are SYSTEM; everyone else is the Unix user SID of
// their uid. uid 0 and the members of the administrators' groups, by primary or supplementary
// membership, carry Administrators.

#include "common/base/socket.h"
#include "common/base/text.h"
#include "queryd/access/authority.h"

#include <algorithm>
#include <utility>

namespace evd::queryd {

namespace {

constexpr std::string_view kSystemSid = "S-1-5-18";
constexpr std::string_view kUnixUserSidPrefix = "S-1-22-1-";

bool isMemberOfAny(const base::PeerIdentity& peer, const std::vector<gid_t>& wanted) {
    const auto is_wanted = [&](gid_t gid) {
        return std::find(wanted.begin(), wanted.end(), gid) != wanted.end();
    };
    return is_wanted(peer.gid) || std::any_of(peer.groups.begin(), peer.groups.end(), is_wanted);
}

class LocalAuthority final : public Authority {
  public:
    explicit LocalAuthority(LocalAuthorityConfig config) : config_(std::move(config)) {}

    base::Result<Caller> identify(int connection_fd) const override {
        const auto peer = base::peerIdentity(connection_fd);
        if (!peer.ok()) {
            return base::fail(base::ErrorKind::Denied, peer.error().text);
        }
        return callerOf(peer.value(), config_);
    }

  private:
    LocalAuthorityConfig config_;
};

}  // namespace

Caller callerOf(const base::PeerIdentity& peer, const LocalAuthorityConfig& config) {
    Caller caller;
    caller.system = peer.uid == 0 || peer.uid == config.owner_uid;
    caller.administrator = peer.uid == 0 || isMemberOfAny(peer, config.admin_gids);
    caller.user_sid = caller.system
                          ? std::string(kSystemSid)
                          : base::cat(kUnixUserSidPrefix, static_cast<uint64_t>(peer.uid));
    return caller;
}

std::unique_ptr<Authority> makeLocalAuthority(LocalAuthorityConfig config) {
    return std::make_unique<LocalAuthority>(std::move(config));
}

}  // namespace evd::queryd
