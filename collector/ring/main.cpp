// eventd-collector: drains the rings into the store. Its parts: CollectorService (what the
// supervisor talks to), KernelKmes or SocketKmes (where rings come from), a DrainThread per cpu,
// StoreSink.

#include "collector/ring/collector_service.h"
#include "common/base/log.h"

int main() {
    evd::base::setLogName("eventd-collector");
    evd::collector::CollectorService program;
    return evd::ipc::runProgram(program);
}
