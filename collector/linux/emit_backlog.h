#pragma once

#include "collector/linux/process_payload.h"
#include "common/kmes/emit_client.h"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace evd::collector {

inline constexpr size_t kBacklogEventsMax = 4096;

// Events that wait to be emitted, oldest first.
//
// Emitting is one batch after another while KMES takes them. While KMES is away (its process is
// being restarted) or tells us to slow down, events stay here, at most kBacklogEventsMax; above
// that the oldest is dropped and counted. An event that KMES refuses for what it is, is dropped and
// counted too: it would be refused again. A batch whose answer was lost with the connection is sent
// again, so an event may then come twice rather than never. Belongs to the sensor's thread.
class EmitBacklog {
  public:
    explicit EmitBacklog(size_t events_max = kBacklogEventsMax) : events_max_(events_max) {}

    enum class Outcome {
        Empty,  // all are emitted
        Later,  // KMES is busy: try again after a while
        Away,   // the client is of no more use
    };

    void push(SensorEvent event);
    Outcome flush(kmes::EmitClient& client);

    size_t count() const { return events_.size(); }
    uint64_t emittedCount() const { return emitted_; }
    uint64_t droppedCount() const { return dropped_; }
    uint64_t refusedCount() const { return refused_; }

  private:
    void forget(size_t count);

    size_t events_max_;
    std::deque<SensorEvent> events_;
    uint64_t emitted_ = 0;
    uint64_t dropped_ = 0;
    uint64_t refused_ = 0;
};

}  // namespace evd::collector
