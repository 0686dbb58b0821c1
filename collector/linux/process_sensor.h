#pragma once

#include "collector/linux/emit_backlog.h"
#include "collector/linux/proc_reader.h"
#include "collector/linux/process_tracker.h"
#include "collector/linux/sensor_loop.h"
#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/kmes/emit_client.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace evd::collector {

struct SensorFigures {
    uint64_t emitted = 0;
    uint64_t waiting = 0;
    uint64_t dropped = 0;
    uint64_t refused = 0;
    uint64_t overruns = 0;
    uint64_t known_processes = 0;
    bool has_connector = false;
};

// Watches processes begin and end, and emits what it sees into KMES.
//
// One thread, asleep in poll() until the kernel's process connector has something; without a
// connector it looks through /proc every kScanPeriodMs. When the connector overran its buffer, what
// was missed is found by a scan, counted, and said once in kOverrunLogPeriodNs. While there is no
// connection to KMES, events wait in the backlog. Owned by the service; public calls may come from
// any thread.
class ProcessSensor {
  public:
    static constexpr int kScanPeriodMs = 1000;
    static constexpr int kBusyRetryMs = 100;
    static constexpr int64_t kOverrunLogPeriodNs = 60 * base::kNsPerSecond;
    static constexpr size_t kReceivesPerRound = 1024;

    // proc_fd and clock outlive the sensor. connector: an inherited, subscribed, non-blocking
    // socket, or none.
    ProcessSensor(int proc_fd, base::Fd connector, BootTime boot, const base::Clock& clock);

    base::Result<void> start();
    // A new connection to KMES; replaces an earlier one.
    void setClient(std::unique_ptr<kmes::EmitClient> client);
    // Reads nothing more, emits what it holds if KMES takes it, ends its thread. Waits for as long
    // as KMES takes to answer.
    void stop() { loop_.stop(); }

    SensorFigures figures() const;

  private:
    void run();
    bool takeOrders();
    int timeoutMs() const;
    void readConnector();
    void scan();
    void noteOverrun();
    // Puts what was found into the backlog and emits what KMES takes.
    void flush();
    void emitBacklog();
    void publishFigures();

    const base::Clock& clock_;
    base::Fd connector_;
    ProcReader reader_;
    ProcessTracker tracker_;

    mutable std::mutex mutex_;  // the next two
    std::unique_ptr<kmes::EmitClient> next_client_;
    SensorFigures figures_;

    // The sensor's thread only.
    EmitBacklog backlog_;
    std::unique_ptr<kmes::EmitClient> client_;
    std::vector<SensorEvent> found_;
    std::vector<uint8_t> buffer_;
    EmitBacklog::Outcome last_flush_ = EmitBacklog::Outcome::Empty;
    int64_t next_scan_ns_ = 0;
    uint64_t overruns_ = 0;
    uint64_t overruns_said_ = 0;
    int64_t overrun_said_at_ns_ = 0;
    SensorLoop loop_;  // last: its thread uses all of the above
};

}  // namespace evd::collector
