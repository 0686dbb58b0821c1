// The limits of a connection over a real socket: a peer without manners against a server of ours,
// at, below and above each.

#include "common/ipc/peer_connection.h"

#include "common/base/socket.h"
#include "common/ipc/fd_carrier.h"
#include "common/ipc/rare_line.h"
#include "tests/support/raw_rpc_peer.h"

#include <capnp/ingest.capnp.h>
#include <capnp/store_control.capnp.h>
#include <capnp/supervise.capnp.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <memory>
#include <string>
#include <vector>

namespace evd::ipc {
namespace {

using schema::StoreControl;
using Content = capnp::AnyPointer::Builder;

constexpr uint64_t kControl = capnp::typeId<StoreControl>();
constexpr uint16_t kCountFields = 0;
constexpr uint16_t kIndex = 1;
constexpr uint16_t kStableId = 3;
// Small enough to be reached by hand.
constexpr DoorLimits kSmall = {
    .name = "a test",
    .received_bytes_max = 4096,
    .sent_bytes_max = 4096,
    .nesting_max = 8,
    .capabilities_max = 2,
    .held_calls_max = 6,
    .unanswered_calls_max = 3,
    .unsent_bytes_max = 4096,
};

// What the served end has seen.
struct Seen {
    std::vector<size_t> index_bytes;
    size_t counts = 0;
    size_t stable_ids = 0;
    std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;  // index() calls, when they wait
    bool index_waits = false;
};

class ControlDouble final : public StoreControl::Server {
  public:
    explicit ControlDouble(Seen& seen) : seen_(seen) {}
    kj::Promise<void> countFields(CountFieldsContext context) override {
        for (const auto field : context.getParams().getFields()) {
            seen_.counts += field.getField().size() > 0 ? 1 : 0;
        }
        return kj::READY_NOW;
    }
    kj::Promise<void> index(IndexContext context) override {
        seen_.index_bytes.push_back(context.getParams().getField().size());
        if (!seen_.index_waits) {
            return kj::READY_NOW;
        }
        auto pair = kj::newPromiseAndFulfiller<void>();
        seen_.waiting.push_back(kj::mv(pair.fulfiller));
        return kj::mv(pair.promise);
    }
    kj::Promise<void> stableId(StableIdContext context) override {
        ++seen_.stable_ids;
        context.getResults().setId(7);
        return kj::READY_NOW;
    }

  private:
    Seen& seen_;
};

struct Fixture {
    explicit Fixture(const DoorLimits& limits = kSmall) : io(kj::setupAsyncIo()) {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        peer = std::make_unique<test::RawRpcPeer>(std::move(pair.value().right));
        served = std::make_unique<PeerConnection>(
            adoptSocket(std::move(pair.value().left), *io.lowLevelProvider),
            kj::heap<ControlDouble>(seen), limits,
            [this](std::string_view reason) { ended.emplace_back(reason); });
        peer->bootstrap(kBootstrap);
        turn();
        peer->finish(kBootstrap, /*releases=*/false);
        turn();
        REQUIRE(read() == 1);
    }
    void turn() { io.waitScope.poll(); }
    // Answers of the server that have come.
    size_t read() {
        size_t answers = 0;
        is_open = peer->read();
        peer->forEachReceived([&](capnp::rpc::Message::Reader message) {
            answers += message.isReturn() ? 1 : 0;
            if (message.isReturn() && message.getReturn().isException()) {
                const auto reason = message.getReturn().getException().getReason();
                failures.emplace_back(reason.begin(), reason.size());
            }
        });
        return answers;
    }
    // An index() whose message has so many bytes, without the frame.
    void index(uint32_t question, size_t message_bytes = 256) {
        last_message_bytes = peer->call(question, 0, kControl, kIndex, [&](Content content) {
            auto params = content.initAs<StoreControl::IndexParams>();
            params.initField(static_cast<unsigned>(message_bytes - kIndexCallBytes));
        });
        turn();
    }
    void stableId(uint32_t question) {
        peer->call(question, 0, kControl, kStableId,
                   [](Content content) { content.initAs<StoreControl::StableIdParams>(); });
    }
    bool isOpen() {
        turn();
        read();
        return is_open;
    }

    static constexpr uint32_t kBootstrap = 1000;
    // All of an index() call but its text, with the text's closing zero.
    static constexpr size_t kIndexCallBytes = 121;

    kj::AsyncIoContext io;
    Seen seen;
    std::vector<std::string> ended;
    std::vector<std::string> failures;
    bool is_open = true;
    size_t last_message_bytes = 0;
    std::unique_ptr<test::RawRpcPeer> peer;
    std::unique_ptr<PeerConnection> served;
};

TEST_CASE("peer connection: a message as long as may be is taken, a longer one ends it") {
    Fixture fixture;
    fixture.index(1, kSmall.received_bytes_max - 8);
    fixture.index(2, kSmall.received_bytes_max);
    CHECK(fixture.last_message_bytes == kSmall.received_bytes_max);
    CHECK_MESSAGE(fixture.isOpen(), (fixture.ended.empty() ? "" : fixture.ended[0]));
    CHECK(fixture.seen.index_bytes ==
          std::vector<size_t>{kSmall.received_bytes_max - 8 - Fixture::kIndexCallBytes,
                              kSmall.received_bytes_max - Fixture::kIndexCallBytes});
    CHECK(fixture.ended.empty());
    fixture.index(3, kSmall.received_bytes_max + 8);
    CHECK_FALSE(fixture.isOpen());
    CHECK(fixture.seen.index_bytes.size() == 2);
    REQUIRE(fixture.ended.size() == 1);
    CHECK(fixture.ended[0].find("a message of 4104 bytes, at most 4096") != std::string::npos);
}

TEST_CASE("peer connection: a length is refused before anything of the message has come") {
    Fixture fixture;
    // One segment of 2 GiB, of which nothing follows.
    const std::vector<uint8_t> head = {0, 0, 0, 0, 0, 0, 0, 0x10};
    fixture.peer->sendBytes(head);
    CHECK_FALSE(fixture.isOpen());
    CHECK(fixture.ended.size() == 1);
}

TEST_CASE("peer connection: more capabilities in one message than may be end it") {
    const auto withCapabilities = [](Fixture& fixture, uint32_t question, unsigned count) {
        fixture.peer->call(
            question, 0, kControl, kStableId,
            [](Content content) { content.initAs<StoreControl::StableIdParams>(); }, count);
    };
    Fixture fixture;
    withCapabilities(fixture, 1, kSmall.capabilities_max - 1);
    withCapabilities(fixture, 2, kSmall.capabilities_max);
    CHECK(fixture.isOpen());
    CHECK(fixture.seen.stable_ids == 2);
    withCapabilities(fixture, 3, kSmall.capabilities_max + 1);
    CHECK_FALSE(fixture.isOpen());
    CHECK(fixture.seen.stable_ids == 2);
    REQUIRE(fixture.ended.size() == 1);
    CHECK(fixture.ended[0].find("3 capabilities, at most 2") != std::string::npos);
}

TEST_CASE("peer connection: a capability that is only promised ends it, with Resolve or without") {
    for (const bool resolves : {false, true}) {
        Fixture fixture;
        capnp::MallocMessageBuilder message;
        auto root = message.initRoot<capnp::rpc::Message>();
        if (resolves) {
            auto resolve = root.initResolve();
            resolve.setPromiseId(9);
            resolve.initCap().setSenderHosted(9);
        } else {
            auto call = root.initCall();
            call.initTarget().setImportedCap(0);
            call.setInterfaceId(kControl);
            call.setMethodId(kStableId);
            call.initParams().initCapTable(1)[0].setSenderPromise(9);
        }
        fixture.peer->send(message);
        CHECK_FALSE(fixture.isOpen());
        REQUIRE(fixture.ended.size() == 1);
        CHECK(fixture.ended[0].find("only promised") != std::string::npos);
        CHECK(fixture.seen.stable_ids == 0);
    }
}

TEST_CASE("peer connection: who gives answers back may call for ever, who keeps them may not") {
    Fixture fixture;
    for (uint32_t i = 0; i < 5 * kSmall.held_calls_max; ++i) {
        fixture.index(i);
        fixture.peer->finish(i);
        REQUIRE(fixture.isOpen());
    }
    for (uint32_t i = 0; i < kSmall.held_calls_max; ++i) {
        fixture.index(i);
        REQUIRE(fixture.isOpen());
    }
    CHECK(fixture.ended.empty());
    fixture.index(kSmall.held_calls_max);
    CHECK_FALSE(fixture.isOpen());
    REQUIRE(fixture.ended.size() == 1);
    CHECK(fixture.ended[0].find("more than 6 calls are held") != std::string::npos);
}

TEST_CASE("peer connection: with enough calls unanswered no more are read until one is answered") {
    Fixture fixture;
    fixture.seen.index_waits = true;
    for (uint32_t i = 0; i < kSmall.unanswered_calls_max + 2; ++i) {
        fixture.index(i);
    }
    CHECK(fixture.seen.index_bytes.size() == kSmall.unanswered_calls_max);
    fixture.seen.waiting[0]->fulfill();
    fixture.turn();
    CHECK(fixture.seen.index_bytes.size() == kSmall.unanswered_calls_max + 1);
    for (size_t i = 1; i < fixture.seen.waiting.size(); ++i) {
        fixture.seen.waiting[i]->fulfill();
        fixture.turn();
    }
    CHECK(fixture.seen.index_bytes.size() == kSmall.unanswered_calls_max + 2);
    CHECK(fixture.isOpen());
    CHECK(fixture.ended.empty());
}

TEST_CASE("peer connection: who does not read its answers is not listened to until it does") {
    DoorLimits limits = kSmall;
    limits.unanswered_calls_max = 1'000'000;
    limits.held_calls_max = 1'000'000;
    Fixture fixture(limits);
    // More answers than the socket and the queue hold.
    constexpr uint32_t kCalls = 60'000;
    for (uint32_t i = 0; i < kCalls; ++i) {
        fixture.stableId(i);
        fixture.turn();
    }
    const size_t while_deaf = fixture.seen.stable_ids;
    CHECK(while_deaf < kCalls);
    size_t answers = 0;
    for (size_t last = 0; answers < kCalls;) {
        fixture.peer->flush();
        fixture.turn();
        answers += fixture.read();
        REQUIRE_MESSAGE(answers > last, answers);
        last = answers;
    }
    CHECK(fixture.seen.stable_ids == kCalls);
    CHECK(fixture.ended.empty());
}

TEST_CASE("peer connection: a hang-up is seen while an answer waits to be read") {
    Fixture fixture;
    bool gone = false;
    auto watch = fixture.served->onDisconnect().then([&] { gone = true; }).eagerlyEvaluate(nullptr);
    for (uint32_t i = 0; i < kSmall.held_calls_max; ++i) {
        fixture.stableId(i);
    }
    fixture.turn();
    CHECK_FALSE(gone);
    fixture.peer->close();
    fixture.turn();
    CHECK(gone);
    CHECK(fixture.ended.empty());  // that is no breach of anything
}

// countFields() of which all fields are the same text: one in the message, many to a reader.
void countSame(Fixture& fixture, uint32_t question, unsigned count) {
    constexpr unsigned kTextBytes = 1000;
    fixture.peer->call(question, 0, kControl, kCountFields, [&](Content content) {
        auto fields = content.initAs<StoreControl::CountFieldsParams>().initFields(count);
        fields[0].initField(kTextBytes);
        // A FieldCount is a word of data and a pointer; a pointer's offset counts from its end.
        const auto pointerOf = [&](unsigned i) {
            auto data = capnp::AnyStruct::Builder(fields[i]).getDataSection();
            return reinterpret_cast<int64_t*>(data.begin()) + 1;
        };
        const int64_t first = *pointerOf(0);
        for (unsigned i = 1; i < count; ++i) {
            const int64_t behind = (pointerOf(i) - pointerOf(0)) * 4;
            *pointerOf(i) = static_cast<int64_t>(
                (static_cast<uint64_t>(first) & 0xFFFFFFFF00000000U) |
                static_cast<uint32_t>(static_cast<int32_t>(first) - static_cast<int32_t>(behind)));
        }
    });
    fixture.turn();
    fixture.peer->finish(question);
}

TEST_CASE("peer connection: bytes read again and again fail the call, not the connection") {
    Fixture fixture;
    countSame(fixture, 1, 1);
    countSame(fixture, 2, 4);
    CHECK(fixture.seen.counts == 5);
    countSame(fixture, 3, 5);
    CHECK(fixture.isOpen());
    CHECK(fixture.seen.counts == 9);  // the fifth could not be read
    REQUIRE(fixture.failures.size() == 1);
    CHECK(fixture.failures[0].find("traversal limit") != std::string::npos);
    CHECK(fixture.ended.empty());
    countSame(fixture, 4, 2);
    CHECK(fixture.seen.counts == 11);
}

TEST_CASE("peer connection: what nests deeper than may be fails its call") {
    constexpr int kDeepestOfCountFields = 6;
    for (const int nesting_max :
         {kDeepestOfCountFields - 1, kDeepestOfCountFields, kDeepestOfCountFields + 1}) {
        CAPTURE(nesting_max);
        DoorLimits limits = kSmall;
        limits.nesting_max = nesting_max;
        Fixture fixture(limits);
        countSame(fixture, 1, 1);
        CHECK(fixture.isOpen());
        CHECK(fixture.seen.counts == (nesting_max < kDeepestOfCountFields ? 0 : 1));
        CHECK(fixture.failures.size() == (nesting_max < kDeepestOfCountFields ? 1 : 0));
    }
}

TEST_CASE("peer connection: a descriptor comes only where descriptors may come") {
    for (const uint32_t descriptors_max : {0U, 1U}) {
        DoorLimits limits = kSmall;
        limits.descriptors_max = descriptors_max;
        auto io = kj::setupAsyncIo();
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        class Parking final : public schema::Supervisor::Server {
          public:
            explicit Parking(std::string& outcome) : outcome_(outcome) {}
            kj::Promise<void> park(ParkContext context) override {
                return receiveFd(context.getParams().getFd()).then([this](base::Fd) {
                    outcome_ = "parked";
                });
            }

          private:
            std::string& outcome_;
        };
        std::string outcome = "nothing";
        PeerConnection served(adoptSocketForFds(std::move(pair.value().left), *io.lowLevelProvider),
                              kj::heap<Parking>(outcome), limits);
        DoorLimits asking = kSmall;  // takes none itself
        PeerConnection asks(adoptSocketForFds(std::move(pair.value().right), *io.lowLevelProvider),
                            asking);
        auto request = asks.bootstrap().castAs<schema::Supervisor>().parkRequest();
        request.setName("x");
        request.setFd(carryFd(base::Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))));
        request.send().ignoreResult().then([] {}, [](kj::Exception&&) {}).wait(io.waitScope);
        CHECK(outcome == (descriptors_max == 0 ? "nothing" : "parked"));
    }
}

TEST_CASE("peer connection: the largest event goes from a collector to a store, more does not") {
    class Sink final : public schema::EventSink::Server {
      public:
        explicit Sink(size_t& bytes) : bytes_(bytes) {}
        kj::Promise<void> write(WriteContext context) override {
            bytes_ = context.getParams().getBatch().getEvents().size();
            return kj::READY_NOW;
        }

      private:
        size_t& bytes_;
    };
    auto io = kj::setupAsyncIo();
    auto pair = base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    size_t received = 0;
    PeerConnection served(adoptSocket(std::move(pair.value().left), *io.lowLevelProvider),
                          kj::heap<Sink>(received), kEventIngestDoor);
    PeerConnection asks(adoptSocket(std::move(pair.value().right), *io.lowLevelProvider),
                        kEventIngestCaller);
    const auto write = [&](size_t bytes) {
        auto request = asks.bootstrap().castAs<schema::EventSink>().writeRequest();
        request.initBatch().initEvents(static_cast<unsigned>(bytes));
        return request.send().ignoreResult().then([] { return true; },
                                                  [](kj::Exception&&) { return false; });
    };
    constexpr size_t kLargestEventBytes = 128 * kMiB;
    CHECK(write(kLargestEventBytes).wait(io.waitScope));
    CHECK(received == kLargestEventBytes);
    CHECK_FALSE(write(kEventBatchBytesMax).wait(io.waitScope));
    CHECK(write(1).wait(io.waitScope));  // not even sent, so the connection is there
}

TEST_CASE("rare line: the first is written, then one a minute that counts the others") {
    RareLine line;
    CHECK(line.pass(5) == 0);
    CHECK_FALSE(line.pass(5));
    CHECK_FALSE(line.pass(5 + kRareLineIntervalNs - 1));
    CHECK(line.pass(5 + kRareLineIntervalNs) == 2);
    CHECK_FALSE(line.pass(6 + kRareLineIntervalNs));
}

}  // namespace
}  // namespace evd::ipc
