#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/program_service.h"
#include "store/store_service.h"

// eventd-store: everything it needs comes from its supervisor over the inherited control
// connection.
int main() {
    evd::base::setLogName("eventd-store");
    const evd::base::SystemClock clock;
    evd::store::StoreService service(clock);
    return evd::ipc::runProgram(service);
}
