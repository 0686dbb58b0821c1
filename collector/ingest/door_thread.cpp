// The loop reads without waiting until the socket is empty, and only then sleeps; under load that
// is one system call for many datagrams. It sleeps on two descriptors, the socket and an eventfd
// that is written once, when somebody wants the thread to end, and never read, so that no wake is
// lost.

#include "collector/ingest/door_thread.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace evd::collector {

namespace {

constexpr int64_t kFailurePauseNs = 100 * base::kNsPerMs;

}  // namespace

base::Result<std::unique_ptr<DoorThread>> DoorThread::start(std::string name,
                                                            std::unique_ptr<DatagramSocket> socket,
                                                            std::unique_ptr<Door> door,
                                                            const base::Clock& clock,
                                                            std::function<void()> on_finished) {
    base::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.valid()) {
        return base::failErrno("cannot make an eventfd", errno);
    }
    return std::unique_ptr<DoorThread>(new DoorThread(std::move(name), std::move(socket),
                                                      std::move(door), clock, std::move(wake),
                                                      std::move(on_finished)));
}

DoorThread::DoorThread(std::string name, std::unique_ptr<DatagramSocket> socket,
                       std::unique_ptr<Door> door, const base::Clock& clock, base::Fd wake,
                       std::function<void()> on_finished)
    : name_(std::move(name)),
      socket_(std::move(socket)),
      door_(std::move(door)),
      clock_(clock),
      wake_(std::move(wake)),
      on_finished_(std::move(on_finished)),
      thread_(base::cat("door-", name_), [this] { run(); }) {}

DoorThread::~DoorThread() {
    requestStop();
    thread_.join();
}

void DoorThread::requestDrain() {
    drain_requested_ = true;
    wake();
}

void DoorThread::requestStop() {
    stop_requested_ = true;
    wake();
}

void DoorThread::wake() {
    const uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));  // Far from its end, so it cannot fail.
}

DoorFigures DoorThread::figures() const {
    const std::lock_guard lock(figures_mutex_);
    return figures_;
}

void DoorThread::run() {
    while (!stop_requested_ && readOnce()) {
    }
    door_->finish(clock_.monotonicNs());
    finished_ = true;
    on_finished_();
}

// One turn: what is there, or a wait. False when a drain is complete.
bool DoorThread::readOnce() {
    const bool is_draining = drain_requested_;
    const auto datagrams = socket_->read();
    if (!datagrams.ok()) {
        if (!std::exchange(has_failed_, true)) {
            base::logError(base::cat("door ", name_, ": ", datagrams.error().text, ", trying on"));
        }
        pollfd request{wake_.get(), POLLIN, 0};
        (void)::poll(&request, 1, static_cast<int>(kFailurePauseNs / base::kNsPerMs));
        return !is_draining;
    }
    takeAll(datagrams.value());
    if (is_draining) {
        return !datagrams.value().empty() && ++drain_reads_ < kDrainReadsMax;
    }
    if (datagrams.value().empty()) {
        wait();
    }
    return true;
}

void DoorThread::takeAll(std::span<const Datagram> datagrams) {
    Receipt receipt{clock_.wallNs(), clock_.monotonicNs()};
    for (const Datagram& datagram : datagrams) {
        if (datagram.is_too_long) {
            current_.rejects.add(Reject::TooLong);
            continue;
        }
        receipt.sender = datagram.sender;
        const size_t records = door_->take(datagram.bytes, receipt, current_.rejects);
        if (records > 0) {
            current_.records += records;
            current_.senders.add(datagram.sender.uid, records);
        }
    }
    door_->endRound(receipt.monotonic_ns);
    if (!datagrams.empty()) {
        const std::lock_guard lock(figures_mutex_);
        figures_ = current_;
    }
}

void DoorThread::wait() {
    const int64_t wait_ns = door_->waitNs(clock_.monotonicNs());
    // Rounded up, so that the door is not asked too early.
    const int timeout_ms =
        wait_ns < 0 ? -1 : static_cast<int>((wait_ns + base::kNsPerMs - 1) / base::kNsPerMs);
    pollfd requests[2] = {{socket_->fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    (void)::poll(requests, 2, timeout_ms);  // An interruption is one more look at the socket.
}

}  // namespace evd::collector
