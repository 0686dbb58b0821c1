#include "collector/linux/kernel_log_sensor.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace evd::collector {

KernelLogSensor::KernelLogSensor(base::Fd log, KernelLogPosition position,
                                 base::DatagramSender sender, const base::Clock& clock)
    : clock_(clock),
      log_(std::move(log)),
      position_(std::move(position)),
      sender_(std::move(sender)),
      filled_next_(position_.next()),
      expected_(position_.next()),
      expects_(position_.known()),
      buffer_(kKernelLogRecordBytesMax, '\0') {}

base::Result<void> KernelLogSensor::start() {
    return loop_.start("kernel-log", [this]() { run(); });
}

KernelLogFigures KernelLogSensor::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

void KernelLogSensor::run() {
    Next next = Next::Read;
    while (!loop_.stopping() && next != Next::End) {
        if (next == Next::Wait) {
            (void)loop_.wait(log_.get(), -1);
        } else if (next == Next::Retry) {
            (void)loop_.wait(-1, kRetryMs);
        }
        next = loop_.stopping() ? Next::End : round();
    }
}

// Reads until there is no more, or the datagram is full, and sends.
KernelLogSensor::Next KernelLogSensor::round() {
    for (size_t i = 0; i < kRecordsPerRound; ++i) {
        if (!fill()) {
            const Next sent = flush();
            if (sent != Next::Read) {
                return sent;
            }
        } else if (!readRecord()) {
            const Next sent = flush();
            return sent == Next::Read ? (log_.valid() ? Next::Wait : Next::End) : sent;
        }
    }
    return flush();
}

// Puts what is held into the datagram; false when it does not go in any more.
bool KernelLogSensor::fill() {
    if (!held_) {
        return true;
    }
    wire::LogRecord record;
    record.origin = kKernelOrigin;
    record.is_error = held_->level <= kKernelErrorLevel;
    record.timestamp_ns = wallOf(held_->monotonic_us);
    for (; held_line_ < held_->lines.size(); ++held_line_) {
        record.message = held_->lines[held_line_];
        if (datagram_.add(record) == wire::RecordDatagram::Added::Full) {
            return false;
        }
    }
    filled_next_ = held_->sequence + 1;
    held_.reset();
    return true;
}

KernelLogSensor::Next KernelLogSensor::flush() {
    if (datagram_.empty()) {
        return Next::Read;
    }
    switch (sender_.send(datagram_.bytes())) {
        case base::DatagramSender::Outcome::Full:
            return Next::Retry;
        case base::DatagramSender::Outcome::Away:
            base::logWarning("nobody receives logs, leaving the kernel's log unread");
            return Next::End;
        case base::DatagramSender::Outcome::TooLarge:  // not with the size we chose
        case base::DatagramSender::Outcome::Sent:
            break;
    }
    position_.store(filled_next_);
    const std::lock_guard lock(mutex_);
    figures_.records += datagram_.count();
    datagram_.clear();
    return Next::Read;
}

// False when there is none at the moment.
bool KernelLogSensor::readRecord() {
    while (true) {
        const ssize_t bytes = ::read(log_.get(), buffer_.data(), buffer_.size());
        if (bytes > 0) {
            auto record = parseKernelLogRecord({buffer_.data(), static_cast<size_t>(bytes)});
            if (record.ok()) {
                accept(std::move(record).value());
                return true;
            }
        }
        if (bytes > 0 || (bytes < 0 && errno == EINVAL)) {  // or longer than any we know
            const std::lock_guard lock(mutex_);
            ++figures_.unreadable;
            ++unreadable_since_;
            return true;
        }
        if (bytes < 0 && (errno == EPIPE || errno == EINTR)) {
            continue;  // Overwritten; the numbers will say how many.
        }
        if (bytes == 0 || errno != EAGAIN) {
            const std::string why =
                bytes == 0 ? std::string("the kernel's log has an end")
                           : base::failErrno("cannot read the kernel's log", errno).text;
            base::logWarning(base::cat(why, ", reading it no more"));
            log_.reset();
        }
        return false;
    }
}

void KernelLogSensor::accept(KernelLogRecord record) {
    const uint64_t unreadable = std::exchange(unreadable_since_, 0);
    if (record.sequence < position_.next()) {
        return;  // Sent by a sensor before us.
    }
    // Those that could not be read had numbers too.
    if (expects_ && record.sequence > expected_ + unreadable) {
        noteLoss(record.sequence - expected_ - unreadable);
    }
    expects_ = true;
    expected_ = record.sequence + 1;
    held_ = std::move(record);
    held_line_ = 0;
}

void KernelLogSensor::noteLoss(uint64_t count) {
    {
        const std::lock_guard lock(mutex_);
        figures_.lost += count;
    }
    loss_unsaid_ += count;
    const int64_t now_ns = clock_.monotonicNs();
    if (loss_said_at_ns_ == 0 || now_ns - loss_said_at_ns_ >= kLossLogPeriodNs) {
        base::logWarning(base::cat("the kernel overwrote ", loss_unsaid_,
                                   " records of its log before they were read, going on"));
        loss_unsaid_ = 0;
        loss_said_at_ns_ = now_ns;
    }
}

// The kernel stamps with the time since boot, without suspends. The difference is taken anew for
// each record, so a record read at once has the right wall time whatever happened before.
int64_t KernelLogSensor::wallOf(uint64_t monotonic_us) const {
    const int64_t wall_ns = clock_.wallNs();
    const int64_t monotonic_ns = clock_.monotonicNs();
    if (monotonic_us >= static_cast<uint64_t>(monotonic_ns / base::kNsPerUs)) {
        return wall_ns;  // Nothing comes from the future.
    }
    const int64_t stamp_ns = static_cast<int64_t>(monotonic_us) * base::kNsPerUs;
    return std::max<int64_t>(wall_ns - (monotonic_ns - stamp_ns), 1);
}

}  // namespace evd::collector
