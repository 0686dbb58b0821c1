// eventd-sensor: what a Linux machine does, as events. Its parts: SensorService (what the
// supervisor talks to), ProcessSensor (processes) with ProcessTracker, ProcReader and EmitBacklog.

#include "collector/linux/sensor_service.h"
#include "common/base/log.h"

int main() {
    evd::base::setLogName("eventd-sensor");
    evd::collector::SensorService service;
    return evd::ipc::runProgram(service);
}
