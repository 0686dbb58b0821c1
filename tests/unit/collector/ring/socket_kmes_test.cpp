#include "collector/ring/socket_kmes.h"

#include "collector/ring/kernel_kmes.h"
#include "common/base/socket.h"
#include "common/base/thread.h"
#include "common/kmes/kmes_protocol.h"
#include "tests/support/test_ring.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <cerrno>
#include <memory>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
namespace kmes = evd::kmes;
using collector::SocketKmes;
using evd::test::TestRing;

namespace {

// Answers attach requests for the one ring it has, on a thread, until the other end has gone.
class FakeKmes {
  public:
    explicit FakeKmes(TestRing& ring) : ring_(ring) {
        auto pair = base::makeSocketPair(SOCK_SEQPACKET);
        REQUIRE(pair.ok());
        client = std::move(pair.value().left);
        server_ = std::move(pair.value().right);
        thread_ = std::make_unique<base::Thread>("fake-kmes", [this] { serve(); });
    }

    base::Fd client;

  private:
    void serve() {
        std::vector<uint8_t> buffer(64);
        while (true) {
            const auto packet = base::receivePacket(server_.get(), buffer);
            if (!packet.ok()) {
                return;
            }
            const auto request = kmes::parseRequest(std::span(buffer).first(packet.value().bytes));
            const auto attached = ring_.attach();
            if (std::get<kmes::AttachRequest>(request.value()).cpu > 0) {
                (void)base::sendPacket(server_.get(),
                                       kmes::encodeReply(kmes::AttachReply{-EINVAL, 0}));
                continue;
            }
            const int fds[] = {attached.memories.producer.get(), attached.memories.consumer.get()};
            (void)base::sendPacket(server_.get(),
                                   kmes::encodeReply(kmes::AttachReply{0, attached.capacity}), fds);
        }
    }

    TestRing& ring_;
    base::Fd server_;
    std::unique_ptr<base::Thread> thread_;
};

}  // namespace

TEST_CASE("socket kmes: a ring is attached, and its memory tells it from another") {
    TestRing ring;
    FakeKmes fake(ring);
    SocketKmes source(std::move(fake.client));
    ring.append(100);
    const auto found = collector::attachCurrent(source, 0);
    REQUIRE(found.ok());
    CHECK(found.value().mapping->writePosition() == 100);
    CHECK(found.value().generation == 1);
    CHECK(source.identify(0).value() == found.value().identity);
    ring.resize(2 * ring.capacity());
    CHECK_FALSE(source.identify(0).value() == found.value().identity);
    CHECK(collector::attachCurrent(source, 0).value().generation == 2);
}

// Ruling K3.
TEST_CASE("socket kmes: past the last cpu there is nothing") {
    TestRing ring;
    FakeKmes fake(ring);
    SocketKmes source(std::move(fake.client));
    const auto none = source.attach(1);
    REQUIRE_FALSE(none.ok());
    CHECK(none.error().kind == base::ErrorKind::NotFound);
    CHECK(source.attach(0).ok());
}

TEST_CASE("socket kmes: without its peer it is Gone, and good again with another connection") {
    TestRing ring;
    auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    REQUIRE(pair.ok());
    SocketKmes source(std::move(pair.value().left));
    CHECK(source.connectionCount() == 1);
    pair.value().right.reset();
    const auto gone = source.attach(0);
    REQUIRE_FALSE(gone.ok());
    CHECK(gone.error().kind == base::ErrorKind::Gone);
    FakeKmes fake(ring);
    source.replaceConnection(std::move(fake.client));
    CHECK(source.connectionCount() == 2);
    CHECK(source.attach(0).ok());
    source.replaceConnection(base::Fd());
    CHECK(source.attach(0).error().kind == base::ErrorKind::Gone);
}

TEST_CASE("socket kmes: an answer that came too late is not taken for the next one") {
    TestRing ring;
    auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    REQUIRE(pair.ok());
    const int server = pair.value().right.get();
    SocketKmes source(std::move(pair.value().left));
    const auto late = source.attach(5);
    REQUIRE_FALSE(late.ok());
    CHECK(late.error().kind == base::ErrorKind::Busy);
    // The answer to that, then the answer to the next request.
    REQUIRE(base::sendPacket(server, kmes::encodeReply(kmes::AttachReply{-EINVAL, 0})).ok());
    const int fds[] = {ring.memories().producer.get(), ring.memories().consumer.get()};
    REQUIRE(base::sendPacket(server, kmes::encodeReply(kmes::AttachReply{0, ring.capacity()}), fds)
                .ok());
    CHECK(source.attach(0).ok());
}

TEST_CASE("kernel kmes: a kernel without KMES says so") {
    if (!collector::KernelKmes::answers()) {
        collector::KernelKmes source;
        const auto none = source.attach(0);
        REQUIRE_FALSE(none.ok());
        CHECK(none.error().kind == base::ErrorKind::Unsupported);
        CHECK_FALSE(source.identify(0).ok());
    }
}
