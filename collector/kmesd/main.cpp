// eventd-kmesd: the user-space KMES. Its parts: KmesdService (what the supervisor talks to),
// RingRecovery and RingSet (the rings), KmesServer (the socket), ProcPeerResolver (who emits).

#include "collector/kmesd/kmesd_service.h"
#include "common/base/log.h"

int main() {
    evd::base::setLogName("eventd-kmesd");
    evd::collector::KmesdService service;
    return evd::ipc::runProgram(service);
}
