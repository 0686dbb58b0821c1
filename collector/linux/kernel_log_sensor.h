#pragma once

#include "collector/linux/kernel_log_line.h"
#include "collector/linux/kernel_log_position.h"
#include "collector/linux/sensor_loop.h"
#include "common/base/clock.h"
#include "common/base/datagram_sender.h"
#include "common/base/fd.h"
#include "common/wire/record_datagram.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace evd::collector {

inline constexpr std::string_view kKernelOrigin = "kernel";

struct KernelLogFigures {
    uint64_t records = 0;     // sent
    uint64_t lost = 0;        // overwritten by the kernel before we came to them
    uint64_t unreadable = 0;  // of no form that we know
};

// Sends the kernel's log to the log socket, from the oldest record of this boot that was not sent
// before.
//
// One thread, asleep until the kernel logs. The kernel's own buffer is the queue: while the log
// socket is full nothing more is read, and the same datagram is offered again after kRetryMs; only
// what the kernel overwrites meanwhile is lost, and that is counted by the records' sequence
// numbers and told once in kLossLogPeriodNs. Levels up to "error" are errors; a record of several
// lines becomes several log records of the same time. When nobody receives logs the sensor says so
// once and ends. Owned by the service; public calls may come from any thread.
class KernelLogSensor {
  public:
    static constexpr int kRetryMs = 100;
    static constexpr int64_t kLossLogPeriodNs = 60 * base::kNsPerSecond;
    static constexpr size_t kRecordsPerRound = 1024;

    // log: /dev/kmsg, or in a test anything that gives one record per read; non-blocking.
    KernelLogSensor(base::Fd log, KernelLogPosition position, base::DatagramSender sender,
                    const base::Clock& clock);

    base::Result<void> start();
    // Reads nothing more and ends its thread; what was not taken is sent by a later sensor.
    void stop() { loop_.stop(); }

    KernelLogFigures figures() const;

  private:
    enum class Next { Read, Wait, Retry, End };

    void run();
    Next round();
    bool fill();
    Next flush();
    bool readRecord();
    void accept(KernelLogRecord record);
    void noteLoss(uint64_t count);
    int64_t wallOf(uint64_t monotonic_us) const;

    const base::Clock& clock_;
    base::Fd log_;
    KernelLogPosition position_;
    base::DatagramSender sender_;

    mutable std::mutex mutex_;  // the next one
    KernelLogFigures figures_;

    // The sensor's thread only.
    wire::RecordDatagram datagram_;
    std::optional<KernelLogRecord> held_;  // read, and not wholly in the datagram yet
    size_t held_line_ = 0;
    uint64_t filled_next_ = 0;  // behind the last record that is wholly in the datagram
    uint64_t expected_ = 0;
    bool expects_ = false;
    uint64_t unreadable_since_ = 0;  // behind the last record whose number we know
    uint64_t loss_unsaid_ = 0;
    int64_t loss_said_at_ns_ = 0;
    std::string buffer_;
    SensorLoop loop_;  // last: its thread uses all of the above
};

}  // namespace evd::collector
