#include "collector/linux/host_metrics_sensor.h"

#include "common/base/log.h"

#include <algorithm>

namespace evd::collector {

namespace {

constexpr int64_t kWaitMsMax = 60'000;  // longer waits are several

}  // namespace

HostMetricsSensor::HostMetricsSensor(HostReader reader, base::DatagramSender sender,
                                     uint64_t interval_seconds, const base::Clock& clock)
    : clock_(clock),
      reader_(std::move(reader)),
      sender_(std::move(sender)),
      interval_seconds_(interval_seconds) {}

base::Result<void> HostMetricsSensor::start() {
    return loop_.start("host-metrics", [this]() { run(); });
}

void HostMetricsSensor::setInterval(uint64_t seconds) {
    interval_seconds_ = seconds;
    loop_.wake();
}

HostMetricsFigures HostMetricsSensor::figures() const {
    return {samples_.load(), dropped_.load(), looks_.load()};
}

void HostMetricsSensor::run() {
    int64_t last_ns = clock_.monotonicNs();
    bool goes_on = look();
    while (goes_on && !loop_.stopping()) {
        const int64_t left_ns = nextLookNs(last_ns) - clock_.monotonicNs();
        if (left_ns > 0) {
            // One more, so that a rounded wait does not end early and turn idly.
            const int64_t left_ms = left_ns / base::kNsPerMs + 1;
            (void)loop_.wait(-1, static_cast<int>(std::min(left_ms, kWaitMsMax)));
            continue;
        }
        last_ns = clock_.monotonicNs();
        goes_on = look();
    }
}

int64_t HostMetricsSensor::nextLookNs(int64_t last_ns) const {
    if (looks_.load() == 1) {
        return last_ns + kSecondLookMs * base::kNsPerMs;
    }
    return last_ns + static_cast<int64_t>(interval_seconds_.load()) * base::kNsPerSecond;
}

// False when there is nobody to tell.
bool HostMetricsSensor::look() {
    HostSnapshot now = reader_.read();
    bool heard = true;
    reportHost(now, before_ ? &*before_ : nullptr, [&](const wire::MetricRecord& record) {
        if (heard && datagram_.add(record) == wire::RecordDatagram::Added::Full) {
            heard = flush();
            (void)datagram_.add(record);  // it is empty now
        }
    });
    before_ = std::move(now);
    ++looks_;
    return heard && flush();
}

bool HostMetricsSensor::flush() {
    if (datagram_.empty()) {
        return true;
    }
    const auto outcome = sender_.send(datagram_.bytes());
    (outcome == base::DatagramSender::Outcome::Sent ? samples_ : dropped_) += datagram_.count();
    datagram_.clear();
    if (outcome == base::DatagramSender::Outcome::Away) {
        base::logWarning("nobody receives metrics, measuring no more");
        return false;
    }
    return true;
}

}  // namespace evd::collector
