#pragma once

#include "common/base/fd.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace evd::base {

// Sends datagrams to one receiver and never waits for it.
//
// Records that go to the log and metric sockets are worth less than the work of those who send
// them (Spec §4.2, §6.2), so a full receiver is an answer and not a delay. The caller decides
// whether to keep the datagram and try again or to drop it. Owns a connected SOCK_DGRAM socket;
// without one everything is Away. One thread.
class DatagramSender {
  public:
    enum class Outcome {
        Sent,
        Full,      // the receiver's queue or our buffer is full: later, or never
        Away,      // nobody receives there (any more); a new connection may help
        TooLarge,  // this datagram will never go through
    };

    DatagramSender() = default;
    explicit DatagramSender(Fd connected) : socket_(std::move(connected)) {}

    Outcome send(std::span<const uint8_t> datagram);

    bool connected() const { return socket_.valid(); }
    // For poll(): writable when the receiver has room again. -1 without a socket.
    int fd() const { return socket_.get(); }

  private:
    Fd socket_;
};

}  // namespace evd::base
