#pragma once

#include "common/base/thread.h"
#include "tests/support/emitter.h"

#include <atomic>
#include <cstdint>
#include <set>
#include <string>

namespace evd::test {

struct EventPace {
    uint32_t batch_events = 16;
    int pause_ms = 10;  // about 1,600 events and 0.4 MB a second: what rings hold for a while
    uint32_t pad_bytes = 150;
};

// Emits numbered events at a steady pace, on a thread of its own, until told to stop, and remembers
// which were acknowledged. What a broken connection left in doubt is not emitted again.
class EventLoad {
  public:
    EventLoad(const std::string& socket_path, std::string event_type, EventPace pace = {});
    ~EventLoad() { stop(); }

    void stop();
    // How many by now; from any thread.
    uint64_t acknowledgedCount() const { return acknowledged_count_; }
    // Whether a batch was not acknowledged whole; from any thread.
    bool wasRefused() const { return refused_; }
    // After stop().
    const std::set<uint64_t>& acknowledged() const { return acknowledged_; }

  private:
    void run();

    Emitter emitter_;
    const EventPace pace_;
    std::set<uint64_t> acknowledged_;
    std::atomic<uint64_t> acknowledged_count_ = 0;
    uint64_t next_ = 1;
    std::atomic<bool> refused_ = false;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

}  // namespace evd::test
