#pragma once

#include "collector/ring/ring_source.h"
#include "common/kmes/kmes_protocol.h"

#include <atomic>
#include <mutex>

namespace evd::collector {

// The rings of a KMES behind a socket (contracts §4): kmesd, or whoever the administrator named.
//
// Any thread may call; requests take turns on the one connection. When the peer does not answer in
// time the answer that is still due is thrown away before the next request. When the connection
// ends, rings that are mapped stay readable; attach is Gone until the supervisor hands over another
// one.
class SocketKmes final : public RingSource {
  public:
    explicit SocketKmes(base::Fd connection) : connection_(std::move(connection)) {}

    base::Result<FoundRing> attach(uint16_t cpu) override;
    base::Result<RingIdentity> identify(uint16_t cpu) override;
    uint64_t connectionCount() const override { return connection_count_; }
    void replaceConnection(base::Fd connection) override;

  private:
    base::Result<kmes::AttachedRing> ask(uint16_t cpu);
    base::Result<void> awaitReply();
    base::Result<void> dropStaleReply();

    std::mutex mutex_;
    base::Fd connection_;
    bool reply_due_ = false;  // an answer to a request that was given up
    std::atomic<uint64_t> connection_count_ = 1;
};

}  // namespace evd::collector
