#pragma once

#include "collector/linux/host_reader.h"
#include "collector/linux/sensor_loop.h"
#include "common/base/clock.h"
#include "common/base/datagram_sender.h"
#include "common/wire/record_datagram.h"

#include <atomic>
#include <cstdint>
#include <optional>

namespace evd::collector {

struct HostMetricsFigures {
    uint64_t samples = 0;  // sent
    uint64_t dropped = 0;  // the metric socket was full
    uint64_t looks = 0;
};

// Measures the machine and sends what it finds to the metric socket, every
// Linux\HostMetricsIntervalSeconds.
//
// One thread. The first look comes at once and the second after kSecondLookMs, because shares of
// time need two; then one per interval, which may be changed while running. A look is one or a few
// datagrams, and those that the socket does not take at once are dropped and counted: the next look
// tells more than an old one. When nobody receives metrics the sensor says so once and ends. Owned
// by the service; public calls may come from any thread.
class HostMetricsSensor {
  public:
    static constexpr int64_t kSecondLookMs = 1000;

    // The clock outlives the sensor.
    HostMetricsSensor(HostReader reader, base::DatagramSender sender, uint64_t interval_seconds,
                      const base::Clock& clock);

    base::Result<void> start();
    void setInterval(uint64_t seconds);
    void stop() { loop_.stop(); }

    HostMetricsFigures figures() const;

  private:
    void run();
    int64_t nextLookNs(int64_t last_ns) const;
    bool look();
    bool flush();

    const base::Clock& clock_;
    HostReader reader_;
    base::DatagramSender sender_;
    std::atomic<uint64_t> interval_seconds_;
    std::atomic<uint64_t> samples_{0};
    std::atomic<uint64_t> dropped_{0};
    std::atomic<uint64_t> looks_{0};

    // The sensor's thread only.
    wire::RecordDatagram datagram_;
    std::optional<HostSnapshot> before_;
    SensorLoop loop_;  // last: its thread uses all of the above
};

}  // namespace evd::collector
