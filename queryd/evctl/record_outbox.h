#pragma once

#include "common/base/clock.h"
#include "common/base/datagram_sender.h"
#include "common/base/result.h"
#include "common/wire/record_datagram.h"

#include <cstdint>
#include <string>

namespace evd::evctl {

// Log or metric records on their way from evctl to the group, in batches.
//
// One datagram is filled while another cannot be sent; a record that does not fit any more is
// dropped and counted. flush() never waits; flushWithin() waits for room, for those commands whose
// only work it is. When nobody receives, records are kept as said, and a new connection is tried at
// most every kReconnectNs, so that a command that runs long is heard again after the group was
// restarted. One thread; the clock outlives it.
class RecordOutbox {
  public:
    static constexpr int64_t kReconnectNs = base::kNsPerSecond;

    RecordOutbox(std::string path, const base::Clock& clock)
        : path_(std::move(path)), clock_(clock) {}

    // NotFound when nobody is there; using the outbox is allowed all the same.
    base::Result<void> connect();

    template <typename Record>
    void add(const Record& record) {
        if (datagram_.add(record) == wire::RecordDatagram::Added::Yes) {
            return;
        }
        flush();
        if (datagram_.add(record) != wire::RecordDatagram::Added::Yes) {
            ++dropped_;
        }
    }
    // True when nothing is left to be sent.
    bool flush();
    bool flushWithin(int timeout_ms);
    // Gives up what is left.
    void dropRest();

    bool empty() const { return datagram_.empty(); }
    uint64_t waitingCount() const { return datagram_.count(); }
    size_t waitingBytes() { return datagram_.bytes().size(); }
    // For poll(), -1 when there is no connection.
    int fd() const { return sender_.fd(); }
    uint64_t sentCount() const { return sent_; }
    uint64_t droppedCount() const { return dropped_; }

  private:
    std::string path_;
    const base::Clock& clock_;
    base::DatagramSender sender_;
    wire::RecordDatagram datagram_;
    int64_t tried_at_ns_ = 0;
    uint64_t sent_ = 0;
    uint64_t dropped_ = 0;
};

}  // namespace evd::evctl
