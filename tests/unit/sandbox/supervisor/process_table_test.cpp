#include "sandbox/supervisor/process_table.h"

#include <doctest/doctest.h>
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
    const auto plan = supervisor::planGroup(KmesBackend::Builtin, true);
    CHECK(startOrder(plan) == std::vector<Program>{Program::Store, Program::Queryd, Program::Kmesd,
                                                   Program::Collector, Program::Sensor});
    CHECK(plan.drain_order == std::vector<Program>{Program::Queryd, Program::Sensor, Program::Kmesd,
                                                   Program::Collector, Program::Store});
}

TEST_CASE("process table: kmesd runs only where it stands in for the kernel") {
    for (const auto backend : {KmesBackend::Kernel, KmesBackend::Socket}) {
        const auto plan = supervisor::planGroup(backend, true);
        CHECK(startOrder(plan) == std::vector<Program>{Program::Store, Program::Queryd,
                                                       Program::Collector, Program::Sensor});
        CHECK(plan.edges.size() == 2);
        CHECK(plan.sockets.size() == 3);
    }
}

TEST_CASE("process table: without sensors there is no sensor and no edge to it") {
    const auto plan = supervisor::planGroup(KmesBackend::Builtin, false);
    CHECK(plan.start_order.size() == 4);
    CHECK(plan.drain_order.size() == 4);
    CHECK(std::none_of(plan.edges.begin(), plan.edges.end(), [](const auto& edge) {
        return edge.left == Program::Sensor || edge.right == Program::Sensor;
    }));
}

TEST_CASE("process table: the store has edges to the collector and to queryd, which has no other") {
    const auto plan = supervisor::planGroup(KmesBackend::Builtin, true);
    for (const auto& edge : plan.edges) {
        if (edge.left == Program::Store || edge.right == Program::Store) {
            const bool is_known = isEdge(edge, Program::Store, Program::Collector) ||
                                  isEdge(edge, Program::Store, Program::Queryd);
            CHECK(is_known);
        } else {
            CHECK_FALSE(edge.left == Program::Queryd);
            CHECK_FALSE(edge.right == Program::Queryd);
        }
    }
}

TEST_CASE("process table: names of descriptors are unique within a program") {
    const auto plan = supervisor::planGroup(KmesBackend::Builtin, true);
    std::set<std::pair<Program, std::string_view>> names;
    for (const auto& edge : plan.edges) {
        CHECK(names.emplace(edge.left, edge.left_name).second);
        CHECK(names.emplace(edge.right, edge.right_name).second);
    }
    for (const auto& socket : plan.sockets) {
        CHECK(names.emplace(socket.program, socket.name).second);
    }
}

TEST_CASE("process table: only kmesd may park, only queryd sees the group") {
    for (const auto& spec : supervisor::planGroup(KmesBackend::Builtin, true).start_order) {
        CHECK(spec.may_park == (spec.program == Program::Kmesd));
        CHECK(spec.sees_group == (spec.program == Program::Queryd));
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
