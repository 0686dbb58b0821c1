#pragma once

#include "common/base/fd.h"
#include "common/base/thread.h"
#include "tests/support/test_ring.h"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace evd::test {

// KMES over a socket (contracts §4) with rings of the test's own: answers attach, and refuses to
// take events. One thread serves all connections.
class RingServer {
  public:
    // attach is called on the server's thread and must outlive it, as what it answers with must.
    using Attach = std::function<TestRing::Attached(uint16_t cpu)>;
    RingServer(const std::string& socket_path, uint16_t cpus, Attach attach);
    ~RingServer();
    RingServer(const RingServer&) = delete;
    RingServer& operator=(const RingServer&) = delete;

  private:
    void run();
    // False when the connection has ended.
    bool answer(int connection);

    const uint16_t cpus_;
    const Attach attach_;
    base::Fd listener_;
    std::vector<base::Fd> connections_;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

}  // namespace evd::test
