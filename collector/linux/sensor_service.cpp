#include "collector/linux/sensor_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace evd::collector {

namespace {

constexpr std::string_view kConnectorName = "proc-connector";
constexpr std::string_view kKmesName = "kmes";
constexpr std::string_view kProcessSensor = "process";

void checkOrThrow(const base::Result<void>& result) {
    if (!result.ok()) {
        kj::throwFatalException(ipc::toException(result.error()));
    }
}

// How long the machine runs says when it was booted; the kernel's own figure has whole seconds
// only.
BootTime readBootTime(const base::Clock& clock) {
    timespec up{};
    (void)::clock_gettime(CLOCK_BOOTTIME, &up);  // cannot fail since Linux 2.6.39
    const int64_t up_ns = up.tv_sec * base::kNsPerSecond + up.tv_nsec;
    return {clock.wallNs() - up_ns, std::max<int64_t>(::sysconf(_SC_CLK_TCK), 1)};
}

bool isWanted(const config::Settings& settings, std::string_view sensor) {
    const auto& wanted = settings.list("Linux\\Sensors");
    return std::find(wanted.begin(), wanted.end(), sensor) != wanted.end();
}

}  // namespace

kj::Promise<std::vector<wire::ResumePoint>> SensorService::start(ipc::StartParams params,
                                                                 ipc::SupervisorLink&,
                                                                 kj::AsyncIoContext&) {
    proc_.reset(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!proc_.valid()) {
        checkOrThrow(base::failErrno("cannot open /proc", errno));
    }
    const BootTime boot = readBootTime(clock_);
    auto client = kmes_.valid() ? kmes::makeSocketEmitClient(std::move(kmes_)) : nullptr;
    sandbox::Confinement confinement;
    confinement.role = sandbox::Role::Sensor;
    // Which program a process runs is the heart of an exec event, and reading it counts as tracing:
    // it takes the capability, and Landlock would refuse it whatever is kept.
    confinement.sees_other_processes = true;
    confinement.keep_capabilities = {CAP_SYS_PTRACE};
    checkOrThrow(sandbox::confine(confinement));
    started_ = true;
    if (isWanted(params.settings, kProcessSensor)) {
        processes_ =
            std::make_unique<ProcessSensor>(proc_.get(), std::move(connector_), boot, clock_);
        checkOrThrow(processes_->start());
        if (client) {
            processes_->setClient(std::move(client));
        }
    }
    return std::vector<wire::ResumePoint>();
}

void SensorService::takeFd(std::string name, base::Fd fd) {
    if (name == kConnectorName && !started_) {
        connector_ = std::move(fd);
    } else if (name == kKmesName && !started_) {
        kmes_ = std::move(fd);
    } else if (name == kKmesName && processes_) {
        processes_->setClient(kmes::makeSocketEmitClient(std::move(fd)));
    } else if (name != kKmesName) {
        base::logWarning(base::cat("no use for a descriptor named ", name, ", closing it"));
    }
}

void SensorService::configure(const config::Settings&) {
    // Which sensors run is decided at start.
}

kj::Promise<void> SensorService::drain() {
    if (processes_) {
        processes_->stop();
    }
    return kj::READY_NOW;
}

std::vector<wire::Measure> SensorService::measures() {
    if (!processes_) {
        return {};
    }
    const SensorFigures figures = processes_->figures();
    const auto number = [](uint64_t value) { return static_cast<int64_t>(value); };
    return {{"process.events_emitted", number(figures.emitted)},
            {"process.events_waiting", number(figures.waiting)},
            {"process.events_dropped", number(figures.dropped)},
            {"process.events_refused", number(figures.refused)},
            {"process.connector_overruns", number(figures.overruns)},
            {"process.known", number(figures.known_processes)},
            {"process.has_connector", figures.has_connector ? 1 : 0}};
}

}  // namespace evd::collector
