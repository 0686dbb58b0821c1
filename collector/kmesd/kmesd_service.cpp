#include "collector/kmesd/kmesd_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/confine.h"

#include <fcntl.h>

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
    auto to_park = ipc::takeOrThrow(recovery_->prepare());
    if (recovery_->resumedCount() > 0) {
        base::logInfo(base::cat("going on with ", recovery_->resumedCount(), " rings"));
    }
    return parkAll(*supervisor_, std::move(to_park))
        .then([this, params = std::move(params), &port = io.unixEventPort]() {
            rings_ = ipc::takeOrThrow(recovery_->finish());
            serve(params, port);
            return unparkAll(*supervisor_, recovery_->unneeded());
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
    if (parking_) {
        parking_->stop();
    }
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

void KmesdService::confineAndAdopt(const ipc::StartParams& params) {
    proc_.reset(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!proc_.valid()) {
        ipc::throwError(base::failErrno("cannot open /proc", errno));
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
    ipc::okOrThrow(sandbox::confine(confinement));
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

void KmesdService::serve(const ipc::StartParams& params, kj::UnixEventPort& port) {
    resolver_ = std::make_unique<ProcPeerResolver>(proc_.get(), params.boot_id);
    parking_ = std::make_unique<RingParking>(*supervisor_, *rings_);
    KmesServer::Options options;
    options.rule.owner_uid = params.owner_uid;
    options.rule.emit_gids = params.emit_gids;
    auto server = std::make_unique<KmesServer>(
        KmesServer::Parts{*rings_, *resolver_, clock_, *parking_}, std::move(options));
    parking_->begin(*server, port);
    ipc::okOrThrow(server->start());
    server_ = std::move(server);
    for (ParkedMemory& early : early_fds_) {
        takeFd(std::move(early.name), std::move(early.fd));
    }
    early_fds_.clear();
}

}  // namespace evd::collector
