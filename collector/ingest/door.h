#pragma once

#include "collector/ingest/log_record.h"
#include "collector/ingest/metric_record.h"
#include "collector/ingest/publish_gate.h"
#include "collector/ingest/record_window.h"
#include "collector/ingest/reject_reason.h"
#include "collector/ingest/statsd_series.h"

#include <cstdint>
#include <memory>
#include <span>

namespace evd::collector {

// StatsD lines are added up for that long.
inline constexpr int64_t kStatsdCollectNs = base::kNsPerSecond;

// When a datagram was read, and from whom.
struct Receipt {
    int64_t wall_ns = 0;
    int64_t monotonic_ns = 0;
    Sender sender = {};
};

// What one socket's datagrams are: bytes in, records into a window.
//
// A DoorThread calls take for each datagram, and endRound when it has read what there was. A door
// that holds something back says in waitNs how long at most; finish ends the holding back. On the
// door's thread alone; the window outlives it.
class Door {
  public:
    virtual ~Door() = default;
    // The number of good records in it. The datagram may be changed, and is not needed afterwards.
    virtual size_t take(std::span<uint8_t> datagram, const Receipt& receipt,
                        RejectCounts& rejects) = 0;
    virtual void endRound(int64_t monotonic_ns) = 0;
    // How long nothing may come before endRound must be called again; negative for ever.
    virtual int64_t waitNs(int64_t monotonic_ns) const = 0;
    // No more datagrams will come.
    virtual void finish(int64_t monotonic_ns) = 0;
};

// A record under a name that its sender may not use is refused and counted (NotPermitted); the
// other records of its datagram are not.
std::unique_ptr<Door> makeLogDoor(LogWindow& window, PublishGate gate = {});
std::unique_ptr<Door> makeSyslogDoor(LogWindow& window, PublishGate gate = {});
std::unique_ptr<Door> makeMetricDoor(SampleWindow& window, PublishGate gate = {});
std::unique_ptr<Door> makeStatsdDoor(SampleWindow& window, PublishGate gate = {});

}  // namespace evd::collector
