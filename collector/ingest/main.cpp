// eventd-ingest: takes datagrams with logs and metrics and passes the records on to the store. Its
// parts: IngestService (what the supervisor talks to), a DoorThread with its Door per socket,
// RecordSink.

#include "collector/ingest/ingest_service.h"
#include "common/base/log.h"

int main() {
    evd::base::setLogName("eventd-ingest");
    evd::collector::IngestService program;
    return evd::ipc::runProgram(program);
}
