#include "collector/kmesd/kmes_server.h"

#include "common/base/socket.h"
#include "common/kmes/emit_client.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/collector/kmesd/fake_resolver.h"
#include "tests/unit/collector/kmesd/ring_fixture.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>

namespace evd::collector {
namespace {

const std::vector<uint8_t> kPayload = {0x81, 0xA1, 'n', 0x01};
constexpr uid_t kOwner = 4711;
constexpr gid_t kEmitGroup = 815;

// The event loop's part of a resize, done at once on the server's thread or left to the test.
class FakeLoop final : public ServerEvents {
  public:
    void onResizeWanted(uint64_t capacity) override {
        const std::lock_guard lock(mutex_);
        wanted_ = capacity;
        changed_.notify_all();
    }
    void onUnneeded(std::vector<std::string> prefixes) override {
        const std::lock_guard lock(mutex_);
        unneeded_ = std::move(prefixes);
    }
    uint64_t waitWanted() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&]() { return wanted_ != 0; });
        return std::exchange(wanted_, 0);
    }
    std::vector<std::string> unneeded() {
        const std::lock_guard lock(mutex_);
        return unneeded_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t wanted_ = 0;
    std::vector<std::string> unneeded_;
};

// As long as it lives this process gets no further descriptor.
class NoMoreFds {
  public:
    NoMoreFds() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        rlimit lowest = before_;
        lowest.rlim_cur = 0;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &lowest) == 0);
    }
    ~NoMoreFds() { CHECK(::setrlimit(RLIMIT_NOFILE, &before_) == 0); }
    NoMoreFds(const NoMoreFds&) = delete;
    NoMoreFds& operator=(const NoMoreFds&) = delete;

  private:
    rlimit before_{};
};

struct ServerFixture {
    RingMachine machine;
    std::unique_ptr<RingSet> rings = machine.startKmesd();
    test::TemporaryDirectory folder;
    std::string path = folder.path() + "/kmes.sock";
    test::FakeClock clock;
    FakeResolver resolver;
    FakeLoop loop;
    KmesServer server{{*rings, resolver, clock, loop},
                      {.rule = {kOwner, {kEmitGroup}},
                       .limits = {},
                       .connections_max = 5,
                       .connections_per_uid_max = 2}};

    ServerFixture() {
        auto listener = base::listenUnix(path, SOCK_SEQPACKET, 0600, 16);
        REQUIRE(listener.ok());
        REQUIRE(server.start().ok());
        server.setListener(std::move(listener).value());
    }

    base::Fd connect() {
        auto fd = base::connectUnix(path, SOCK_SEQPACKET);
        REQUIRE(fd.ok());
        return std::move(fd).value();
    }
    // Whether the server answers there; false when it closed the connection.
    static bool isServed(const base::Fd& fd) {
        const std::vector<uint8_t> nonsense = {0};
        std::vector<uint8_t> buffer(64);
        return base::sendPacket(fd.get(), nonsense).ok() &&
               base::receivePacket(fd.get(), buffer).ok();
    }
    static kmes::EmitReply ask(const base::Fd& fd, const std::vector<uint8_t>& packet) {
        REQUIRE(base::sendPacket(fd.get(), packet).ok());
        return answer(fd);
    }
    static kmes::EmitReply answer(const base::Fd& fd) {
        std::vector<uint8_t> buffer(64);
        const auto reply = base::receivePacket(fd.get(), buffer);
        REQUIRE(reply.ok());
        const auto parsed = kmes::parseEmitReply(std::span(buffer).first(reply.value().bytes));
        REQUIRE(parsed.ok());
        return parsed.value();
    }
};

TEST_CASE_FIXTURE(ServerFixture,
                  "server: events emitted through the client arrive in an attached ring") {
    auto client = kmes::makeSocketEmitClient(connect());
    for (int i = 0; i < 3; ++i) {
        REQUIRE(client->emit({"t", kPayload}).ok());
    }
    const std::vector<kmes::EmitEntry> batch(100, {"t", kPayload});
    CHECK(client->emitBatch(batch).emitted == 100);
    const base::Fd consumer = connect();
    std::vector<uint64_t> found;
    for (uint32_t cpu = 0; cpu < 2; ++cpu) {
        auto attached = kmes::attachRing(consumer.get(), cpu);
        REQUIRE(attached.ok());
        CHECK(attached.value().capacity == machine.capacity);
        const auto& memories = attached.value().memories;
        const auto ring = kmes::RingMapping::mapMemories(
            memories.producer.get(), memories.consumer.get(), static_cast<uint16_t>(cpu),
            attached.value().capacity, kmes::RingAccess::Consumer);
        REQUIRE(ring.ok());
        const auto sequences = sequencesOf(*ring.value());
        found.insert(found.end(), sequences.begin(), sequences.end());
    }
    CHECK(found == upTo(1, 103));
    CHECK(kmes::attachRing(consumer.get(), 2).error().kind == base::ErrorKind::NotFound);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "server: connections are spread over the rings, each stays in its own") {
    const base::Fd first = connect();
    const base::Fd second = connect();
    const auto packet = kmes::encodeEmit({"t", kPayload});
    for (int i = 0; i < 3; ++i) {
        CHECK(ask(first, packet).status == 0);
        CHECK(ask(second, packet).status == 0);
    }
    CHECK(sequencesOf(*RingMachine::attach(*rings, 0)) == upTo(1, 3));
    CHECK(sequencesOf(*RingMachine::attach(*rings, 1)) == upTo(1, 3));
}

TEST_CASE_FIXTURE(ServerFixture, "server: rights are those of the peer at connect time") {
    resolver.be(2000, kEmitGroup);
    const base::Fd member = connect();
    CHECK(ask(member, kmes::encodeEmit({"t", kPayload})).status == 0);
    resolver.be(2000, 1);
    const base::Fd stranger = connect();
    CHECK(ask(stranger, kmes::encodeEmit({"t", kPayload})).status == -EPERM);
    CHECK(kmes::attachRing(stranger.get(), 0).error().kind == base::ErrorKind::Denied);
    CHECK(kmes::attachRing(member.get(), 0).error().kind == base::ErrorKind::Denied);
    resolver.be(kOwner, 1);
    CHECK(kmes::attachRing(connect().get(), 0).ok());
}

TEST_CASE_FIXTURE(ServerFixture,
                  "server: a malformed packet is answered and the connection goes on") {
    const base::Fd fd = connect();
    CHECK(ask(fd, {1, 2, 3}).status == -EINVAL);
    CHECK(ask(fd, std::vector<uint8_t>(5000, 0xFF)).status == -EINVAL);
    CHECK(ask(fd, kmes::encodeEmit({"t", kPayload})).status == 0);
    CHECK(server.refusals().invalid == 2);
}

TEST_CASE_FIXTURE(ServerFixture, "server: descriptors that come along are dropped") {
    const base::Fd fd = connect();
    const int gift = fd.get();
    REQUIRE(base::sendPacket(fd.get(), kmes::encodeEmit({"t", kPayload}), {&gift, 1}).ok());
    CHECK(answer(fd).status == 0);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "server: one user has only so many connections, others still get in") {
    resolver.be(2000, kEmitGroup);
    const base::Fd first = connect();
    CHECK(isServed(first));
    const base::Fd second = connect();
    CHECK(isServed(second));
    CHECK_FALSE(isServed(connect()));
    resolver.be(2001, kEmitGroup);
    const base::Fd other = connect();
    CHECK(isServed(other));
    resolver.be(0, 0);
    const base::Fd root_first = connect();
    CHECK(isServed(root_first));
    const base::Fd root_second = connect();
    CHECK(isServed(root_second));
    CHECK_FALSE(isServed(connect()));  // five in all
    CHECK(server.figures().connections_refused == 2);
    auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    server.addPeer(std::move(pair.value().left));
    CHECK(isServed(pair.value().right));  // the group's own are not counted
}

TEST_CASE_FIXTURE(ServerFixture,
                  "server: a program of the group that emits has no business with the rings") {
    resolver.be(0, 0);
    auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    server.addPeer(std::move(pair.value().left), {false, true, false, {}});
    const base::Fd& peer = pair.value().right;
    CHECK(isServed(peer));
    const auto ring = kmes::attachRing(peer.get(), 0);
    REQUIRE_FALSE(ring.ok());
    CHECK(ring.error().kind == base::ErrorKind::Denied);
}

TEST_CASE_FIXTURE(ServerFixture, "server: a connection that ends makes room for another") {
    resolver.be(2000, kEmitGroup);
    const base::Fd stays = connect();
    CHECK(isServed(stays));
    {
        const base::Fd goes = connect();
        CHECK(isServed(goes));
    }
    // The server notices the end no later than it accepts the next one, or the one after it.
    bool served = false;
    for (int i = 0; i < 50 && !served; ++i) {
        const base::Fd next = connect();
        served = isServed(next);
    }
    CHECK(served);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "server: whoever found no descriptor free is accepted while others emit") {
    const base::Fd busy = connect();
    CHECK(isServed(busy));
    const base::Fd waiting(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    REQUIRE(waiting.valid());
    {
        const NoMoreFds no_more;
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        REQUIRE(::connect(waiting.get(), reinterpret_cast<const sockaddr*>(&address),
                          sizeof(address)) == 0);
        // The second time in a round after the one that could not accept, whatever came first
        // there.
        CHECK(isServed(busy));
        CHECK(isServed(busy));
    }
    REQUIRE(base::sendPacket(waiting.get(), std::vector<uint8_t>{0}).ok());
    pollfd answered{waiting.get(), POLLIN, 0};
    CHECK(::poll(&answered, 1, 0) == 0);
    clock.advanceMs(100);
    for (int i = 0; i < 10 && answered.revents == 0; ++i) {
        CHECK(isServed(busy));
        (void)::poll(&answered, 1, 0);
    }
    CHECK(answered.revents == POLLIN);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "server: a peer that takes no answers is disconnected, others are served") {
    const base::Fd slow = connect();
    int small = 4096;
    REQUIRE(::setsockopt(slow.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
    const std::vector<uint8_t> nonsense = {0};
    bool sending = true;
    for (int i = 0; i < 100'000 && sending; ++i) {
        sending = base::sendPacket(slow.get(), nonsense).ok();
    }
    CHECK_FALSE(sending);
    CHECK(server.figures().slow_peers == 1);
    CHECK(isServed(connect()));
}

TEST_CASE_FIXTURE(ServerFixture, "server: a resize is answered when the rings are swapped") {
    const base::Fd fd = connect();
    const base::Fd other = connect();
    const auto before = RingMachine::attach(*rings, 0);
    REQUIRE(base::sendPacket(fd.get(), kmes::encodeResize(131'072)).ok());
    CHECK(loop.waitWanted() == 131'072);
    CHECK(ask(other, kmes::encodeResize(131'072)).status == -EAGAIN);
    CHECK(ask(other, kmes::encodeEmit({"t", kPayload})).status == 0);  // meanwhile
    server.commitResize(rings->prepareResize(131'072).value());
    CHECK(answer(fd).status == 0);
    CHECK(before->generation() == 2);
    CHECK(loop.unneeded() == std::vector<std::string>{"ring.0.1.", "ring.1.1."});
    CHECK(ask(other, kmes::encodeEmit({"t", kPayload})).status == 0);
    CHECK(kmes::attachRing(fd.get(), 0).value().capacity == 131'072);
    REQUIRE(base::sendPacket(fd.get(), kmes::encodeResize(65'536)).ok());
    CHECK(loop.waitWanted() == 65'536);
    server.failResize(ENOMEM);
    CHECK(answer(fd).status == -ENOMEM);
    CHECK(RingMachine::attach(*rings, 0)->generation() == 2);
}

TEST_CASE_FIXTURE(ServerFixture, "server: a resize whose requester has left still takes place") {
    {
        const base::Fd fd = connect();
        REQUIRE(base::sendPacket(fd.get(), kmes::encodeResize(131'072)).ok());
        CHECK(loop.waitWanted() == 131'072);
    }
    server.commitResize(rings->prepareResize(131'072).value());
    const base::Fd next = connect();
    CHECK(kmes::attachRing(next.get(), 0).value().capacity == 131'072);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "server: while draining nobody new is accepted, who is there may attach") {
    const base::Fd fd = connect();
    CHECK(ask(fd, kmes::encodeEmit({"t", kPayload})).status == 0);
    server.drain();
    CHECK(ask(fd, {9, 9}).status == -EINVAL);  // behind the drain in the server's order
    CHECK(ask(fd, kmes::encodeEmit({"t", kPayload})).status == -EAGAIN);
    CHECK(kmes::attachRing(fd.get(), 0).ok());
    CHECK_FALSE(base::connectUnix(path, SOCK_SEQPACKET).ok());
}

}  // namespace
}  // namespace evd::collector
