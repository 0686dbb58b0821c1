#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/program_service.h"
#include "store/store_service.h"

#include <unistd.h>

// eventd-store: everything it needs comes from its supervisor over the inherited control
// connection.
int main() {
    evd::base::setLogName("eventd-store");
    const evd::base::SystemClock clock;
    evd::store::StoreService service(clock);
    const int status = evd::ipc::runProgram(service);
    // The event loop is gone and with it what the service's members lean on. After a drain
    // everything is closed; otherwise ending at once is as safe as any crash: what was not
    // committed is not stored.
    ::_exit(status);
}
