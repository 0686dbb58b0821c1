#include "common/ipc/convert.h"

#include <capnp/message.h>
#include <doctest/doctest.h>

namespace ipc = evd::ipc;
namespace schema = evd::schema;
namespace wire = evd::wire;

TEST_CASE("convert: settings keep their names, kinds and values") {
    evd::config::Settings settings = evd::config::Settings::defaults();
    settings.set("MaxBatchSize", uint64_t{12345});
    settings.set("QuerySocketPath", std::string("/run/eventd/query.sock"));
    settings.set("Linux\\Sensors", std::vector<std::string>{"process", "kernel-log"});

    capnp::MallocMessageBuilder message;
    auto params = message.initRoot<schema::StartParams>();
    ipc::writeSettings(settings,
                       params.initSettings(static_cast<unsigned>(settings.values().size())));
    const auto back = ipc::readSettings(params.asReader().getSettings());
    REQUIRE(back.ok());
    CHECK(back.value() == settings);
}

TEST_CASE("convert: a setting that does not exist is refused") {
    capnp::MallocMessageBuilder message;
    auto settings = message.initRoot<schema::StartParams>().initSettings(1);
    settings[0].setName("NoSuchSetting");
    settings[0].setNumber(1);
    const auto back = ipc::readSettings(settings.asReader());
    REQUIRE(!back.ok());
    CHECK(back.error().kind == evd::base::ErrorKind::Invalid);
}

TEST_CASE("convert: gaps come back as they were, a reversed one is refused") {
    const std::vector<wire::Gap> gaps = {{4, 7, 100, 200}, {9, 9, 0, 300}};
    capnp::MallocMessageBuilder message;
    auto batch = message.initRoot<schema::EventBatch>();
    ipc::writeGaps(gaps, batch.initGaps(2));
    const auto back = ipc::readGaps(batch.asReader().getGaps());
    REQUIRE(back.ok());
    CHECK(back.value() == gaps);

    batch.getGaps()[1].setFirstMissing(10);
    CHECK(!ipc::readGaps(batch.asReader().getGaps()).ok());
}

TEST_CASE("convert: gaps up to the limit are read, one more is refused") {
    capnp::MallocMessageBuilder message;
    auto at_limit = message.initRoot<schema::EventBatch>().initGaps(ipc::kGapsPerBatchMax);
    CHECK(ipc::readGaps(at_limit.asReader()).ok());
    capnp::MallocMessageBuilder larger;
    auto above = larger.initRoot<schema::EventBatch>().initGaps(ipc::kGapsPerBatchMax + 1);
    CHECK(!ipc::readGaps(above.asReader()).ok());
}

TEST_CASE("convert: intervals come back merged, a reversed one is refused") {
    evd::base::IntervalSet set;
    set.add({1, 5});
    set.add({9, 12});
    capnp::MallocMessageBuilder message;
    auto holdings = message.initRoot<schema::CpuHoldings>();
    ipc::writeIntervals(set, holdings.initHeld(2));
    const auto back = ipc::readIntervals(holdings.asReader().getHeld());
    REQUIRE(back.ok());
    CHECK(back.value().intervals() == set.intervals());

    holdings.getHeld()[0].setFirst(6);
    CHECK(!ipc::readIntervals(holdings.asReader().getHeld()).ok());
}

TEST_CASE("convert: a process status keeps every field") {
    wire::ProcessStatus status;
    status.name = "store";
    status.state = "running";
    status.pid = 42;
    status.restarts = 3;
    status.started_wall_ns = 99;
    status.memory_bytes = 1 << 20;
    status.last_exit = "killed by signal 9";
    status.measures = {{"stored", 7}, {"lost", -1}};
    status.crashes = {{5, 41, "was killed by signal 11 (SEGV)", {"a", "b"}}, {6, 42, "how", {}}};
    status.settings = {{"StorageShards", "2", "4", ""}, {"MaxBatchSize", "100", "7", "too small"}};
    status.upgrade = "upgrade: complete";
    capnp::MallocMessageBuilder message;
    auto out = message.initRoot<schema::ProcessStatus>();
    ipc::writeProcess(status, out);
    const auto read = ipc::readProcess(out.asReader());
    REQUIRE(read.ok());
    const auto& back = read.value();
    CHECK(back.name == "store");
    CHECK(back.state == "running");
    CHECK(back.pid == 42);
    CHECK(back.restarts == 3);
    CHECK(back.started_wall_ns == 99);
    CHECK(back.memory_bytes == (1 << 20));
    CHECK(back.last_exit == "killed by signal 9");
    REQUIRE(back.measures.size() == 2);
    CHECK(back.measures[1].name == "lost");
    CHECK(back.measures[1].value == -1);
    CHECK(back.crashes == status.crashes);
    CHECK(back.settings == status.settings);
    CHECK(back.upgrade == "upgrade: complete");
}

TEST_CASE("convert: measures are bounded in number and in the length of a name") {
    const auto readsMany = [](size_t count) {
        capnp::MallocMessageBuilder message;
        auto out = message.initRoot<schema::ProcessStatus>();
        out.initMeasures(static_cast<unsigned>(count));
        return ipc::readMeasures(out.asReader().getMeasures()).ok() &&
               ipc::readProcess(out.asReader()).ok();
    };
    CHECK(readsMany(32'767));
    CHECK(readsMany(32'768));
    CHECK_FALSE(readsMany(32'769));
    const auto readsLong = [](size_t name_bytes) {
        capnp::MallocMessageBuilder message;
        auto out = message.initRoot<schema::ProcessStatus>();
        out.initMeasures(2)[1].setName(std::string(name_bytes, 'n').c_str());
        return ipc::readMeasures(out.asReader().getMeasures()).ok() &&
               ipc::readProcess(out.asReader()).ok();
    };
    CHECK(readsLong(127));
    CHECK(readsLong(128));
    CHECK_FALSE(readsLong(129));
}

TEST_CASE("convert: a GUID of another length is refused") {
    const std::vector<uint8_t> bytes(17);
    CHECK(ipc::readGuid(capnp::Data::Reader(bytes.data(), 16)).ok());
    CHECK(!ipc::readGuid(capnp::Data::Reader(bytes.data(), 15)).ok());
    CHECK(!ipc::readGuid(capnp::Data::Reader(bytes.data(), 17)).ok());
}

TEST_CASE("convert: descriptors come back as they were, unreadable and empty ones too") {
    namespace access = evd::access;
    access::SecurityPolicy policy;
    uint8_t number = 0;
    for (const access::ObjectKind kind : access::kObjectKinds) {
        policy.set(kind, {"*", {++number, 0, 255}, true});
        policy.set(kind, {"Kacs.x", {}, true});
        policy.set(kind, {"y", {number}, false});
    }
    capnp::MallocMessageBuilder message;
    auto params = message.initRoot<schema::StartParams>();
    ipc::writeSecurity(policy, params.initSecurity(static_cast<unsigned>(policy.ruleCount())));
    const auto back = ipc::readSecurity(params.asReader().getSecurity());
    REQUIRE(back.ok());
    CHECK(back.value() == policy);
}

TEST_CASE("convert: more descriptors than fit are refused") {
    namespace access = evd::access;
    capnp::MallocMessageBuilder message;
    auto params = message.initRoot<schema::StartParams>();
    params.initSecurity(access::SecurityPolicy::kRulesMax);
    CHECK(ipc::readSecurity(params.asReader().getSecurity()).ok());
    params.initSecurity(access::SecurityPolicy::kRulesMax + 1);
    CHECK_FALSE(ipc::readSecurity(params.asReader().getSecurity()).ok());
    params.initSecurity(1)[0].initDescriptor(access::SecurityPolicy::kBytesMax + 1);
    CHECK_FALSE(ipc::readSecurity(params.asReader().getSecurity()).ok());
}
