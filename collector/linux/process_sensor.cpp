#include "collector/linux/process_sensor.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>

namespace evd::collector {

namespace {

constexpr size_t kReceiveBytes = 8192;

}  // namespace

ProcessSensor::ProcessSensor(int proc_fd, base::Fd connector, BootTime boot,
                             const base::Clock& clock)
    : clock_(clock),
      connector_(std::move(connector)),
      reader_(proc_fd),
      tracker_(reader_, boot),
      buffer_(kReceiveBytes) {}

base::Result<void> ProcessSensor::start() {
    return loop_.start("processes", [this]() { run(); });
}

void ProcessSensor::setClient(std::unique_ptr<kmes::EmitClient> client) {
    {
        const std::lock_guard lock(mutex_);
        next_client_ = std::move(client);
    }
    loop_.wake();
}

SensorFigures ProcessSensor::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

void ProcessSensor::run() {
    // What runs already is learned, so that its end can be told; its beginning is not news.
    const auto learned = tracker_.scan(ProcessTracker::ScanMode::Learn, found_);
    if (!learned.ok()) {
        base::logWarning(base::cat(learned.error().text, ", exits will carry less"));
    }
    next_scan_ns_ = clock_.monotonicNs() + kScanPeriodMs * base::kNsPerMs;
    while (takeOrders()) {
        if (loop_.wait(connector_.get(), timeoutMs())) {
            readConnector();
        } else if (!connector_.valid() && clock_.monotonicNs() >= next_scan_ns_) {
            scan();
        }
        flush();
        publishFigures();
    }
    flush();
    publishFigures();
}

// False when the thread is to end.
bool ProcessSensor::takeOrders() {
    std::unique_ptr<kmes::EmitClient> client;
    {
        const std::lock_guard lock(mutex_);
        client = std::move(next_client_);
    }
    if (client) {
        client_ = std::move(client);
        flush();
        publishFigures();
    }
    return !loop_.stopping();
}

int ProcessSensor::timeoutMs() const {
    if (last_flush_ == EmitBacklog::Outcome::Later) {
        return kBusyRetryMs;
    }
    return connector_.valid() ? -1 : kScanPeriodMs;
}

void ProcessSensor::readConnector() {
    for (size_t i = 0; i < kReceivesPerRound; ++i) {
        sockaddr_nl sender{};
        socklen_t sender_bytes = sizeof(sender);
        const ssize_t bytes =
            ::recvfrom(connector_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                       reinterpret_cast<sockaddr*>(&sender), &sender_bytes);
        if (bytes < 0 && errno == ENOBUFS) {
            noteOverrun();
            scan();
            continue;
        }
        if (bytes < 0 && errno != EAGAIN && errno != EINTR) {
            base::logWarning(base::cat(base::failErrno("the process connector fails", errno).text,
                                       ", looking through /proc instead"));
            connector_.reset();
        }
        if (bytes < 0) {
            return;
        }
        if (sender.nl_pid != 0) {
            continue;  // not from the kernel: any process with the right may send to the group
        }
        const std::span<const uint8_t> received(buffer_.data(), static_cast<size_t>(bytes));
        for (const ProcessEvent& event : parseConnectorBytes(received)) {
            tracker_.handle(event, found_);
        }
    }
}

void ProcessSensor::scan() {
    next_scan_ns_ = clock_.monotonicNs() + kScanPeriodMs * base::kNsPerMs;
    const auto scanned = tracker_.scan(ProcessTracker::ScanMode::Tell, found_);
    if (!scanned.ok()) {
        base::logWarning(base::cat(scanned.error().text, ", trying again later"));
    }
}

void ProcessSensor::noteOverrun() {
    ++overruns_;
    const int64_t now_ns = clock_.monotonicNs();
    if (overruns_said_ == 0 || now_ns - overrun_said_at_ns_ >= kOverrunLogPeriodNs) {
        base::logWarning(base::cat("the process connector overran ", overruns_ - overruns_said_,
                                   " times, looking through /proc for what was missed"));
        overruns_said_ = overruns_;
        overrun_said_at_ns_ = now_ns;
    }
}

void ProcessSensor::flush() {
    for (SensorEvent& event : found_) {
        if (backlog_.count() >= kBacklogEventsMax) {
            emitBacklog();
        }
        backlog_.push(std::move(event));
    }
    found_.clear();
    emitBacklog();
}

void ProcessSensor::emitBacklog() {
    if (!client_) {
        return;
    }
    last_flush_ = backlog_.flush(*client_);
    if (last_flush_ == EmitBacklog::Outcome::Away) {
        base::logWarning(base::cat("KMES is away, keeping up to ", kBacklogEventsMax,
                                   " events until it is back"));
        client_.reset();
        last_flush_ = EmitBacklog::Outcome::Empty;  // nothing to retry until there is a new one
    }
}

void ProcessSensor::publishFigures() {
    const std::lock_guard lock(mutex_);
    figures_ = {backlog_.emittedCount(), backlog_.count(), backlog_.droppedCount(),
                backlog_.refusedCount(), overruns_,        tracker_.knownCount(),
                connector_.valid()};
}

}  // namespace evd::collector
