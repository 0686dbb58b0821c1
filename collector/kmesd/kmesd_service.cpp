#include "collector/kmesd/kmesd_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/confine.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace evd::collector {

namespace {

constexpr const char* kListenerName = "kmes-listen";
constexpr std::string_view kPeerPrefix = "kmes-peer.";
// Programs of the group that emit and have no business with the rings.
constexpr std::string_view kEmitterPrefix = "kmes-emitter.";
// Whoever takes queryd over must not get to forge what else there is (docs/threat-model.md).
constexpr PeerRights kAuditorRights = {false, true, false, "access-audit"};

// Rings of which `evctl status` shows every figure.
constexpr size_t kRingsShownMax = 64;

// Of one ring, at the worst moment of a resize: what consumers are given of the old and of the new
// one, the new memories, and the copies on their way to the supervisor.
constexpr uint64_t kFdsPerRing = 8;
constexpr uint64_t kFdsOfProcess = 64;

template <typename Value>
Value valueOrThrow(base::Result<Value> result) {
    if (!result.ok()) {
        kj::throwFatalException(ipc::toException(result.error()));
    }
    return std::move(result).value();
}

void checkOrThrow(const base::Result<void>& result) {
    if (!result.ok()) {
        kj::throwFatalException(ipc::toException(result.error()));
    }
}

void addMeasure(std::vector<wire::Measure>& all, std::string name, uint64_t value) {
    all.push_back({std::move(name), static_cast<int64_t>(value)});
}

void addRing(std::vector<wire::Measure>& all, size_t cpu, const RingFigures& ring) {
    const std::string prefix = base::cat("ring.", cpu, ".");
    addMeasure(all, prefix + "capacity_bytes", ring.capacity);
    addMeasure(all, prefix + "fill_percent", ring.used_bytes * 100 / ring.capacity);
    addMeasure(all, prefix + "events", ring.events);
    addMeasure(all, prefix + "next_sequence", ring.next_sequence);
    addMeasure(all, prefix + "generation", ring.generation);
}

}  // namespace

KmesdService::KmesdService() = default;
KmesdService::~KmesdService() noexcept = default;

kj::Promise<std::vector<wire::ResumePoint>> KmesdService::start(ipc::StartParams params,
                                                                ipc::SupervisorLink& supervisor,
                                                                kj::AsyncIoContext& io) {
    supervisor_ = &supervisor;
    confineAndAdopt(params);
    auto to_park = valueOrThrow(recovery_->prepare());
    if (recovery_->resumedCount() > 0) {
        base::logInfo(base::cat("going on with ", recovery_->resumedCount(), " rings"));
    }
    return parkAll(std::move(to_park))
        .then([this, params = std::move(params), &io]() {
            rings_ = valueOrThrow(recovery_->finish());
            serve(params, io);
            return unparkAll(recovery_->unneeded());
        })
        .then([this]() {
            recovery_.reset();
            return std::vector<wire::ResumePoint>();
        });
}

void KmesdService::takeFd(std::string name, base::Fd fd) {
    if (!server_) {
        early_fds_.push_back({std::move(name), std::move(fd)});
    } else if (name == kListenerName) {
        server_->setListener(std::move(fd));
    } else if (name.starts_with(kPeerPrefix)) {
        server_->addPeer(std::move(fd));
    } else if (name.starts_with(kEmitterPrefix)) {
        server_->addPeer(std::move(fd), kAuditorRights);
    } else {
        base::logWarning(base::cat("no use for a descriptor named ", name, ", closing it"));
    }
}

void KmesdService::configure(const config::Settings&) {
    // The number of rings holds as long as the group; there is nothing else to set.
}

kj::Promise<void> KmesdService::drain() {
    if (server_) {
        server_->drain();
    }
    // The event loop goes before this object does, and takes no observer with it. A resize that is
    // under way ends here; what it parked is blank.
    notes_task_ = nullptr;
    notes_observer_ = nullptr;
    return kj::READY_NOW;
}

std::vector<wire::Measure> KmesdService::measures() {
    std::vector<wire::Measure> all;
    if (!server_) {
        return all;
    }
    const auto rings = rings_->figures();
    uint64_t events = 0;
    for (size_t cpu = 0; cpu < rings.size(); ++cpu) {
        events += rings[cpu].events;
        if (cpu < kRingsShownMax) {
            addRing(all, cpu, rings[cpu]);
        }
    }
    const ServerFigures server = server_->figures();
    const RefusalCounts& refused = server_->refusals();
    addMeasure(all, "rings", rings.size());
    addMeasure(all, "events", events);
    addMeasure(all, "connections", server.connections);
    addMeasure(all, "connections_refused", server.connections_refused);
    addMeasure(all, "slow_peers_disconnected", server.slow_peers);
    addMeasure(all, "refused.denied", refused.denied.load());
    addMeasure(all, "refused.rate_limited", refused.rate_limited.load());
    addMeasure(all, "refused.invalid", refused.invalid.load());
    addMeasure(all, "refused.too_large", refused.too_large.load());
    addMeasure(all, "refused.draining", refused.draining.load());
    return all;
}

void KmesdService::onResizeWanted(uint64_t capacity) {
    {
        const std::lock_guard lock(mutex_);
        wanted_capacity_ = capacity;
    }
    wakeLoop();
}

void KmesdService::onUnneeded(std::vector<std::string> prefixes) {
    {
        const std::lock_guard lock(mutex_);
        unneeded_.insert(unneeded_.end(), prefixes.begin(), prefixes.end());
    }
    wakeLoop();
}

kj::Promise<void> KmesdService::parkAll(std::vector<ParkedMemory> memories) {
    auto answers = kj::heapArrayBuilder<kj::Promise<void>>(memories.size());
    for (ParkedMemory& memory : memories) {
        answers.add(supervisor_->park(std::move(memory.name), std::move(memory.fd)));
    }
    return kj::joinPromises(answers.finish());
}

kj::Promise<void> KmesdService::unparkAll(std::vector<std::string> prefixes) {
    auto answers = kj::heapArrayBuilder<kj::Promise<void>>(prefixes.size());
    for (std::string& prefix : prefixes) {
        answers.add(supervisor_->unpark(std::move(prefix)));
    }
    return kj::joinPromises(answers.finish());
}

void KmesdService::confineAndAdopt(const ipc::StartParams& params) {
    proc_.reset(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!proc_.valid()) {
        checkOrThrow(base::failErrno("cannot open /proc", errno));
    }
    RingSetOptions options;
    options.ring_count = static_cast<uint16_t>(
        std::clamp<uint64_t>(params.settings.number("Linux\\KmesCpus"), 1, kRingsMax));
    options.resume = params.resume;
    options.proc_fd = proc_.get();
    sandbox::Confinement confinement;
    confinement.role = sandbox::Role::Kmesd;
    confinement.paths = {{"/proc", sandbox::PathAccess::Read}};
    confinement.fds_max = kFdsOfProcess + kConnectionsMax +
                          kFdsPerRing * std::max<uint64_t>(options.ring_count, early_fds_.size());
    checkOrThrow(sandbox::confine(confinement));
    recovery_ = std::make_unique<RingRecovery>(std::move(options));
    std::vector<ParkedMemory> sockets;
    for (ParkedMemory& early : early_fds_) {
        if (early.name == kListenerName || early.name.starts_with(kPeerPrefix) ||
            early.name.starts_with(kEmitterPrefix)) {
            sockets.push_back(std::move(early));
        } else if (!recovery_->adopt(early.name, std::move(early.fd))) {
            base::logWarning(base::cat("no use for a descriptor named ", early.name, ", closed"));
        }
    }
    early_fds_ = std::move(sockets);
}

void KmesdService::serve(const ipc::StartParams& params, kj::AsyncIoContext& io) {
    notes_ready_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!notes_ready_.valid()) {
        checkOrThrow(base::failErrno("cannot make an eventfd", errno));
    }
    notes_observer_ = kj::heap<kj::UnixEventPort::FdObserver>(
        io.unixEventPort, notes_ready_.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ);
    notes_task_ = readNotes().eagerlyEvaluate([this](kj::Exception&& exception) {
        base::logError(base::cat("cannot keep the rings' memories: ", ipc::toError(exception).text,
                                 ", resizing no more"));
        server_->failResize(EIO);
    });
    resolver_ = std::make_unique<ProcPeerResolver>(proc_.get(), params.boot_id);
    KmesServer::Options options;
    options.rule.owner_uid = params.owner_uid;
    options.rule.emit_gids = params.emit_gids;
    auto server = std::make_unique<KmesServer>(
        KmesServer::Parts{*rings_, *resolver_, clock_, *this}, std::move(options));
    checkOrThrow(server->start());
    server_ = std::move(server);
    for (ParkedMemory& early : early_fds_) {
        takeFd(std::move(early.name), std::move(early.fd));
    }
    early_fds_.clear();
}

void KmesdService::wakeLoop() {
    const uint64_t one = 1;
    (void)!::write(notes_ready_.get(), &one, sizeof(one));  // full only when a wake-up is due
}

kj::Promise<void> KmesdService::readNotes() {
    return notes_observer_->whenBecomesReadable().then([this]() -> kj::Promise<void> {
        uint64_t wakes = 0;
        (void)!::read(notes_ready_.get(), &wakes, sizeof(wakes));
        std::optional<uint64_t> capacity;
        std::vector<std::string> prefixes;
        {
            const std::lock_guard lock(mutex_);
            capacity.swap(wanted_capacity_);
            prefixes.swap(unneeded_);
        }
        // In this order: what a resize parks is never dropped by the clean-up of the one before.
        auto work = unparkAll(std::move(prefixes));
        if (capacity.has_value()) {
            work = work.then([this, wanted = *capacity]() { return resize(wanted); });
        }
        return work.then([this]() { return readNotes(); });
    });
}

kj::Promise<void> KmesdService::resize(uint64_t capacity) {
    auto prepared = rings_->prepareResize(capacity);
    if (!prepared.ok()) {
        server_->failResize(ENOMEM);
        return kj::READY_NOW;
    }
    auto to_park = parkedOf(prepared.value());
    if (!to_park.ok()) {
        server_->failResize(ENOMEM);
        return kj::READY_NOW;
    }
    return parkAll(std::move(to_park).value())
        .then([this, ready = std::move(prepared).value()]() mutable {
            server_->commitResize(std::move(ready));
        });
}

}  // namespace evd::collector
