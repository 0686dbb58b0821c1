#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evd::bus {

// What one process tells many, over ZeroMQ PUB/SUB on a Unix socket. Messages may be lost (a slow
// or late listener); they only ever say that there is something new to read. Topic is the first
// frame.

inline constexpr int kBusMessagesHeldMax = 1000;  // per listener; above it the newest are dropped

// Tells. Connects to the listener's endpoint, again and again when the listener restarts. Makes one
// background thread. publish() never waits and may be called from any one thread at a time.
class Publisher {
  public:
    static base::Result<std::unique_ptr<Publisher>> connect(const std::string& socket_path);
    virtual ~Publisher() = default;
    virtual void publish(std::string_view topic, std::span<const uint8_t> message) = 0;
};

// Listens on a socket that the supervisor made (its fd is inherited and outlives a restart).
class Subscriber {
  public:
    static base::Result<std::unique_ptr<Subscriber>> listen(base::Fd listening,
                                                            const std::string& socket_path,
                                                            std::string_view topic);
    virtual ~Subscriber() = default;
    // The next message, waiting at most until the timeout; nothing when none came.
    virtual std::optional<std::vector<uint8_t>> receive(std::chrono::milliseconds timeout) = 0;
};

}  // namespace evd::bus
