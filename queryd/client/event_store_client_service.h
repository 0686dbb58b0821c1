#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/wire/stored_event.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

struct StoredEventPage {
    std::vector<wire::StoredEvent> events;
    int64_t next = 0;            // the cursor for the next call
    uint64_t next_sequence = 0;  // readStream
    int64_t stable_id = 0;
    bool complete = false;
};

// Where in one cpu's events to go on.
struct CpuPlace {
    uint16_t cpu = 0;
    std::optional<base::Guid> boot;  // none: the running one
    uint64_t sequence = 0;
    int64_t id = 0;
};

// A lot of events of a subscription; false ends it.
using EventFollower = std::function<bool(const std::vector<wire::StoredEvent>& events)>;

// The event store over the rpc socket (capnp/query.capnp, EventStore), as a blocking interface for
// programs that follow it: the event loop lives inside, and exceptions stop here.
//
// A cursor is the id of the last event that was taken; whoever keeps it may come back with it after
// anything. Errors: Gone (the connection is lost: connect again, go on from the cursor), Busy (the
// store or a place is away: try again), Denied (SYSTEM and Administrators only), Invalid. One
// thread.
class EventStoreClient {
  public:
    virtual ~EventStoreClient() = default;
    virtual base::Result<StoredEventPage> readFrom(int64_t cursor, uint32_t limit) = 0;
    virtual base::Result<StoredEventPage> readStream(const CpuPlace& place, uint32_t limit) = 0;
    // Blocks until the follower has had enough (good), or the subscription has ended (why).
    // Without events for patience_ms the follower is called with none.
    virtual base::Result<void> follow(int64_t cursor, const EventFollower& follower,
                                      uint32_t patience_ms) = 0;
};

base::Result<std::unique_ptr<EventStoreClient>> makeEventStoreClient(base::Fd connection);
// NotFound when nobody listens there, Denied when it may not be used.
base::Result<std::unique_ptr<EventStoreClient>> connectEventStoreClient(
    const std::string& socket_path);

}  // namespace evd::queryd
