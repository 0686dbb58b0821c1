#include "collector/ingest/ingest_service.h"

#include "collector/ingest/ingest_measures.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"
#include "sandbox/confine.h"

#include <sys/random.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace evd::collector {

using base::cat;
using base::ErrorKind;

namespace {

constexpr const char* kStoreFd = "store";
constexpr const char* kLogDoor = "log";
constexpr const char* kMetricDoor = "metric";
constexpr const char* kSyslogDoor = "syslog";
constexpr const char* kStatsdDoor = "statsd";
constexpr const char* kDoors[] = {kLogDoor, kMetricDoor, kSyslogDoor, kStatsdDoor};
constexpr uint64_t kFdsMax = 64;

SenderId randomSender() {
    SenderId sender{};
    if (::getrandom(sender.data(), sender.size(), 0) != static_cast<ssize_t>(sender.size())) {
        ipc::throwError(base::failErrno("there is no randomness", errno));
    }
    return sender;
}

}  // namespace

struct IngestService::LoopParts {
    LoopParts(kj::AsyncIoContext& io, std::function<void()> on_wake)
        : wakeup(io.unixEventPort, std::move(on_wake)),
          logs([this]() { wakeup.signal(); }),
          samples([this]() { wakeup.signal(); }),
          sink(logs, samples, randomSender(), *io.lowLevelProvider, io.provider->getTimer(),
               [this]() { wakeup.signal(); }),
          timer(io.provider->getTimer()) {}

    ipc::LoopWakeup wakeup;
    LogWindow logs;
    SampleWindow samples;
    RecordSink sink;
    kj::Timer& timer;
    kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> drained;
};

IngestService::IngestService() = default;

IngestService::~IngestService() noexcept(false) {
    threads_.clear();  // They use the windows.
}

kj::Promise<std::vector<wire::ResumePoint>> IngestService::start(ipc::StartParams params,
                                                                 ipc::SupervisorLink&,
                                                                 kj::AsyncIoContext& io) {
    // Before confinement: afterwards nobody may change a socket's options.
    std::map<std::string, std::unique_ptr<DatagramSocket>> sockets;
    for (const char* name : kDoors) {
        const auto fd = early_fds_.find(name);
        if (fd != early_fds_.end()) {
            sockets.emplace(name, ipc::takeOrThrow(DatagramSocket::open(std::move(fd->second))));
        }
    }
    if (!sockets.contains(kLogDoor) || !sockets.contains(kMetricDoor)) {
        ipc::throwError(base::fail(ErrorKind::NotFound, "the log or the metric socket is missing"));
    }
    sandbox::Confinement confinement;
    confinement.role = sandbox::Role::Ingest;
    confinement.fds_max = kFdsMax;
    ipc::okOrThrow(sandbox::confine(confinement));
    loop_ = std::make_unique<LoopParts>(io, [this]() { onWake(); });
    const auto store = early_fds_.find(kStoreFd);
    if (store != early_fds_.end()) {
        loop_->sink.connect(std::move(store->second));
    }
    early_fds_.clear();
    policy_.install(params.settings.security());
    for (auto& [name, socket] : sockets) {
        startDoor(name, std::move(socket), params);
    }
    return std::vector<wire::ResumePoint>();
}

void IngestService::startDoor(const std::string& name, std::unique_ptr<DatagramSocket> socket,
                              const ipc::StartParams& params) {
    const bool takes_logs = name == kLogDoor || name == kSyslogDoor;
    PublishGate gate(
        policy_, takes_logs ? access::ObjectKind::PublishLogs : access::ObjectKind::PublishMetrics,
        {params.owner_uid, params.admin_gids}, params.sensor_uid);
    auto door = name == kLogDoor      ? makeLogDoor(loop_->logs, std::move(gate))
                : name == kSyslogDoor ? makeSyslogDoor(loop_->logs, std::move(gate))
                : name == kMetricDoor ? makeMetricDoor(loop_->samples, std::move(gate))
                                      : makeStatsdDoor(loop_->samples, std::move(gate));
    threads_.push_back(ipc::takeOrThrow(DoorThread::start(
        name, std::move(socket), std::move(door), clock_, [this]() { loop_->wakeup.signal(); })));
}

void IngestService::takeFd(std::string name, base::Fd fd) {
    const bool is_door = std::find(std::begin(kDoors), std::end(kDoors), name) != std::end(kDoors);
    if (loop_ == nullptr && (is_door || name == kStoreFd)) {
        early_fds_.insert_or_assign(std::move(name), std::move(fd));
    } else if (loop_ != nullptr && name == kStoreFd) {
        loop_->sink.connect(std::move(fd));
    } else {
        base::logWarning(cat("a descriptor named ", name, " was handed over, closing it"));
    }
}

// A window has something to take, the store has answered, or a thread has finished.
void IngestService::onWake() {
    loop_->sink.pump();
    const bool finished = std::all_of(threads_.begin(), threads_.end(),
                                      [](const auto& thread) { return thread->finished(); });
    if (finished && loop_->sink.allAnswered()) {
        endDrain();
    }
}

void IngestService::endDrain() {
    KJ_IF_MAYBE (fulfiller, loop_->drained) {
        loop_->sink.expectEnd();
        (*fulfiller)->fulfill();
        loop_->drained = nullptr;
    }
}

void IngestService::configure(const config::Settings& settings) {
    policy_.install(settings.security());
}

kj::Promise<void> IngestService::drain() {
    if (loop_ == nullptr) {
        return kj::READY_NOW;
    }
    auto pair = kj::newPromiseAndFulfiller<void>();
    loop_->drained = kj::mv(pair.fulfiller);
    for (const auto& thread : threads_) {
        thread->requestDrain();
    }
    loop_->sink.beginDrain();
    loop_->wakeup.signal();
    return pair.promise.exclusiveJoin(loop_->timer.afterDelay(drain_patience_).then([this]() {
        base::logWarning(cat("the store has not answered in time, dropping ",
                             loop_->logs.figures().bytes, " bytes of log records and ",
                             loop_->samples.figures().bytes, " of metric samples"));
    }));
}

std::vector<wire::Measure> IngestService::measures() {
    std::vector<wire::Measure> all;
    if (loop_ == nullptr) {
        return all;
    }
    for (const auto& thread : threads_) {
        appendDoorMeasures(thread->name(), thread->figures(), all);
    }
    const auto append = [&](const char* kind, const LaneFigures& sent, const WindowFigures& held) {
        const auto add = [&](const char* name, uint64_t value) {
            all.push_back({cat("records.", kind, ".", name), static_cast<int64_t>(value)});
        };
        add("stored", sent.stored);
        add("dropped", held.dropped);
        add("dropped_unread", held.dropped_unread);  // datagrams
        add("refused", sent.refused);
        add("batches", sent.batches);
        add("retries", sent.retries);
        add("unanswered", sent.unanswered);
        add("held_bytes", held.bytes);
    };
    append("logs", loop_->sink.logFigures(), loop_->logs.figures());
    append("samples", loop_->sink.sampleFigures(), loop_->samples.figures());
    all.push_back({"store_connected", loop_->sink.connected() ? 1 : 0});
    return all;
}

}  // namespace evd::collector
