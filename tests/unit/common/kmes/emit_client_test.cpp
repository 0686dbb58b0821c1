#include "common/kmes/emit_client.h"

#include "common/base/socket.h"
#include "common/base/thread.h"
#include "common/kmes/kmes_protocol.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace base = evd::base;
namespace kmes = evd::kmes;
using kmes::EmitEntry;

namespace {

// Stands in for KMES: answers every packet with what the judge says, on a thread of its own, until
// the client has gone.
class FakeKmes {
  public:
    using Judge = std::function<kmes::EmitReply(const kmes::KmesRequest&)>;

    explicit FakeKmes(Judge judge) : judge_(std::move(judge)) {
        auto pair = base::makeSocketPair(SOCK_SEQPACKET);
        REQUIRE(pair.ok());
        client_ = kmes::makeSocketEmitClient(std::move(pair.value().left));
        server_ = std::move(pair.value().right);
        thread_ = std::make_unique<base::Thread>("fake-kmes", [this] { serve(); });
    }
    ~FakeKmes() {
        client_.reset();
        thread_->join();
    }

    kmes::EmitClient& client() { return *client_; }

  private:
    void serve() {
        std::vector<uint8_t> buffer(kmes::kKmesPacketBytesMax);
        while (true) {
            const auto packet = base::receivePacket(server_.get(), buffer);
            if (!packet.ok()) {
                return;
            }
            const auto request = kmes::parseRequest(std::span(buffer).first(packet.value().bytes));
            const auto reply = request.ok() ? judge_(request.value()) : kmes::EmitReply{-EINVAL, 0};
            (void)base::sendPacket(server_.get(), kmes::encodeReply(reply));
        }
    }

    Judge judge_;
    std::unique_ptr<kmes::EmitClient> client_;
    base::Fd server_;
    std::unique_ptr<base::Thread> thread_;
};

kmes::EmitReply acceptAll(const kmes::KmesRequest& request) {
    const auto* batch = std::get_if<kmes::EmitBatchRequest>(&request);
    return {0, batch != nullptr ? static_cast<uint32_t>(batch->entries.size()) : 0};
}

}  // namespace

TEST_CASE("emit client: an event and a batch are emitted") {
    FakeKmes fake(acceptAll);
    const std::vector<uint8_t> payload = {0xC0};
    CHECK(fake.client().emit({"a.b", payload}).ok());
    const std::vector<EmitEntry> entries(256, EmitEntry{"a.b", payload});
    const auto outcome = fake.client().emitBatch(entries);
    CHECK(outcome.emitted == 256);
    CHECK_FALSE(outcome.error.has_value());
    CHECK(fake.client().emitBatch({}).emitted == 0);
}

TEST_CASE("emit client: the refusal of KMES comes back with its meaning") {
    FakeKmes fake([](const kmes::KmesRequest& request) -> kmes::EmitReply {
        return std::holds_alternative<kmes::EmitRequest>(request) ? kmes::EmitReply{-EPERM, 0}
                                                                  : kmes::EmitReply{-EAGAIN, 0};
    });
    const auto denied = fake.client().emit({"a", {}});
    REQUIRE_FALSE(denied.ok());
    CHECK(denied.error().kind == base::ErrorKind::Denied);
    const std::vector<EmitEntry> entries(2, EmitEntry{"a", {}});
    const auto busy = fake.client().emitBatch(entries);
    CHECK(busy.emitted == 0);
    REQUIRE(busy.error.has_value());
    CHECK(busy.error->kind == base::ErrorKind::Busy);
}

TEST_CASE("emit client: a batch that stops in the middle says how far it came") {
    FakeKmes fake([](const kmes::KmesRequest&) -> kmes::EmitReply { return {-EINVAL, 3}; });
    const std::vector<EmitEntry> entries(10, EmitEntry{"a", {}});
    const auto outcome = fake.client().emitBatch(entries);
    CHECK(outcome.emitted == 3);
    CHECK(outcome.error.has_value());
}

TEST_CASE(
    "emit client: a success that leaves out a part of the batch is none, and counts what came") {
    FakeKmes fake([](const kmes::KmesRequest&) -> kmes::EmitReply { return {0, 3}; });
    const auto short_of = fake.client().emitBatch(std::vector<EmitEntry>(4, EmitEntry{"a", {}}));
    CHECK(short_of.emitted == 3);
    CHECK(short_of.error.has_value());
    // More than was asked for is not believed either.
    const auto too_much = fake.client().emitBatch(std::vector<EmitEntry>(2, EmitEntry{"a", {}}));
    CHECK(too_much.emitted == 2);
    CHECK(too_much.error.has_value());
}

TEST_CASE("emit client: a batch too large for one packet is sent in several") {
    size_t packets = 0;
    FakeKmes fake([&](const kmes::KmesRequest& request) {
        ++packets;
        return acceptAll(request);
    });
    const std::vector<uint8_t> payload(60'000, 0xC0);
    const std::vector<EmitEntry> entries(200, EmitEntry{"a", payload});
    const auto outcome = fake.client().emitBatch(entries);
    CHECK(outcome.emitted == 200);
    CHECK_FALSE(outcome.error.has_value());
    CHECK(packets > 1);
    CHECK(packets <= 200);
}

TEST_CASE("emit client: lengths that no packet can say stop a batch where they stand") {
    FakeKmes fake(acceptAll);
    const std::string long_type(65536, 't');
    CHECK_FALSE(fake.client().emit({long_type, {}}).ok());
    const std::vector<uint8_t> huge(kmes::kEmitEventBytesMax);
    const std::vector<EmitEntry> entries = {{"a", {}}, {"b", {}}, {"c", huge}, {"d", {}}};
    const auto outcome = fake.client().emitBatch(entries);
    CHECK(outcome.emitted == 2);
    REQUIRE(outcome.error.has_value());
    CHECK(outcome.error->kind == base::ErrorKind::Invalid);
}

TEST_CASE("emit client: an event that is too large for the socket's buffer is refused alone") {
    auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    REQUIRE(pair.ok());
    const int fd = pair.value().left.get();
    const auto client = kmes::makeSocketEmitClient(std::move(pair.value().left));
    const int bytes = 4096;
    REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) == 0);
    const std::vector<uint8_t> payload(100'000, 0xC0);
    const auto refused = client->emit({"a", payload});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == base::ErrorKind::Invalid);
    const std::vector<EmitEntry> entries(1, EmitEntry{"a", payload});
    const auto outcome = client->emitBatch(entries);
    CHECK(outcome.emitted == 0);
    REQUIRE(outcome.error.has_value());
    CHECK(outcome.error->kind == base::ErrorKind::Invalid);
}

TEST_CASE("emit client: a connection that has ended is Gone") {
    auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    REQUIRE(pair.ok());
    const auto client = kmes::makeSocketEmitClient(std::move(pair.value().left));
    pair.value().right.reset();
    const auto emitted = client->emit({"a", {}});
    REQUIRE_FALSE(emitted.ok());
    CHECK(emitted.error().kind == base::ErrorKind::Gone);
    const std::vector<EmitEntry> entries(2, EmitEntry{"a", {}});
    CHECK(client->emitBatch(entries).error.has_value());
}

TEST_CASE("emit client: without a kernel that has KMES and without a socket there is nobody") {
    if (!kmes::kernelHasKmes()) {
        const auto client = kmes::connectEmitClient("/nonexistent/kmes.sock");
        REQUIRE_FALSE(client.ok());
        CHECK(client.error().kind == base::ErrorKind::NotFound);
        const auto refused = kmes::makeKernelEmitClient()->emit({"a", {}});
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().kind == base::ErrorKind::Unsupported);
    }
}
