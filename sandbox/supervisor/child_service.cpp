#include "sandbox/supervisor/child_service.h"

#include "common/ipc/convert.h"
#include "common/ipc/errors.h"
#include "common/ipc/fd_carrier.h"

#include <utility>

namespace evd::supervisor {

namespace {

void writeIds(const std::vector<gid_t>& ids, capnp::List<uint32_t>::Builder out) {
    for (unsigned i = 0; i < ids.size(); ++i) {
        out.set(i, ids[i]);
    }
}

unsigned countOf(size_t size) {
    return static_cast<unsigned>(size);
}

// Nobody else has a descriptor to send.
ipc::DoorLimits doorOf(const ProgramSpec& spec) {
    ipc::DoorLimits limits = ipc::kChildDoor;
    limits.name = spec.name;
    limits.descriptors_max = spec.may_park ? limits.descriptors_max : 0;
    return limits;
}

// The capability that one child holds. It speaks for that program only.
class SupervisorCapability final : public schema::Supervisor::Server {
  public:
    SupervisorCapability(const ProgramSpec& spec, ChildRequests& requests)
        : spec_(spec), requests_(requests) {}

    kj::Promise<void> park(ParkContext context) override {
        refuseUnless(spec_.may_park);
        const auto name = context.getParams().getName();
        return ipc::receiveFd(context.getParams().getFd())
            .then([this, text = std::string(name.begin(), name.size())](base::Fd fd) mutable {
                ipc::okOrThrow(requests_.park(spec_.program, std::move(text), std::move(fd)));
            });
    }

    kj::Promise<void> unpark(UnparkContext context) override {
        refuseUnless(spec_.may_park);
        const auto prefix = context.getParams().getPrefix();
        requests_.unpark(spec_.program, {prefix.begin(), prefix.size()});
        return kj::READY_NOW;
    }

    kj::Promise<void> groupStatus(GroupStatusContext context) override {
        refuseUnless(spec_.sees_group);
        const auto processes = requests_.groupStatus();
        auto out = context.getResults().initProcesses(countOf(processes.size()));
        for (unsigned i = 0; i < processes.size(); ++i) {
            ipc::writeProcess(processes[i], out[i]);
        }
        return kj::READY_NOW;
    }

  private:
    static void refuseUnless(bool allowed) {
        if (!allowed) {
            ipc::throwError(base::fail(base::ErrorKind::Denied, "not for this program"));
        }
    }

    ProgramSpec spec_;
    ChildRequests& requests_;
};

}  // namespace

ChildConnection::ChildConnection(kj::AsyncIoContext& io, Spawned spawned, const ProgramSpec& spec,
                                 ChildRequests& requests)
    : pid_(spawned.pid),
      spec_(spec),
      requests_(requests),
      connection_(ipc::adoptSocketForFds(std::move(spawned.control), *io.lowLevelProvider),
                  doorOf(spec)),
      child_(connection_.bootstrap().castAs<schema::Child>()) {}

kj::Promise<void> ChildConnection::takeFd(NamedFd descriptor) {
    auto request = child_.takeFdRequest();
    request.setName(descriptor.name.c_str());
    request.setFd(ipc::carryFd(std::move(descriptor.fd)));
    return request.send().ignoreResult();
}

kj::Promise<std::vector<wire::ResumePoint>> ChildConnection::start(std::vector<NamedFd> descriptors,
                                                                   ipc::StartParams params) {
    auto taken = kj::heapArrayBuilder<kj::Promise<void>>(descriptors.size());
    for (auto& descriptor : descriptors) {
        taken.add(takeFd(std::move(descriptor)));
    }
    return kj::joinPromises(taken.finish()).then([this, params = std::move(params)]() {
        return sendStart(params);
    });
}

kj::Promise<std::vector<wire::ResumePoint>> ChildConnection::sendStart(
    const ipc::StartParams& params) {
    auto request = child_.startRequest();
    auto out = request.initParams();
    ipc::writeSettings(params.settings, out.initSettings(countOf(params.settings.values().size())));
    out.setBootId(kj::arrayPtr(params.boot_id.bytes.data(), params.boot_id.bytes.size()));
    out.setSupervisor(kj::heap<SupervisorCapability>(spec_, requests_));
    ipc::writeResume(params.resume, out.initResume(countOf(params.resume.size())));
    out.setOwnerUid(params.owner_uid);
    if (params.sensor_uid) {
        out.setSensorUid(*params.sensor_uid);
    }
    writeIds(params.admin_gids, out.initAdminGids(countOf(params.admin_gids.size())));
    writeIds(params.emit_gids, out.initEmitGids(countOf(params.emit_gids.size())));
    out.setRestart(params.restart);
    if (spec_.sees_security) {
        const auto& security = params.settings.security();
        ipc::writeSecurity(security, out.initSecurity(countOf(security.ruleCount())));
    }
    return request.send().then(
        [](auto&& response) { return ipc::readResume(response.getResult().getResume()); });
}

kj::Promise<std::vector<wire::Measure>> ChildConnection::heartbeat() {
    return child_.heartbeatRequest().send().then([](auto&& response) {
        return ipc::takeOrThrow(ipc::readMeasures(response.getMeasures()));
    });
}

kj::Promise<void> ChildConnection::configure(const config::Settings& settings) {
    auto request = child_.configureRequest();
    ipc::writeSettings(settings, request.initSettings(countOf(settings.values().size())));
    if (spec_.sees_security) {
        const auto& security = settings.security();
        ipc::writeSecurity(security, request.initSecurity(countOf(security.ruleCount())));
    }
    return request.send().ignoreResult();
}

kj::Promise<void> ChildConnection::drain(bool has_successor) {
    auto request = child_.drainRequest();
    request.setSuccessor(has_successor);
    return request.send().ignoreResult();
}

}  // namespace evd::supervisor
