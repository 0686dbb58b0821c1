#pragma once

#include <kj/async.h>
#include <cstddef>
#include <vector>

namespace evd::queryd {

// Counts the answers that are on their way to RPC clients, so that a stop can wait for the last
// words of all of them. Lives on the event loop; outlives what it counts.
class RpcActivity {
  public:
    void began() { ++running_; }
    void ended() {
        if (--running_ == 0) {
            for (auto& waiter : waiters_) {
                waiter->fulfill();
            }
            waiters_.clear();
        }
    }
    kj::Promise<void> whenQuiet() {
        if (running_ == 0) {
            return kj::READY_NOW;
        }
        auto paf = kj::newPromiseAndFulfiller<void>();
        waiters_.push_back(kj::mv(paf.fulfiller));
        return kj::mv(paf.promise);
    }

  private:
    size_t running_ = 0;
    std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiters_;
};

}  // namespace evd::queryd
