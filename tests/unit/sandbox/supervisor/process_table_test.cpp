#include "sandbox/supervisor/process_table.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <algorithm>
#include <set>

namespace base = evd::base;
namespace supervisor = evd::supervisor;
using supervisor::KmesBackend;
using supervisor::Program;

namespace {

std::vector<Program> startOrder(const supervisor::GroupPlan& plan) {
    std::vector<Program> order;
    for (const auto& spec : plan.start_order) {
        order.push_back(spec.program);
    }
    return order;
}

bool isEdge(const supervisor::EdgeSpec& edge, Program one, Program other) {
    return (edge.left == one && edge.right == other) || (edge.left == other && edge.right == one);
}

}  // namespace

TEST_CASE("process table: the store comes first and goes last") {
    const auto plan = supervisor::planGroup(KmesBackend::Builtin, {});
    CHECK(startOrder(plan) == std::vector<Program>{Program::Store, Program::Queryd, Program::Ingest,
                                                   Program::Kmesd, Program::Collector,
                                                   Program::Sensor});
    CHECK(plan.drain_order == std::vector<Program>{Program::Queryd, Program::Sensor,
                                                   Program::Ingest, Program::Kmesd,
                                                   Program::Collector, Program::Store});
}

TEST_CASE(
    "process table: whoever stays for another is drained before it, and has something to hold") {
    const auto plan = supervisor::planGroup(supervisor::KmesBackend::Builtin, {});
    const auto place = [&](supervisor::Program program) {
        return std::find(plan.drain_order.begin(), plan.drain_order.end(), program);
    };
    int staying = 0;
    for (const auto& spec : plan.start_order) {
        if (spec.stays_for) {
            ++staying;
            CHECK(place(spec.program) < place(*spec.stays_for));
            CHECK_FALSE(spec.holds_nothing);
        }
    }
    CHECK(staying == 1);  // kmesd for the collector
}

TEST_CASE("process table: kmesd runs only where it stands in for the kernel") {
    for (const auto backend : {KmesBackend::Kernel, KmesBackend::Socket}) {
        const auto plan = supervisor::planGroup(backend, {});
        CHECK(startOrder(plan) == std::vector<Program>{Program::Store, Program::Queryd,
                                                       Program::Ingest, Program::Collector,
                                                       Program::Sensor});
        CHECK(plan.edges.size() == 3);
        CHECK(plan.sockets.size() == 5);
    }
}

TEST_CASE("process table: without sensors there is no sensor and no edge to it") {
    const auto plan = supervisor::planGroup(KmesBackend::Builtin, {.with_sensor = false});
    CHECK(plan.start_order.size() == 5);
    CHECK(plan.drain_order.size() == 5);
    CHECK(std::none_of(plan.edges.begin(), plan.edges.end(), [](const auto& edge) {
        return edge.left == Program::Sensor || edge.right == Program::Sensor;
    }));
}

TEST_CASE("process table: the store has edges to those who fill it and to queryd, which may emit") {
    const auto plan = supervisor::planGroup(KmesBackend::Builtin, {});
    for (const auto& edge : plan.edges) {
        if (edge.left == Program::Store || edge.right == Program::Store) {
            const bool is_known = isEdge(edge, Program::Store, Program::Collector) ||
                                  isEdge(edge, Program::Store, Program::Ingest) ||
                                  isEdge(edge, Program::Store, Program::Queryd);
            CHECK(is_known);
        } else if (edge.right == Program::Queryd) {
            // To tell what it was asked, and nothing else: kmesd knows by the name.
            CHECK(edge.left == Program::Kmesd);
            CHECK(edge.left_name == "kmes-emitter.queryd");
        } else {
            CHECK_FALSE(edge.left == Program::Queryd);
            CHECK_FALSE(edge.left == Program::Ingest);
            CHECK_FALSE(edge.right == Program::Ingest);
        }
    }
}

TEST_CASE(
    "process table: anybody may send datagrams, through two doors or up to four") {  // Contracts §5
    for (const bool more : {false, true}) {
        const auto plan =
            supervisor::planGroup(KmesBackend::Builtin, {.with_syslog = more, .with_statsd = more});
        std::set<std::string_view> doors;
        for (const auto& socket : plan.sockets) {
            if (socket.program == Program::Ingest) {
                CHECK(socket.type == SOCK_DGRAM);
                CHECK(socket.mode == 0666);
                doors.insert(socket.name);
            }
        }
        CHECK(doors.contains("log"));
        CHECK(doors.contains("metric"));
        CHECK(doors.contains("syslog") == more);
        CHECK(doors.contains("statsd") == more);
    }
}

TEST_CASE("process table: names of descriptors are unique within a program") {
    const auto plan =
        supervisor::planGroup(KmesBackend::Builtin, {.with_syslog = true, .with_statsd = true});
    std::set<std::pair<Program, std::string_view>> names;
    for (const auto& edge : plan.edges) {
        CHECK(names.emplace(edge.left, edge.left_name).second);
        CHECK(names.emplace(edge.right, edge.right_name).second);
    }
    for (const auto& socket : plan.sockets) {
        CHECK(names.emplace(socket.program, socket.name).second);
    }
}

TEST_CASE("process table: only kmesd may park, only queryd and the store see the group") {
    for (const auto& spec : supervisor::planGroup(KmesBackend::Builtin, {}).start_order) {
        CHECK(spec.may_park == (spec.program == Program::Kmesd));
        CHECK(spec.sees_group ==
              (spec.program == Program::Queryd || spec.program == Program::Store));
    }
}

TEST_CASE("kmes backend: auto takes the kernel's rings where it has them") {
    CHECK(supervisor::chooseBackend("auto", true).value() == KmesBackend::Kernel);
    CHECK(supervisor::chooseBackend("auto", false).value() == KmesBackend::Builtin);
    CHECK(supervisor::chooseBackend("builtin", true).value() == KmesBackend::Builtin);
    CHECK(supervisor::chooseBackend("socket", true).value() == KmesBackend::Socket);
    CHECK(supervisor::chooseBackend("kernel", true).value() == KmesBackend::Kernel);
    CHECK(supervisor::chooseBackend("kernel", false).error().kind == base::ErrorKind::Unsupported);
}
