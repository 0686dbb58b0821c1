#include "collector/ring/collector_service.h"

#include "collector/ring/kernel_kmes.h"
#include "collector/ring/socket_kmes.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"
#include "sandbox/confine.h"

#include <kj/async-unix.h>
#include <sys/sysinfo.h>
#include <algorithm>

#include <utility>

namespace evd::collector {

using base::cat;
using base::ErrorKind;

namespace {

constexpr int64_t kAttachPatienceMs = 10'000;
constexpr int64_t kAttachRetryMs = 100;

}  // namespace

struct CollectorService::LoopParts final : private kj::TaskSet::ErrorHandler {
    LoopParts(std::vector<BatchWindow*> windows, kj::AsyncIoContext& io, int bell_fd,
              std::function<void()> progress)
        : sink(std::move(windows), *io.lowLevelProvider, io.provider->getTimer(),
               std::move(progress)),
          observer(io.unixEventPort, bell_fd, kj::UnixEventPort::FdObserver::OBSERVE_READ),
          started(kj::newPromiseAndFulfiller<void>()),
          drained(kj::newPromiseAndFulfiller<void>()),
          tasks(*this) {}

    void taskFailed(kj::Exception&& exception) override {
        base::logError(cat("a task failed: ", ipc::toError(exception).text, ", going on"));
    }

    StoreSink sink;
    kj::UnixEventPort::FdObserver observer;
    kj::PromiseFulfillerPair<void> started;
    kj::PromiseFulfillerPair<void> drained;
    bool draining = false;
    kj::TaskSet tasks;
};

CollectorService::CollectorService()
    // Looked up here, because afterwards there is no file system to look it up in.
    : cpus_possible_(static_cast<uint32_t>(std::max(1, ::get_nprocs_conf()))) {}

CollectorService::~CollectorService() noexcept(false) {
    for (const auto& thread : threads_) {
        thread->requestStop();
    }
}

kj::Promise<std::vector<wire::ResumePoint>> CollectorService::start(ipc::StartParams params,
                                                                    ipc::SupervisorLink&,
                                                                    kj::AsyncIoContext& io) {
    sandbox::Confinement confinement;
    confinement.role = sandbox::Role::Collector;
    ipc::okOrThrow(sandbox::confine(confinement));
    source_ = ipc::takeOrThrow(chooseSource(params.settings.text("Linux\\KmesBackend")));
    bell_ = ipc::takeOrThrow(Bell::make());
    return attachRings(io.provider->getTimer(), kAttachPatienceMs)
        .then([this, &io]() {
            makeLoopParts(io);
            if (store_fd_.valid()) {
                connectStore(std::move(store_fd_));
            }
            return kj::mv(loop_->started.promise);
        })
        .then([]() { return std::vector<wire::ResumePoint>(); });
}

base::Result<std::unique_ptr<RingSource>> CollectorService::chooseSource(
    const std::string& backend) {
    // "builtin" and "socket" differ only in who is at the other end, which is the supervisor's
    // affair.
    const bool wants_kernel = backend == "kernel" || (backend == "auto" && KernelKmes::answers());
    if (wants_kernel) {
        rings_max_ = cpus_possible_;  // Ruling K3
        return std::unique_ptr<RingSource>(std::make_unique<KernelKmes>());
    }
    if (!kmes_fd_.valid()) {
        return base::fail(ErrorKind::NotFound,
                          "there is neither a kernel with KMES nor a connection to a stand-in");
    }
    rings_max_ = kRingsReadMax;
    return std::unique_ptr<RingSource>(std::make_unique<SocketKmes>(std::move(kmes_fd_)));
}

// Spec PSD-008 §2.2: attaches with rising cpu numbers until there are no more.
kj::Promise<void> CollectorService::attachRings(kj::Timer& timer, int64_t patience_ms) {
    const auto attached = attachMore(*source_, rings_max_, found_);
    if (attached.ok()) {
        return kj::READY_NOW;
    }
    const bool may_pass =
        attached.error().kind == ErrorKind::Busy || attached.error().kind == ErrorKind::Gone;
    if (!may_pass || patience_ms <= 0) {
        ipc::throwError(attached.error());
    }
    return timer.afterDelay(kAttachRetryMs * kj::MILLISECONDS).then([this, &timer, patience_ms]() {
        return attachRings(timer, patience_ms - kAttachRetryMs);
    });
}

void CollectorService::makeLoopParts(kj::AsyncIoContext& io) {
    std::vector<BatchWindow*> windows;
    for (size_t i = 0; i < found_.size(); ++i) {
        windows_.push_back(std::make_unique<BatchWindow>([this]() { bell_->ring(); }));
        windows.push_back(windows_.back().get());
    }
    loop_ = std::make_unique<LoopParts>(std::move(windows), io, bell_->fd(),
                                        [this]() { bell_->ring(); });
    loop_->tasks.add(listenToBell());
}

void CollectorService::takeFd(std::string name, base::Fd fd) {
    if (name == "kmes") {
        if (source_) {
            source_->replaceConnection(std::move(fd));
        } else {
            kmes_fd_ = std::move(fd);
        }
    } else if (name == "store") {
        if (loop_) {
            connectStore(std::move(fd));
        } else {
            store_fd_ = std::move(fd);
        }
    } else {
        base::logWarning(cat("a descriptor named ", name, " was handed over, closing it"));
    }
}

void CollectorService::connectStore(base::Fd stream) {
    loop_->tasks.add(loop_->sink.connect(std::move(stream), static_cast<uint16_t>(windows_.size()))
                         .then([this](StoreHello hello) { startThreads(hello); },
                               [this](kj::Exception&& exception) {
                                   // The supervisor restarts a store that died; one that refuses
                                   // stays refused.
                                   if (threads_.empty() &&
                                       exception.getType() != kj::Exception::Type::DISCONNECTED) {
                                       loop_->started.fulfiller->reject(kj::mv(exception));
                                       return;
                                   }
                                   base::logWarning(cat("the store did not answer the hello: ",
                                                        ipc::toError(exception).text,
                                                        ", waiting for another connection"));
                               }));
}

// The first hello says where each cpu resumes; later ones concern the sink alone.
void CollectorService::startThreads(const StoreHello& hello) {
    for (size_t i = 0; i < found_.size(); ++i) {
        const auto held = hello.held.find(static_cast<uint16_t>(i));
        SequenceTracker tracker(held != hello.held.end() ? held->second : base::IntervalSet());
        threads_.push_back(std::make_unique<DrainThread>(*source_, std::move(found_[i]),
                                                         std::move(tracker), *windows_[i], clock_));
    }
    if (!found_.empty()) {
        found_.clear();
        loop_->started.fulfiller->fulfill();
    }
}

// Drain threads ring when they hand a batch in or finish, the sink when a batch was answered.
kj::Promise<void> CollectorService::listenToBell() {
    return loop_->observer.whenBecomesReadable().then([this]() {
        bell_->acknowledge();
        loop_->sink.pump();
        checkDrained();
        return listenToBell();
    });
}

void CollectorService::configure(const config::Settings&) {}  // Nothing of ours applies live.

kj::Promise<void> CollectorService::drain() {
    if (!loop_) {
        return kj::READY_NOW;
    }
    for (const auto& thread : threads_) {
        thread->requestDrain();
    }
    loop_->draining = true;
    bell_->ring();
    return kj::mv(loop_->drained.promise);
}

void CollectorService::checkDrained() {
    const bool finished = std::all_of(threads_.begin(), threads_.end(),
                                      [](const auto& thread) { return thread->finished(); });
    if (loop_->draining && finished && loop_->sink.allAnswered()) {
        loop_->sink.expectEnd();
        loop_->drained.fulfiller->fulfill();
    }
}

std::vector<wire::Measure> CollectorService::measures() {
    std::vector<wire::Measure> all;
    const auto add = [&](std::string name, uint64_t value) {
        all.push_back({std::move(name), static_cast<int64_t>(value)});
    };
    DrainFigures total;
    for (size_t i = 0; i < threads_.size(); ++i) {
        const DrainFigures ring = threads_[i]->figures();
        const std::string prefix = cat("ring.", i, ".");
        add(prefix + "fill_percent",
            ring.capacity == 0 ? 0 : ring.unread_bytes * 100 / ring.capacity);
        add(prefix + "lag_bytes", ring.unread_bytes);
        add(prefix + "events", ring.events);
        add(prefix + "gaps", ring.gaps);
        add(prefix + "lost_events", ring.lost_events);
        add(prefix + "batches", ring.batches);
        add(prefix + "unanswered", windows_[i]->unansweredBatches());
        total.events += ring.events;
        total.gaps += ring.gaps;
        total.lost_events += ring.lost_events;
        total.laps += ring.laps;
        total.unreadable += ring.unreadable;
        total.replacements += ring.replacements;
    }
    add("rings", threads_.size());
    add("events", total.events);
    add("gaps", total.gaps);
    add("lost_events", total.lost_events);
    add("laps", total.laps);
    add("unreadable", total.unreadable);
    add("ring_replacements", total.replacements);
    if (loop_) {
        const SinkFigures& sink = loop_->sink.figures();
        add("batches_answered", sink.batches_answered);
        add("unanswered", sink.batches_kept);
        add("retries", sink.retries);
        add("batches_refused", sink.batches_refused);
        add("events_refused", sink.events_refused);
        add("gaps_refused", sink.gaps_refused);
        add("store_connected", loop_->sink.connected() ? 1 : 0);
    }
    return all;
}

}  // namespace evd::collector
