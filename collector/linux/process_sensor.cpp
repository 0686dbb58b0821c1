#include "collector/linux/process_sensor.h"

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/text.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
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

ProcessSensor::~ProcessSensor() {
    stop();
}

base::Result<void> ProcessSensor::start() {
    wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_.valid()) {
        return base::failErrno("cannot make the sensor's eventfd", errno);
    }
    thread_ = std::make_unique<base::Thread>("processes", [this]() { run(); });
    return {};
}

void ProcessSensor::setClient(std::unique_ptr<kmes::EmitClient> client) {
    {
        const std::lock_guard lock(mutex_);
        next_client_ = std::move(client);
    }
    wake();
}

void ProcessSensor::stop() {
    if (!thread_) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
    thread_.reset();
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
        std::array<pollfd, 2> wanted{pollfd{wake_.get(), POLLIN, 0},
                                     pollfd{connector_.get(), POLLIN, 0}};
        const int ready = ::poll(wanted.data(), connector_.valid() ? 2 : 1, timeoutMs());
        EVD_CHECK(ready >= 0 || errno == EINTR, "poll fails only when it is interrupted");
        if (connector_.valid() && wanted[1].revents != 0) {
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
    uint64_t wakes = 0;
    (void)!::read(wake_.get(), &wakes, sizeof(wakes));  // empty when nobody woke us
    std::unique_ptr<kmes::EmitClient> client;
    bool goes_on = true;
    {
        const std::lock_guard lock(mutex_);
        client = std::move(next_client_);
        goes_on = !stopping_;
    }
    if (client) {
        client_ = std::move(client);
        flush();
        publishFigures();
    }
    return goes_on;
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

void ProcessSensor::wake() {
    const uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));  // full only when a wake-up is due
}

}  // namespace evd::collector
