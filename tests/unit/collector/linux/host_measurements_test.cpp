#include "collector/linux/host_measurements.h"

#include "common/base/text.h"
#include "common/wire/metric_labels.h"

#include <doctest/doctest.h>
#include <map>

namespace evd::collector {
namespace {

// name{canonical labels} -> value; also checks that the receiver would take each record.
std::map<std::string, double> reported(const HostSnapshot& now, const HostSnapshot* before) {
    std::map<std::string, double> all;
    reportHost(now, before, [&](const wire::MetricRecord& record) {
        std::vector<wire::MetricLabel> labels(record.labels.begin(), record.labels.end());
        std::string text;
        CAPTURE(record.name);
        CHECK(wire::writeCanonicalLabels(labels, text).ok());
        CHECK(record.timestamp_ns == now.timestamp_ns);
        CHECK((record.type == wire::MetricType::Gauge || record.value >= 0));
        CHECK(all.emplace(base::cat(record.name, "{", text, "}"), record.value).second);
    });
    return all;
}

HostSnapshot withCore(std::array<uint64_t, kCpuModes> ticks) {
    HostSnapshot snapshot;
    snapshot.timestamp_ns = 77;
    snapshot.stat.cores.push_back({3, ticks});
    return snapshot;
}

TEST_CASE("host measurements: an empty look tells nothing") {
    CHECK(reported({}, nullptr).empty());
}

TEST_CASE("host measurements: each core's seconds by mode, and its usage between two looks") {
    const auto before = withCore({100, 0, 0, 100, 0, 0, 0, 0});
    const auto now = withCore({160, 0, 0, 130, 10, 0, 0, 0});
    CHECK(reported(before, nullptr).count("cpu.usage{core=3}") == 0);
    const auto all = reported(now, &before);
    CHECK(all.at("cpu.seconds.total{core=3,mode=user}") == 1.6);
    CHECK(all.at("cpu.seconds.total{core=3,mode=idle}") == 1.3);
    CHECK(all.at("cpu.usage{core=3}") == 60);  // waiting for a disk is idle
    CHECK(all.size() == kCpuModes + 1);
}

TEST_CASE("host measurements: no usage when no time passed, went backwards, or the core is new") {
    const auto now = withCore({160, 0, 0, 130, 0, 0, 0, 0});
    CHECK(reported(now, &now).count("cpu.usage{core=3}") == 0);
    const auto later = withCore({170, 0, 0, 120, 0, 0, 0, 0});
    CHECK(reported(now, &later).count("cpu.usage{core=3}") == 0);
    const HostSnapshot without;
    CHECK(reported(now, &without).count("cpu.usage{core=3}") == 0);
}

TEST_CASE("host measurements: memory and swap, and how much of them is in use") {
    HostSnapshot now;
    now.memory = {{"MemTotal", 1000}, {"MemAvailable", 250}, {"SwapTotal", 0}, {"SwapFree", 0}};
    now.virtual_memory = {{"oom_kill", 2}, {"unknown", 3}};
    const auto all = reported(now, nullptr);
    CHECK(all.at("memory.total.bytes{}") == 1000);
    CHECK(all.at("memory.used.bytes{}") == 750);
    CHECK(all.at("memory.usage{}") == 75);
    CHECK(all.at("swap.usage{}") == 0);  // of none
    CHECK(all.at("memory.oom_kills.total{}") == 2);
    CHECK(all.count("memory.free.bytes{}") == 0);
}

TEST_CASE("host measurements: file systems as df shows them") {
    HostSnapshot now;
    now.file_systems.push_back({{"/dev/vda", "/", "ext4"}, 1000, 400, 300, 0, 0});
    now.file_systems.push_back({{"tmpfs", "/run", "tmpfs"}, 10, 20, 0, 5, 4});
    const auto all = reported(now, nullptr);
    CHECK(all.at("filesystem.used.bytes{device=/dev/vda,mount=/}") == 600);
    CHECK(all.at("filesystem.available.bytes{device=/dev/vda,mount=/}") == 300);
    CHECK(all.at("filesystem.usage{device=/dev/vda,mount=/}") ==
          doctest::Approx(66.67).epsilon(.01));
    CHECK(all.count("filesystem.inodes{device=/dev/vda,mount=/}") == 0);
    CHECK(all.at("filesystem.used.bytes{device=tmpfs,mount=/run}") == 0);  // never negative
    CHECK(all.at("filesystem.inodes.free{device=tmpfs,mount=/run}") == 4);
}

TEST_CASE("host measurements: disks, interfaces, load and pressure have their units") {
    HostSnapshot now;
    now.disks.push_back({"vda", 1, 2, 3000, 4, 5, 6, 7, 8000});
    now.interfaces.push_back({"eth0", {1, 2, 3, 4}, {5, 6, 7, 8}});
    now.load = LoadAverage{0.5, 1, 2, 300};
    now.pressure.push_back({"io", {{"some", 1.5, 2'000'000}}});
    now.stat.context_switches = 9;
    now.uptime_seconds = 12.5;
    now.processes = 44;
    const auto all = reported(now, nullptr);
    CHECK(all.at("disk.read.bytes.total{device=vda}") == 1024);
    CHECK(all.at("disk.read.seconds.total{device=vda}") == 3);
    CHECK(all.at("disk.written.bytes.total{device=vda}") == 2560);
    CHECK(all.at("disk.busy.seconds.total{device=vda}") == 8);
    CHECK(all.at("disk.in_flight{device=vda}") == 7);
    CHECK(all.at("network.received.bytes.total{interface=eth0}") == 1);
    CHECK(all.at("network.sent.dropped.total{interface=eth0}") == 8);
    CHECK(all.at("load.average{minutes=1}") == 0.5);
    CHECK(all.at("process.threads{}") == 300);
    CHECK(all.at("pressure.stalled.seconds.total{resource=io,tasks=some}") == 2);
    CHECK(all.at("pressure.stalled{resource=io,tasks=some}") == 1.5);
    CHECK(all.at("system.context_switches.total{}") == 9);
    CHECK(all.at("system.uptime.seconds{}") == 12.5);
    CHECK(all.at("process.count{}") == 44);
}

TEST_CASE("host measurements: names that people chose cannot break a label") {
    CHECK(labelText("a=b,c") == "a_b_c");
    CHECK(labelText("\xff") == "\xEF\xBF\xBD");
    CHECK(labelText(std::string(kHostLabelBytesMax, 'x')).size() == kHostLabelBytesMax);
    CHECK(labelText(std::string(kHostLabelBytesMax, 'x') + "y").size() == kHostLabelBytesMax);
    HostSnapshot now;
    now.interfaces.push_back({"veth=1,2", {1, 1, 1, 1}, {1, 1, 1, 1}});
    now.interfaces.push_back({"", {1, 1, 1, 1}, {1, 1, 1, 1}});
    const auto all = reported(now, nullptr);
    CHECK(all.count("network.sent.bytes.total{interface=veth_1_2}") == 1);
    CHECK(all.size() == 8);  // the nameless one is left out
}

}  // namespace
}  // namespace evd::collector
