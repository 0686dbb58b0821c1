#include "sandbox/supervisor/fd_broker.h"

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/config/settings.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <algorithm>

namespace base = evd::base;
namespace supervisor = evd::supervisor;
using supervisor::FdBroker;
using supervisor::KmesBackend;
using supervisor::NamedFd;
using supervisor::Program;

namespace {

// The plan without listening sockets, which need a folder.
supervisor::GroupPlan plan() {
    auto all = supervisor::planGroup(KmesBackend::Builtin, {});
    all.sockets.clear();
    return all;
}

std::vector<NamedFd> born(FdBroker& broker, Program program) {
    auto fds = broker.descriptorsFor(program);
    REQUIRE(fds.ok());
    return std::move(fds).value();
}

base::Fd named(std::vector<NamedFd>& fds, std::string_view name) {
    const auto found = std::find_if(fds.begin(), fds.end(),
                                    [&](const NamedFd& entry) { return entry.name == name; });
    return found == fds.end() ? base::Fd() : std::move(found->fd);
}

bool connected(const base::Fd& one, const base::Fd& other) {
    char letter = 0;
    return ::send(one.get(), "x", 1, MSG_NOSIGNAL) == 1 &&
           ::recv(other.get(), &letter, 1, MSG_DONTWAIT) == 1;
}

base::Fd memory() {
    return base::Fd(::memfd_create("test", MFD_CLOEXEC));
}

}  // namespace

TEST_CASE("fd broker: an edge that is made anew waits for both its ends, and only they get it") {
    FdBroker broker(plan());
    (void)born(broker, Program::Store);
    (void)born(broker, Program::Collector);
    CHECK(broker.peerOf(Program::Collector, "store") == Program::Store);
    CHECK(broker.peerOf(Program::Store, "collector") == Program::Collector);
    CHECK_FALSE(broker.peerOf(Program::Collector, "collector"));
    (void)broker.takeWaiting(Program::Queryd);
    CHECK(broker.renew(Program::Collector, "store").ok());
    CHECK(broker.takeWaiting(Program::Queryd).empty());
    auto store = broker.takeWaiting(Program::Store);
    auto collector = broker.takeWaiting(Program::Collector);
    REQUIRE(store.size() == 1);
    REQUIRE(collector.size() == 1);
    CHECK(connected(named(store, "collector"), named(collector, "store")));
    CHECK(broker.renew(Program::Collector, "nobody").ok());
    CHECK(broker.takeWaiting(Program::Store).empty());
}

TEST_CASE("fd broker: two programs that are born one after the other share an edge") {
    FdBroker broker(plan());
    auto store = born(broker, Program::Store);
    REQUIRE(store.size() == 3);  // the others lead to queryd and ingest
    auto collector = born(broker, Program::Collector);
    CHECK(collector.size() == 2);
    CHECK(connected(named(store, "collector"), named(collector, "store")));
    CHECK(broker.takeWaiting(Program::Store).empty());
    CHECK(broker.takeWaiting(Program::Collector).empty());
}

TEST_CASE("fd broker: a program that is born again has a new edge, whose end waits for its peer") {
    FdBroker broker(plan());
    { auto first = born(broker, Program::Store); }
    { auto collector = born(broker, Program::Collector); }
    auto store = born(broker, Program::Store);
    auto waiting = broker.takeWaiting(Program::Collector);
    REQUIRE(waiting.size() == 1);
    CHECK(connected(named(store, "collector"), named(waiting, "store")));
    CHECK(broker.takeWaiting(Program::Collector).empty());
}

TEST_CASE("fd broker: both ends born again, in either order, meet on one edge") {
    for (const bool store_first : {true, false}) {
        FdBroker broker(plan());
        (void)born(broker, Program::Store);
        (void)born(broker, Program::Collector);
        std::vector<NamedFd> store;
        std::vector<NamedFd> collector;
        if (store_first) {
            store = born(broker, Program::Store);
            collector = born(broker, Program::Collector);
        } else {
            collector = born(broker, Program::Collector);
            store = born(broker, Program::Store);
        }
        CHECK(connected(named(store, "collector"), named(collector, "store")));
    }
}

TEST_CASE("fd broker: an end that died undelivered is replaced") {
    FdBroker broker(plan());
    (void)born(broker, Program::Store);  // dies before the collector is born
    auto store = born(broker, Program::Store);
    auto collector = born(broker, Program::Collector);
    CHECK(connected(named(store, "collector"), named(collector, "store")));
}

TEST_CASE("fd broker: what is parked comes with every birth until it is dropped") {  // Ruling K6
    FdBroker broker(plan());
    REQUIRE(broker.park(Program::Kmesd, "ring.0", memory()).ok());
    REQUIRE(broker.park(Program::Kmesd, "ring.1", memory()).ok());
    for (int birth = 0; birth < 2; ++birth) {
        auto kmesd = born(broker, Program::Kmesd);
        CHECK(named(kmesd, "ring.0").valid());
        CHECK(named(kmesd, "ring.1").valid());
    }
    auto sensor = born(broker, Program::Sensor);
    CHECK_FALSE(named(sensor, "ring.0").valid());
    broker.unpark(Program::Sensor, "ring");
    CHECK(broker.parkedCount() == 2);
    broker.unpark(Program::Kmesd, "ring.0");
    CHECK(broker.parkedCount() == 1);
    broker.unpark(Program::Kmesd, "");
    CHECK(broker.parkedCount() == 0);
}

TEST_CASE("fd broker: parking under the same name replaces") {
    FdBroker broker(plan());
    REQUIRE(broker.park(Program::Kmesd, "ring.0", memory()).ok());
    REQUIRE(broker.park(Program::Kmesd, "ring.0", memory()).ok());
    CHECK(broker.parkedCount() == 1);
}

TEST_CASE("fd broker: names are bounded") {
    FdBroker broker(plan());
    const std::string longest(supervisor::kParkedNameBytesMax, 'n');
    CHECK(broker.park(Program::Kmesd, longest, memory()).ok());
    CHECK_FALSE(broker.park(Program::Kmesd, longest + "n", memory()).ok());
    CHECK_FALSE(broker.park(Program::Kmesd, "", memory()).ok());
}

TEST_CASE("fd broker: as many rings as there may be are kept while they are resized") {
    const auto* rings = evd::config::findSettingSpec("Linux\\KmesCpus");
    REQUIRE(rings != nullptr);
    FdBroker broker(plan());
    REQUIRE(broker.park(Program::Kmesd, "ring.counters", base::Fd()).ok());
    for (int serial = 1; serial <= 2; ++serial) {
        for (uint64_t cpu = 0; cpu < rings->max; ++cpu) {
            for (const char* part : {"producer", "consumer"}) {
                const auto name = base::cat("ring.", cpu, ".", serial, ".", part);
                REQUIRE(broker.park(Program::Kmesd, name, base::Fd()).ok());
            }
        }
    }
}

TEST_CASE("fd broker: a full parking place refuses a new name, not an old one") {
    FdBroker broker(plan());
    for (size_t i = 0; i < supervisor::kParkedFdsMax; ++i) {
        REQUIRE(broker.park(Program::Kmesd, base::cat("ring.", i), base::Fd()).ok());
    }
    const auto refused = broker.park(Program::Kmesd, "one more", base::Fd());
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == base::ErrorKind::Busy);
    CHECK(broker.park(Program::Kmesd, "ring.0", base::Fd()).ok());
}

TEST_CASE("fd broker: datagrams wait for a program between its lives, and are refused after it") {
    const evd::test::TemporaryDirectory folder;
    auto all = supervisor::planGroup(KmesBackend::Builtin, {.with_statsd = true});
    evd::config::SocketPaths paths;
    std::erase_if(all.sockets,
                  [](const auto& socket) { return socket.program != Program::Ingest; });
    paths.log = folder / "log.sock";
    paths.metric = folder / "metric.sock";
    paths.statsd = folder / "statsd.sock";
    FdBroker broker(all);
    REQUIRE(broker.listen(paths).ok());
    const auto sender = base::connectUnix(paths.log, SOCK_DGRAM);
    REQUIRE(sender.ok());
    CHECK(base::sendPacket(sender.value().get(), base::asBytes("x")).ok());
    {
        auto ingest = born(broker, Program::Ingest);
        CHECK(named(ingest, "statsd").valid());
        CHECK_FALSE(named(ingest, "syslog").valid());
        const base::Fd log = named(ingest, "log");
        char letter = 0;
        CHECK(::recv(log.get(), &letter, 1, MSG_DONTWAIT) == 1);
    }
    CHECK(base::sendPacket(sender.value().get(), base::asBytes("x")).ok());
    broker.closeSockets(Program::Ingest);
    CHECK_FALSE(base::sendPacket(sender.value().get(), base::asBytes("x")).ok());
    CHECK_FALSE(base::connectUnix(paths.metric, SOCK_DGRAM).ok());
    auto successor = born(broker, Program::Ingest);
    CHECK_FALSE(named(successor, "log").valid());
}
