#include "sandbox/supervisor/process_table.h"

#include <sys/socket.h>
#include <algorithm>
#include <array>

namespace evd::supervisor {

namespace {

constexpr std::array<ProgramSpec, kProgramCount> kPrograms = {{
    {Program::Store, "eventd-store"},
    {Program::Queryd, "eventd-queryd", /*may_park=*/false, /*sees_group=*/true},
    {Program::Kmesd, "eventd-kmesd", /*may_park=*/true, /*sees_group=*/false},
    {Program::Collector, "eventd-collector"},
    {Program::Sensor, "eventd-sensor"},
}};

// Nothing new is asked or emitted first; then what is in the rings goes to the store, which closes
// last (Spec §10.2).
constexpr std::array<Program, kProgramCount> kDrainOrder = {
    Program::Queryd, Program::Sensor, Program::Kmesd, Program::Collector, Program::Store};

constexpr std::array<EdgeSpec, 4> kEdges = {{
    {Program::Store, "collector", Program::Collector, "store", SOCK_STREAM},
    {Program::Store, "queryd", Program::Queryd, "store", SOCK_STREAM},
    {Program::Kmesd, "kmes-peer.collector", Program::Collector, "kmes", SOCK_SEQPACKET},
    {Program::Kmesd, "kmes-peer.sensor", Program::Sensor, "kmes", SOCK_SEQPACKET},
}};

// Who is calling decides what is answered, so anyone may connect (contracts §5); the notices are
// for the group alone.
constexpr std::array<SocketSpec, 4> kSockets = {{
    {Program::Queryd, "query", SocketPath::Query, SOCK_STREAM, 0666},
    {Program::Queryd, "rpc", SocketPath::Rpc, SOCK_STREAM, 0666},
    {Program::Queryd, "notices", SocketPath::Notices, SOCK_STREAM, 0600},
    {Program::Kmesd, "kmes-listen", SocketPath::Kmes, SOCK_SEQPACKET, 0666},
}};

}  // namespace

GroupPlan planGroup(KmesBackend backend, bool with_sensor) {
    const auto runs = [&](Program program) {
        return (program != Program::Kmesd || backend == KmesBackend::Builtin) &&
               (program != Program::Sensor || with_sensor);
    };
    GroupPlan plan;
    plan.backend = backend;
    std::copy_if(kPrograms.begin(), kPrograms.end(), std::back_inserter(plan.start_order),
                 [&](const ProgramSpec& spec) { return runs(spec.program); });
    std::copy_if(kDrainOrder.begin(), kDrainOrder.end(), std::back_inserter(plan.drain_order),
                 runs);
    std::copy_if(kEdges.begin(), kEdges.end(), std::back_inserter(plan.edges),
                 [&](const EdgeSpec& edge) { return runs(edge.left) && runs(edge.right); });
    std::copy_if(kSockets.begin(), kSockets.end(), std::back_inserter(plan.sockets),
                 [&](const SocketSpec& socket) { return runs(socket.program); });
    return plan;
}

}  // namespace evd::supervisor
