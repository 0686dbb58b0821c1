#pragma once

#include "collector/kmesd/peer.h"

#include <mutex>

namespace evd::collector {

// Makes whoever connects next be anybody; root until told otherwise.
class FakeResolver final : public PeerResolver {
  public:
    base::Result<base::PeerIdentity> identify(int) override {
        const std::lock_guard lock(mutex_);
        return next_;
    }
    PeerStamps stampsOf(int, const base::PeerIdentity& identity) override {
        PeerStamps stamps;
        stamps.process.bytes[0] = static_cast<uint8_t>(identity.pid);
        return stamps;
    }
    void be(uid_t uid, gid_t gid) {
        const std::lock_guard lock(mutex_);
        next_ = {.pid = 3, .uid = uid, .gid = gid, .groups = {}};
    }

  private:
    std::mutex mutex_;
    base::PeerIdentity next_ = {.pid = 3, .uid = 0, .gid = 0, .groups = {}};
};

}  // namespace evd::collector
