#pragma once

#include "collector/linux/process_sensor.h"
#include "common/base/clock.h"
#include "common/ipc/program_service.h"

#include <memory>
#include <string>
#include <vector>

namespace evd::collector {

// The sensor program as its supervisor sees it.
//
// Takes "proc-connector" (optional) and "kmes" (a connection to KMES) by takeFd; start() confines
// and starts the sensors that `Linux\Sensors` names. A later "kmes" replaces the connection of a
// kmesd that was restarted. drain() emits what is held and ends the sensors. Names of sensors that
// this version does not have are accepted in silence: the setting may be shared with a later one.
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
    base::SystemClock clock_;
    base::Fd proc_;
    base::Fd connector_;  // until start()
    base::Fd kmes_;       // until start()
    std::unique_ptr<ProcessSensor> processes_;
    bool started_ = false;
};

}  // namespace evd::collector
