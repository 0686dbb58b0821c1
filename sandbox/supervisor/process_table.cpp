#include "sandbox/supervisor/process_table.h"

#include <linux/capability.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>

namespace evd::supervisor {

namespace {

constexpr std::array<ProgramSpec, kProgramCount> kPrograms = {{
    {.program = Program::Store, .name = "eventd-store", .sees_group = true, .sees_security = true},
    {.program = Program::Queryd,
     .name = "eventd-queryd",
     .calls_kmes = true,
     .sees_group = true,
     .sees_security = true,
     .reads_ids = true,
     .expendability = 500,
     .niceness = 5,  // a question takes longer before events are lost for it
     .holds_nothing = true},
    {.program = Program::Ingest,
     .name = "eventd-ingest",
     .sees_security = true,
     .reads_ids = true,
     .expendability = 200},
    {.program = Program::Kmesd,
     .name = "eventd-kmesd",
     .may_park = true,
     .reads_proc = true,
     .reads_ids = true,
     .stays_for = Program::Collector},
    {.program = Program::Collector, .name = "eventd-collector", .calls_kmes = true},
    {.program = Program::Sensor,
     .name = "eventd-sensor",
     .calls_kmes = true,
     .reads_proc = true,
     .reads_ids = true,
     .expendability = 300,
     .kept_capability = CAP_SYS_PTRACE,
     .holds_nothing = true},
}};

// Nothing new is asked or emitted first; then what is in the sockets and in the rings goes to the
// store, which closes last (Spec §10.2). The sensor sends logs and metrics too, so it goes before
// those who take them.
constexpr std::array<Program, kProgramCount> kDrainOrder = {Program::Queryd,    Program::Sensor,
                                                            Program::Ingest,    Program::Kmesd,
                                                            Program::Collector, Program::Store};

constexpr std::array<EdgeSpec, 6> kEdges = {{
    {Program::Store, "collector", Program::Collector, "store", SOCK_STREAM},
    {Program::Store, "queryd", Program::Queryd, "store", SOCK_STREAM},
    {Program::Store, "ingest", Program::Ingest, "store", SOCK_STREAM},
    {Program::Kmesd, "kmes-peer.collector", Program::Collector, "kmes", SOCK_SEQPACKET},
    {Program::Kmesd, "kmes-peer.sensor", Program::Sensor, "kmes", SOCK_SEQPACKET},
    {Program::Kmesd, "kmes-emitter.queryd", Program::Queryd, "kmes", SOCK_SEQPACKET},
}};

// Who is calling decides what is answered, so anyone may connect (contracts §5); the notices are
// for the group alone.
constexpr std::array<SocketSpec, 8> kSockets = {{
    {Program::Queryd, "query", SocketPath::Query, SOCK_STREAM, 0666},
    {Program::Queryd, "rpc", SocketPath::Rpc, SOCK_STREAM, 0666},
    {Program::Queryd, "notices", SocketPath::Notices, SOCK_STREAM, 0600},
    {Program::Kmesd, "kmes-listen", SocketPath::Kmes, SOCK_SEQPACKET, 0666},
    {Program::Ingest, "log", SocketPath::Log, SOCK_DGRAM, 0666},
    {Program::Ingest, "metric", SocketPath::Metric, SOCK_DGRAM, 0666},
    {Program::Ingest, "syslog", SocketPath::Syslog, SOCK_DGRAM, 0666},
    {Program::Ingest, "statsd", SocketPath::Statsd, SOCK_DGRAM, 0666},
}};

}  // namespace

GroupPlan planGroup(KmesBackend backend, const GroupWishes& wishes) {
    const auto runs = [&](Program program) {
        return (program != Program::Kmesd || backend == KmesBackend::Builtin) &&
               (program != Program::Sensor || wishes.with_sensor);
    };
    const auto listens = [&](const SocketSpec& socket) {
        return runs(socket.program) && (socket.path != SocketPath::Syslog || wishes.with_syslog) &&
               (socket.path != SocketPath::Statsd || wishes.with_statsd);
    };
    GroupPlan plan;
    plan.backend = backend;
    std::copy_if(kPrograms.begin(), kPrograms.end(), std::back_inserter(plan.start_order),
                 [&](const ProgramSpec& spec) { return runs(spec.program); });
    std::copy_if(kDrainOrder.begin(), kDrainOrder.end(), std::back_inserter(plan.drain_order),
                 runs);
    std::copy_if(kEdges.begin(), kEdges.end(), std::back_inserter(plan.edges),
                 [&](const EdgeSpec& edge) { return runs(edge.left) && runs(edge.right); });
    std::copy_if(kSockets.begin(), kSockets.end(), std::back_inserter(plan.sockets), listens);
    return plan;
}

}  // namespace evd::supervisor
