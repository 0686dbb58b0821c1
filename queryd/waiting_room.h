#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/wire/frame.h"
#include "queryd/access/authority.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

// How long a connection may take to send its whole request.
inline constexpr int64_t kRequestDeadlineMs = 10'000;
// How long a refused connection stays open so that its client can read the reason.
inline constexpr int64_t kLingerMs = 1'000;

struct WaitingLimits {
    uint64_t message_bytes_max = 64 * 1024;  // MaxQueryMessageBytes
    size_t connections_max = 512;
    size_t per_user_max = 64;             // SYSTEM is exempt
    size_t system_reserve = 64;           // places above connections_max, for SYSTEM alone
    size_t bytes_max = size_t{64} << 20;  // of requests that have not arrived in full, in all
    int64_t request_deadline_ms = kRequestDeadlineMs;
    int64_t linger_ms = kLingerMs;
};

// A connection that has not asked yet, or that has been refused and is on its way out.
struct WaitingConnection {
    base::Fd connection;
    Caller caller;
    wire::FrameDecoder decoder;
    int64_t deadline_ns = 0;
    size_t bytes = 0;  // received
    bool leaving = false;
};

// The connections whose request has not arrived yet, and what they may cost.
//
// Knows places, bytes and deadlines; touches no socket. enter() refuses with Busy and a sentence
// for the newcomer when the room is full or their user has taken their share; received() refuses
// with Busy when all unfinished requests together are too large. Lives on the listener's thread.
class WaitingRoom {
  public:
    explicit WaitingRoom(WaitingLimits limits) : limits_(limits) {}

    // Whether one more of this user may come in.
    base::Result<void> mayEnter(const Caller& caller) const;
    WaitingConnection& enter(uint64_t id, base::Fd connection, Caller caller,
                             uint64_t message_bytes_max, int64_t now_ns);
    WaitingConnection* find(uint64_t id);
    base::Result<void> received(WaitingConnection& waiting, size_t bytes);
    // From now on only waits for its client to close, for a short while.
    void beginLeaving(WaitingConnection& waiting, int64_t now_ns);
    void leave(uint64_t id);

    // Whose time is over, oldest first.
    std::vector<uint64_t> expired(int64_t now_ns) const;
    // When the next one's time is over.
    std::optional<int64_t> nextDeadlineNs() const;

  private:
    WaitingLimits limits_;
    std::map<uint64_t, WaitingConnection> waiting_;
    std::map<std::string, size_t> by_user_;
    size_t bytes_ = 0;
};

}  // namespace evd::queryd
