#include "common/ipc/program_service.h"

#include "common/base/exhaustion.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/convert.h"
#include "common/ipc/exhaustion_watch.h"
#include "common/ipc/fd_carrier.h"
#include "common/ipc/peer_connection.h"

#include <kj/async-io.h>
#include <unistd.h>
#include <memory>

namespace evd::ipc {

namespace {

constexpr uid_t kNoUid = static_cast<uid_t>(-1);  // the schema's default
constexpr int kExitDrained = 0;
constexpr int kExitLost = 1;

class CapabilityLink final : public SupervisorLink {
  public:
    explicit CapabilityLink(schema::Supervisor::Client supervisor)
        : supervisor_(kj::mv(supervisor)) {}

    kj::Promise<void> park(std::string name, base::Fd fd) override {
        auto request = supervisor_.parkRequest();
        request.setName(name.c_str());
        request.setFd(carryFd(std::move(fd)));
        return request.send().ignoreResult();
    }

    kj::Promise<void> unpark(std::string prefix) override {
        auto request = supervisor_.unparkRequest();
        request.setPrefix(prefix.c_str());
        return request.send().ignoreResult();
    }

    kj::Promise<std::vector<wire::ProcessStatus>> groupStatus() override {
        return supervisor_.groupStatusRequest().send().then([](auto&& response) {
            std::vector<wire::ProcessStatus> processes;
            for (const auto process : response.getProcesses()) {
                processes.push_back(takeOrThrow(readProcess(process)));
            }
            return processes;
        });
    }

  private:
    schema::Supervisor::Client supervisor_;
};

config::Settings readAll(capnp::List<schema::Setting>::Reader settings,
                         capnp::List<schema::SecurityRule>::Reader security) {
    config::Settings out = takeOrThrow(readSettings(settings));
    out.setSecurity(takeOrThrow(readSecurity(security)));
    return out;
}

StartParams readStart(schema::StartParams::Reader in) {
    StartParams params;
    params.settings = readAll(in.getSettings(), in.getSecurity());
    params.boot_id = takeOrThrow(readGuid(in.getBootId()));
    params.resume = readResume(in.getResume());
    params.owner_uid = in.getOwnerUid();
    if (in.getSensorUid() != kNoUid) {
        params.sensor_uid = in.getSensorUid();
    }
    for (const auto gid : in.getAdminGids()) {
        params.admin_gids.push_back(gid);
    }
    for (const auto gid : in.getEmitGids()) {
        params.emit_gids.push_back(gid);
    }
    params.restart = in.getRestart();
    return params;
}

// Turns the supervisor's calls into calls on the Program. What comes when is up to the supervisor,
// which is believed: only a second start is refused. Heartbeats come during a start too, so that
// one that hangs is noticed.
class ChildService final : public schema::Child::Server {
  public:
    ChildService(Program& program, kj::AsyncIoContext& io) : program_(program), io_(io) {}

    bool drained() const { return drained_; }

    kj::Promise<void> start(StartContext context) override {
        if (link_) {
            throwError(base::fail(base::ErrorKind::Invalid, "start was called twice"));
        }
        link_ = std::make_unique<CapabilityLink>(context.getParams().getParams().getSupervisor());
        auto params = readStart(context.getParams().getParams());
        return program_.start(std::move(params), *link_, io_)
            .then([context](std::vector<wire::ResumePoint> resume) mutable {
                auto out = context.getResults().initResult().initResume(
                    static_cast<unsigned>(resume.size()));
                writeResume(resume, out);
            });
    }

    kj::Promise<void> takeFd(TakeFdContext context) override {
        const auto name = context.getParams().getName();
        return receiveFd(context.getParams().getFd())
            .then([this, text = std::string(name.begin(), name.size())](base::Fd fd) {
                program_.takeFd(text, std::move(fd));
            });
    }

    kj::Promise<void> heartbeat(HeartbeatContext context) override {
        const auto measures = program_.measures();
        writeMeasures(measures,
                      context.getResults().initMeasures(static_cast<unsigned>(measures.size())));
        return kj::READY_NOW;
    }

    kj::Promise<void> configure(ConfigureContext context) override {
        const auto params = context.getParams();
        program_.configure(readAll(params.getSettings(), params.getSecurity()));
        return kj::READY_NOW;
    }

    kj::Promise<void> drain(DrainContext context) override {
        if (context.getParams().getSuccessor()) {
            program_.announceSuccessor();
        }
        return program_.drain().then([this]() { drained_ = true; });
    }

  private:
    Program& program_;
    kj::AsyncIoContext& io_;
    std::unique_ptr<SupervisorLink> link_;
    bool drained_ = false;
};

}  // namespace

int runProgram(Program& program) {
    base::endWhenOutOfMemory();
    const ExhaustionWatch watch;
    auto io = kj::setupAsyncIo();
    auto service = kj::heap<ChildService>(program, io);
    const ChildService& child = *service;
    PeerConnection connection(adoptSocketForFds(base::Fd(kControlFd), *io.lowLevelProvider),
                              kj::mv(service), kSupervisorCaller);
    const auto failure =
        kj::runCatchingExceptions([&]() { connection.onDisconnect().wait(io.waitScope); });
    KJ_IF_MAYBE (exception, failure) {
        base::logError(base::cat("the control connection failed: ", toError(*exception).text));
    }
    // At once, and not by way of destructors: what the program holds leans on the loop that ends
    // here, and its threads may be in the middle of work on messages that would be taken from them.
    ::_exit(failure == nullptr && child.drained() ? kExitDrained : kExitLost);
}

}  // namespace evd::ipc
