#pragma once

#include "collector/linux/host_metrics_sensor.h"
#include "collector/linux/kernel_log_sensor.h"
#include "collector/linux/process_sensor.h"
#include "common/base/clock.h"
#include "common/ipc/program_service.h"

#include <memory>
#include <string>
#include <vector>

namespace evd::collector {

// The sensor program as its supervisor sees it.
//
// Takes by takeFd, all of them optional: "proc-connector" and "kmes" (a connection to KMES) for the
// processes; "kmsg", "kmsg-position" and "log" for the kernel's log; "metric" for the metrics of
// the host. start() confines and starts the sensors that `Linux\Sensors` names; one whose
// descriptors are not there says so once and the others go on, as they do when this version does
// not know a name. A later "kmes" replaces the connection of a kmesd that was restarted; the log
// and metric sockets live as long as the group. drain() emits what is held and ends the sensors.
// Lives on the event loop.
class SensorService final : public ipc::Program {
  public:
    kj::Promise<std::vector<wire::ResumePoint>> start(ipc::StartParams params,
                                                      ipc::SupervisorLink& supervisor,
                                                      kj::AsyncIoContext& io) override;
    void takeFd(std::string name, base::Fd fd) override;
    void configure(const config::Settings& settings) override;
    kj::Promise<void> drain() override;
    std::vector<wire::Measure> measures() override;

  private:
    void startProcesses(const BootTime& boot);
    void startKernelLog(const base::Guid& boot_id);
    void startHostMetrics(const config::Settings& settings);

    base::SystemClock clock_;
    base::Fd proc_;
    std::string network_file_;
    // Until start().
    base::Fd connector_;
    base::Fd kmes_;
    base::Fd kernel_log_;
    base::Fd kernel_log_position_;
    base::Fd log_socket_;
    base::Fd metric_socket_;

    std::unique_ptr<ProcessSensor> processes_;
    std::unique_ptr<KernelLogSensor> kernel_log_sensor_;
    std::unique_ptr<HostMetricsSensor> host_metrics_;
    bool started_ = false;
};

}  // namespace evd::collector
