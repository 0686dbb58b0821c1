// eventd-queryd: answers questions about what is stored. Its parts (QuerydParts): CommitListener
// (what is new), QueryEngine (questions in, records out), AccessBackend (who asks, and what they
// may see), AuditTrail (whom that is told), Admission (how many at once), Sessions (a thread per
// question), Listener (the msgpack socket), RpcService (the rpc socket).

#include "common/base/clock.h"
#include "common/base/log.h"
#include "queryd/queryd_service.h"

int main() {
    evd::base::setLogName("eventd-queryd");
    const evd::base::SystemClock clock;
    evd::queryd::QuerydService service(clock);
    return evd::ipc::runProgram(service);
}
