#pragma once

#include "sandbox/supervisor/kmes_backend.h"

#include <sys/types.h>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace evd::supervisor {

// The programs of the group. Their order is the order in which they are started.
enum class Program { Store, Queryd, Ingest, Kmesd, Collector, Sensor };

inline constexpr size_t kProgramCount = 6;

struct ProgramSpec {
    Program program;
    std::string_view name;       // of the binary, beside our own
    bool calls_kmes = false;     // reads rings or emits, and has a connection for it
    bool may_park = false;       // keeps descriptors with us for its successor (Ruling K6)
    bool sees_group = false;     // may ask for the group's status
    bool sees_security = false;  // is given the descriptors of the configuration
    // Looks at other processes in /proc. A program that does not sees only itself there.
    bool reads_proc = false;
    // Asks the kernel who its peers are, or whom a process belongs to. In a user namespace all
    // strangers would be nobody.
    bool reads_ids = false;
    // Added to the kernel's badness when memory runs out: who can best be done without goes first.
    int expendability = 0;
    // How much less a processor that others want too is its own: a fifth for each step (sched(7)).
    int niceness = 0;
    int kept_capability = -1;  // a CAP_* number that it keeps under a user of its own
    // It has nothing that would be lost with it: one that dies while everything stops is not
    // started again only to be drained.
    bool holds_nothing = false;
    // In a stop, drained and deaf to strangers, it stays until that program has ended, which would
    // not be able to start again without it.
    std::optional<Program> stays_for = std::nullopt;
};

// A socket pair between two programs. The names are those under which each takes its end.
struct EdgeSpec {
    Program left;
    std::string_view left_name;
    Program right;
    std::string_view right_name;
    int type;  // SOCK_STREAM or SOCK_SEQPACKET
};

// A socket that strangers know, made once by the supervisor and given to each incarnation of its
// program.
enum class SocketPath { Query, Rpc, Notices, Kmes, Log, Metric, Syslog, Statsd };
struct SocketSpec {
    Program program;
    std::string_view name;
    SocketPath path;
    int type;
    mode_t mode;
};

// What the settings want of the group beside the programs that are always there.
struct GroupWishes {
    bool with_sensor = true;
    bool with_syslog = false;
    bool with_statsd = false;
};

// Who is in the group, what each holds, and in which order they come and go: the static
// description, as a function of where events come from. Pure.
struct GroupPlan {
    std::vector<ProgramSpec> start_order;
    std::vector<Program> drain_order;
    std::vector<EdgeSpec> edges;
    std::vector<SocketSpec> sockets;
    KmesBackend backend = KmesBackend::Builtin;
};

GroupPlan planGroup(KmesBackend backend, const GroupWishes& wishes);

}  // namespace evd::supervisor
