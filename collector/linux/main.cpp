// eventd-sensor: what a Linux machine does, as events, logs and metrics. Its parts: SensorService
// (what the supervisor talks to), ProcessSensor (processes) with ProcessTracker, ProcReader and
// EmitBacklog, KernelLogSensor (the kernel's log, as log records), HostMetricsSensor (the machine
// in numbers).

#include "collector/linux/sensor_service.h"
#include "common/base/log.h"

int main() {
    evd::base::setLogName("eventd-sensor");
    evd::collector::SensorService service;
    return evd::ipc::runProgram(service);
}
