#include "collector/linux/process_event.h"

#include "tests/unit/collector/linux/connector_bytes.h"

#include <doctest/doctest.h>

namespace evd::collector {
namespace {

using Kind = ProcessEvent::Kind;

TEST_CASE("process event: each kind is read with its fields") {
    auto events = parseConnectorBytes(connectorMessage(kForkWhat, {10, 10, 11, 11}));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == Kind::Fork);
    CHECK(events[0].pid == 11);
    CHECK(events[0].parent_pid == 10);

    events = parseConnectorBytes(connectorMessage(kExecWhat, {11, 11}));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == Kind::Exec);
    CHECK(events[0].pid == 11);

    events = parseConnectorBytes(connectorMessage(kExitWhat, {11, 11, 256, 17, 10, 10}));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == Kind::Exit);
    CHECK(events[0].wait_status == 256);

    events = parseConnectorBytes(connectorMessage(kUidWhat, {11, 11, 1000, 0}));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == Kind::Uid);
    CHECK(events[0].real_id == 1000);
    CHECK(events[0].effective_id == 0);

    CHECK(parseConnectorBytes(connectorMessage(kGidWhat, {11, 11, 5, 6}))[0].kind == Kind::Gid);
}

TEST_CASE("process event: a name fills its sixteen bytes or ends before") {
    auto events = parseConnectorBytes(connectorMessage(kCommWhat, {11, 11}, "worker"));
    REQUIRE(events.size() == 1);
    CHECK(events[0].name == "worker");
    events = parseConnectorBytes(connectorMessage(kCommWhat, {11, 11}, "0123456789abcdef"));
    CHECK(events[0].name == "0123456789abcdef");
}

TEST_CASE("process event: threads are no processes") {
    CHECK(parseConnectorBytes(connectorMessage(kForkWhat, {10, 10, 12, 10})).empty());
    CHECK(parseConnectorBytes(connectorMessage(kExitWhat, {12, 10, 0, 17})).empty());
    CHECK(parseConnectorBytes(connectorMessage(kExecWhat, {12, 10})).empty());
    CHECK(parseConnectorBytes(connectorMessage(kUidWhat, {12, 10, 0, 0})).empty());
    CHECK(parseConnectorBytes(connectorMessage(kCommWhat, {12, 10}, "t")).empty());
    // A thread that forks: the child is a process, its parent the thread's process.
    const auto events = parseConnectorBytes(connectorMessage(kForkWhat, {12, 10, 13, 13}));
    REQUIRE(events.size() == 1);
    CHECK(events[0].parent_pid == 10);
}

TEST_CASE("process event: answers to a subscription and unknown kinds are passed over") {
    CHECK(parseConnectorBytes(connectorMessage(0, {0, 0, 0, 0})).empty());
    CHECK(parseConnectorBytes(connectorMessage(0x40000000, {1, 1, 1, 1})).empty());
    CHECK(parseConnectorBytes(connectorMessage(kExecWhat, {0, 0})).empty());
    CHECK(parseConnectorBytes(connectorMessage(kExecWhat, {0xFFFFFFFF, 0xFFFFFFFF})).empty());
}

TEST_CASE("process event: several messages in one receive") {
    auto bytes = connectorMessage(kExecWhat, {11, 11});
    const auto second = connectorMessage(kCommWhat, {11, 11}, "x");
    bytes.insert(bytes.end(), second.begin(), second.end());
    CHECK(parseConnectorBytes(bytes).size() == 2);
}

TEST_CASE("process event: a message cut anywhere gives nothing") {
    for (const auto& whole : {connectorMessage(kForkWhat, {10, 10, 11, 11}),
                              connectorMessage(kExitWhat, {11, 11, 0, 17}),
                              connectorMessage(kCommWhat, {11, 11}, "worker")}) {
        for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
            CHECK(parseConnectorBytes(std::span(whole).first(bytes)).empty());
        }
    }
}

TEST_CASE("process event: lengths that lie are not followed") {
    auto bytes = connectorMessage(kExecWhat, {11, 11});
    bytes[0] = 0xFF;  // the netlink message claims more than there is
    bytes[1] = 0xFF;
    CHECK(parseConnectorBytes(bytes).empty());
    bytes = connectorMessage(kExecWhat, {11, 11});
    bytes[0] = 3;  // less than its own header
    CHECK(parseConnectorBytes(bytes).empty());
    bytes = connectorMessage(kExecWhat, {11, 11});
    bytes[16 + 16] = 0xFF;  // the connector message claims more than its netlink message
    CHECK(parseConnectorBytes(bytes).empty());
    bytes = connectorMessage(kExecWhat, {11, 11});
    bytes[16 + 16] = 20;  // and less than its event needs
    CHECK(parseConnectorBytes(bytes).empty());
    bytes = connectorMessage(kExecWhat, {11, 11});
    bytes[16] = 9;  // another connector
    CHECK(parseConnectorBytes(bytes).empty());
}

}  // namespace
}  // namespace evd::collector
