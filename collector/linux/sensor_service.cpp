#include "collector/linux/sensor_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace evd::collector {

namespace {

constexpr std::string_view kKmesName = "kmes";
constexpr std::string_view kProcessSensor = "process";
constexpr std::string_view kKernelLogSensor = "kernel-log";
constexpr std::string_view kHostMetricsSensor = "host-metrics";
constexpr std::string_view kSensorsSetting = "Linux\\Sensors";
constexpr std::string_view kIntervalSetting = "Linux\\HostMetricsIntervalSeconds";

uint64_t ticksPerSecond() {
    return static_cast<uint64_t>(std::max<int64_t>(::sysconf(_SC_CLK_TCK), 1));
}

// How long the machine runs says when it was booted; the kernel's own figure has whole seconds
// only.
BootTime readBootTime(const base::Clock& clock) {
    timespec up{};
    (void)::clock_gettime(CLOCK_BOOTTIME, &up);  // cannot fail since Linux 2.6.39
    const int64_t up_ns = up.tv_sec * base::kNsPerSecond + up.tv_nsec;
    return {clock.wallNs() - up_ns, static_cast<int64_t>(ticksPerSecond())};
}

bool isKnownSensor(std::string_view name) {
    return name == kProcessSensor || name == kKernelLogSensor || name == kHostMetricsSensor;
}

}  // namespace

kj::Promise<std::vector<wire::ResumePoint>> SensorService::start(ipc::StartParams params,
                                                                 ipc::SupervisorLink&,
                                                                 kj::AsyncIoContext&) {
    proc_.reset(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!proc_.valid()) {
        ipc::throwError(base::failErrno("cannot open /proc", errno));
    }
    const BootTime boot = readBootTime(clock_);
    network_file_ = base::cat(::getppid(), "/net/dev");  // we have no network, our parent has
    sandbox::Confinement confinement;
    confinement.role = sandbox::Role::Sensor;
    // Which program a process runs is the heart of an exec event, and reading it counts as tracing:
    // it takes the capability, and Landlock would refuse it whatever is kept.
    confinement.sees_other_processes = true;
    confinement.keep_capabilities = {CAP_SYS_PTRACE};
    ipc::okOrThrow(sandbox::confine(confinement));
    started_ = true;
    for (const std::string& sensor : params.settings.list(kSensorsSetting)) {
        if (sensor == kProcessSensor && !processes_) {
            startProcesses(boot);
        } else if (sensor == kKernelLogSensor && !kernel_log_sensor_) {
            startKernelLog(params.boot_id);
        } else if (sensor == kHostMetricsSensor && !host_metrics_) {
            startHostMetrics(params.settings);
        } else if (!isKnownSensor(sensor)) {
            base::logWarning(base::cat("there is no sensor named ", sensor, ", doing without"));
        }
    }
    return std::vector<wire::ResumePoint>();
}

void SensorService::startProcesses(const BootTime& boot) {
    auto client = kmes_.valid() ? kmes::makeSocketEmitClient(std::move(kmes_)) : nullptr;
    processes_ = std::make_unique<ProcessSensor>(proc_.get(), std::move(connector_), boot, clock_);
    ipc::okOrThrow(processes_->start());
    if (client) {
        processes_->setClient(std::move(client));
    }
}

void SensorService::startKernelLog(const base::Guid& boot_id) {
    if (!kernel_log_.valid()) {
        base::logWarning("the kernel's log cannot be read here, doing without");
        return;
    }
    if (!log_socket_.valid()) {
        base::logWarning("there is no log socket, leaving the kernel's log unread");
        return;
    }
    kernel_log_sensor_ = std::make_unique<KernelLogSensor>(
        std::move(kernel_log_), KernelLogPosition(std::move(kernel_log_position_), boot_id),
        base::DatagramSender(std::move(log_socket_)), clock_);
    ipc::okOrThrow(kernel_log_sensor_->start());
}

void SensorService::startHostMetrics(const config::Settings& settings) {
    if (!metric_socket_.valid()) {
        base::logWarning("there is no metric socket, measuring nothing");
        return;
    }
    host_metrics_ = std::make_unique<HostMetricsSensor>(
        HostReader(proc_.get(), ticksPerSecond(), clock_, network_file_),
        base::DatagramSender(std::move(metric_socket_)), settings.number(kIntervalSetting), clock_);
    ipc::okOrThrow(host_metrics_->start());
}

void SensorService::takeFd(std::string name, base::Fd fd) {
    if (started_) {
        if (name == kKmesName && processes_) {
            processes_->setClient(kmes::makeSocketEmitClient(std::move(fd)));
        }
        return;  // The rest is taken at birth only.
    }
    const std::array<std::pair<std::string_view, base::Fd*>, 6> places = {{
        {"proc-connector", &connector_},
        {kKmesName, &kmes_},
        {"kmsg", &kernel_log_},
        {"kmsg-position", &kernel_log_position_},
        {"log", &log_socket_},
        {"metric", &metric_socket_},
    }};
    for (const auto& [known, place] : places) {
        if (known == name) {
            *place = std::move(fd);
            return;
        }
    }
    base::logWarning(base::cat("no use for a descriptor named ", name, ", closing it"));
}

void SensorService::configure(const config::Settings& settings) {
    // Which sensors run is decided at start.
    if (host_metrics_) {
        host_metrics_->setInterval(settings.number(kIntervalSetting));
    }
}

kj::Promise<void> SensorService::drain() {
    if (processes_) {
        processes_->stop();
    }
    if (kernel_log_sensor_) {
        kernel_log_sensor_->stop();
    }
    if (host_metrics_) {
        host_metrics_->stop();
    }
    return kj::READY_NOW;
}

std::vector<wire::Measure> SensorService::measures() {
    std::vector<wire::Measure> measures;
    const auto add = [&](const char* name, uint64_t value) {
        measures.push_back({name, static_cast<int64_t>(value)});
    };
    if (processes_) {
        const SensorFigures figures = processes_->figures();
        add("process.events_emitted", figures.emitted);
        add("process.events_waiting", figures.waiting);
        add("process.events_dropped", figures.dropped);
        add("process.events_refused", figures.refused);
        add("process.connector_overruns", figures.overruns);
        add("process.known", figures.known_processes);
        add("process.has_connector", figures.has_connector ? 1 : 0);
    }
    if (kernel_log_sensor_) {
        const KernelLogFigures figures = kernel_log_sensor_->figures();
        add("kernel_log.records_sent", figures.records);
        add("kernel_log.records_lost", figures.lost);
        add("kernel_log.records_unreadable", figures.unreadable);
    }
    if (host_metrics_) {
        const HostMetricsFigures figures = host_metrics_->figures();
        add("host_metrics.samples_sent", figures.samples);
        add("host_metrics.samples_dropped", figures.dropped);
    }
    return measures;
}

}  // namespace evd::collector
