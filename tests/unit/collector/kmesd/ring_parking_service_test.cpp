#include "collector/kmesd/ring_parking_service.h"

#include "common/base/socket.h"
#include "common/kmes/kmes_protocol.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/collector/kmesd/fake_resolver.h"
#include "tests/unit/collector/kmesd/ring_fixture.h"

#include <kj/async-io.h>
#include <poll.h>
#include <sys/socket.h>

namespace evd::collector {
namespace {

constexpr uint64_t kLarger = 2 * kmes::kRingCapacityMin;

// A supervisor that keeps names in place of descriptors, and has room for so many.
class FakeSupervisor final : public ipc::SupervisorLink {
  public:
    kj::Promise<void> park(std::string name, base::Fd) override {
        if (names.size() >= names_max) {
            return ipc::toException(base::fail(base::ErrorKind::Busy, "no more are kept"));
        }
        names.push_back(std::move(name));
        return kj::READY_NOW;
    }
    kj::Promise<void> unpark(std::string prefix) override {
        if (refuses_unpark) {
            return ipc::toException(base::fail(base::ErrorKind::Busy, "the test says no"));
        }
        std::erase_if(names, [&](const auto& name) { return name.starts_with(prefix); });
        return kj::READY_NOW;
    }
    kj::Promise<std::vector<wire::ProcessStatus>> groupStatus() override {
        return std::vector<wire::ProcessStatus>();
    }

    std::vector<std::string> names;
    size_t names_max = SIZE_MAX;
    bool refuses_unpark = false;
};

// The server on its thread, the parking on a loop that the test turns.
struct ParkingFixture {
    kj::AsyncIoContext io = kj::setupAsyncIo();
    RingMachine machine;
    std::unique_ptr<RingSet> rings = machine.startKmesd();
    test::FakeClock clock;
    FakeResolver resolver;
    FakeSupervisor supervisor;
    RingParking parking{supervisor, *rings};
    KmesServer server{{*rings, resolver, clock, parking}, {.rule = {}, .limits = {}}};
    base::Fd peer;

    ParkingFixture() {
        auto pair = base::makeSocketPair(SOCK_SEQPACKET);
        REQUIRE(pair.ok());
        peer = std::move(pair.value().right);
        parking.begin(server, io.unixEventPort);
        REQUIRE(server.start().ok());
        server.addPeer(std::move(pair.value().left));
    }
    ~ParkingFixture() { parking.stop(); }

    // The status with which a resize is answered; 1 when it is not.
    int32_t resize(uint64_t capacity) {
        REQUIRE(base::sendPacket(peer.get(), kmes::encodeResize(capacity)).ok());
        pollfd answered{peer.get(), POLLIN, 0};
        for (int turn = 0; turn < 2000 && ::poll(&answered, 1, 1) == 0; ++turn) {
            io.waitScope.poll();
        }
        if (answered.revents == 0) {
            return 1;
        }
        std::vector<uint8_t> buffer(64);
        const auto reply = base::receivePacket(peer.get(), buffer);
        REQUIRE(reply.ok());
        const auto parsed = kmes::parseEmitReply(std::span(buffer).first(reply.value().bytes));
        REQUIRE(parsed.ok());
        return parsed.value().status;
    }
    // What is noted is worked off.
    void settle() {
        for (int turn = 0; turn < 50; ++turn) {
            io.waitScope.poll();
        }
    }
};

using Names = std::vector<std::string>;

TEST_CASE_FIXTURE(ParkingFixture, "ring parking: a resize is answered when its memories are kept") {
    CHECK(resize(kLarger) == 0);
    CHECK(rings->attachment(0).capacity == kLarger);
    CHECK(supervisor.names == Names{"ring.0.2.producer", "ring.0.2.consumer", "ring.1.2.producer",
                                    "ring.1.2.consumer"});
    CHECK(resize(2 * kLarger) == 0);
    settle();
    CHECK(supervisor.names == Names{"ring.0.3.producer", "ring.0.3.consumer", "ring.1.3.producer",
                                    "ring.1.3.consumer"});
}

TEST_CASE_FIXTURE(ParkingFixture,
                  "ring parking: a resize that cannot be kept whole is refused, and nothing of it "
                  "stays; the next one is made") {
    supervisor.names_max = 3;
    CHECK(resize(kLarger) == -EIO);
    settle();
    CHECK(supervisor.names.empty());
    CHECK(rings->attachment(0).capacity == machine.capacity);
    supervisor.names_max = SIZE_MAX;
    CHECK(resize(kLarger) == 0);
    CHECK(rings->attachment(0).capacity == kLarger);
}

TEST_CASE_FIXTURE(ParkingFixture,
                  "ring parking: memories that the supervisor does not let go of keep nobody from "
                  "resizing") {
    supervisor.refuses_unpark = true;
    CHECK(resize(kLarger) == 0);
    settle();
    CHECK(resize(2 * kLarger) == 0);
    CHECK(rings->attachment(0).capacity == 2 * kLarger);
}

}  // namespace
}  // namespace evd::collector
