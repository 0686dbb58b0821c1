// Bytes from strangers at every door of a running group: each is refused or dropped, nobody dies,
// and honest clients are served all the while.

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/ipc/door_limits.h"
#include "tests/support/emitter.h"
#include "tests/support/group.h"
#include "tests/support/raw_query.h"
#include "tests/support/raw_rpc_peer.h"
#include "tests/support/wait_until.h"

#include <capnp/query.capnp.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <cerrno>
#include <cstring>
#include <random>

namespace test = evd::test;
using Bytes = std::vector<uint8_t>;

namespace {

constexpr int kRounds = 300;
constexpr size_t kNoiseBytesMax = 2000;
constexpr uint32_t kBootstrapQuestion = 1'000'000;
constexpr int kAnswerMs = 30'000;  // a bound, not a promise

Bytes noise(std::mt19937_64& random) {
    Bytes bytes(random() % kNoiseBytesMax);
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(random());
    }
    return bytes;
}

Bytes withLength(uint32_t length, const Bytes& body) {
    Bytes frame(sizeof(length) + body.size());
    std::memcpy(frame.data(), &length, sizeof(length));
    if (!body.empty()) {
        std::memcpy(frame.data() + sizeof(length), body.data(), body.size());
    }
    return frame;
}

void throwAt(const std::string& path, int type, const Bytes& bytes) {
    const auto connection = evd::base::connectUnix(path, type);
    REQUIRE(connection.ok());
    // The door may close in the middle of it; that is one of the right answers.
    (void)::send(connection.value().get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// Everybody who lived before lives still, and a question is answered.
struct Unharmed {
    explicit Unharmed(const test::StateFolder& folder, const test::Group& watched)
        : state(folder), group(watched), before(watched.children()) {}
    ~Unharmed() {
        CHECK(group.children() == before);
        test::RawQuery query(state.below("run/query.sock"));
        CHECK(query.countRecords("EVENTS TAKE 1", kAnswerMs).value_or(0) == 1);
        test::Emitter emitter(state.below("run/kmes.sock"), "doors.event", 10);
        CHECK(emitter.emit(1, 1).acknowledged == 1);
    }
    const test::StateFolder& state;
    const test::Group& group;
    std::vector<std::pair<std::string, pid_t>> before;
};

}  // namespace

TEST_CASE("doors: noise at every socket harms nobody") {
    const uint64_t seed = std::random_device{}();
    MESSAGE(evd::base::cat("seed ", seed));
    std::mt19937_64 random(seed);
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const Unharmed unharmed(state, group);
    for (int i = 0; i < kRounds; ++i) {
        throwAt(state.below("run/query.sock"), SOCK_STREAM, noise(random));
        throwAt(state.below("run/rpc.sock"), SOCK_STREAM, noise(random));
        throwAt(state.below("run/kmes.sock"), SOCK_SEQPACKET, noise(random));
        throwAt(state.below("run/log.sock"), SOCK_DGRAM, noise(random));
        throwAt(state.below("run/metric.sock"), SOCK_DGRAM, noise(random));
    }
}

TEST_CASE("doors: the query socket says what is wrong with a request") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const Unharmed unharmed(state, group);
    const std::string path = state.below("run/query.sock");
    const auto answerTo = [&](const Bytes& bytes) {
        test::RawQuery query(path);
        REQUIRE(query.sendBytes(bytes));
        const auto message = query.receive(kAnswerMs);
        REQUIRE(message.has_value());
        CHECK(message->status == "error");
        CHECK(!message->error.empty());
        CHECK(query.isHungUpOn(kAnswerMs));
        return message->error;
    };
    CHECK(answerTo(withLength(0xFFFFFFFF, {})).find("65536") != std::string::npos);
    CHECK(answerTo(withLength(65537, {})).find("65536") != std::string::npos);
    answerTo(withLength(1, {0xC1}));
    answerTo(withLength(1, {0x80}));             // an empty map: no query
    answerTo(withLength(3, {0x81, 0xA1, 'q'}));  // a map that is cut short
    answerTo(withLength(0, {}));
    test::RawQuery bad_text(path);
    REQUIRE(bad_text.send("EVENTS WERE a == 1"));
    const auto message = bad_text.receive(kAnswerMs);
    REQUIRE(message.has_value());
    CHECK(message->error.find("WHERE") != std::string::npos);
    CHECK(message->error.find("column 13") != std::string::npos);
}

namespace {

constexpr uint64_t kSession = capnp::typeId<evd::schema::Session>();
constexpr uint16_t kStatus = 1;

test::RawRpcPeer knockAtRpc(const test::StateFolder& state) {
    auto connection = evd::base::connectUnix(state.below("run/rpc.sock"), SOCK_STREAM);
    REQUIRE(connection.ok());
    test::RawRpcPeer peer(std::move(connection).value());
    peer.bootstrap(kBootstrapQuestion);
    return peer;
}

// status(), with so much in its message that nobody asked for.
void askStatus(test::RawRpcPeer& peer, uint32_t question, unsigned capabilities = 0,
               unsigned bytes = 0) {
    peer.call(
        question, 0, kSession, kStatus,
        [bytes](capnp::AnyPointer::Builder content) { content.initAs<capnp::Data>(bytes); },
        capabilities);
}

// Whether it is hung up on before it has so many answers.
bool isHungUpOn(test::RawRpcPeer& peer, size_t answers_wanted) {
    for (size_t answers = 0; answers < answers_wanted;) {
        pollfd waiting{peer.fd(), POLLIN, 0};
        REQUIRE(::poll(&waiting, 1, kAnswerMs) == 1);
        if (!peer.flush() || !peer.read()) {
            return true;
        }
        peer.forEachReceived(
            [&](capnp::rpc::Message::Reader message) { answers += message.isReturn() ? 1 : 0; });
    }
    return false;
}

}  // namespace

TEST_CASE("doors: an rpc client that asks for too much loses its connection, the others go on") {
    namespace ipc = evd::ipc;
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const Unharmed unharmed(state, group);
    auto honest = knockAtRpc(state);
    CHECK_FALSE(isHungUpOn(honest, 1));

    constexpr unsigned kCallBytes = 128;
    auto long_message = knockAtRpc(state);
    askStatus(long_message, 1, 0, ipc::kQueryDoor.received_bytes_max - kCallBytes);
    CHECK_FALSE(isHungUpOn(long_message, 2));
    askStatus(long_message, 2, 0, ipc::kQueryDoor.received_bytes_max);
    CHECK(isHungUpOn(long_message, 1));

    auto capabilities = knockAtRpc(state);
    askStatus(capabilities, 1, ipc::kQueryDoor.capabilities_max);
    CHECK_FALSE(isHungUpOn(capabilities, 2));
    askStatus(capabilities, 2, ipc::kQueryDoor.capabilities_max + 1);
    CHECK(isHungUpOn(capabilities, 1));

    auto held = knockAtRpc(state);
    for (uint32_t i = 1; i < ipc::kQueryDoor.held_calls_max; ++i) {
        askStatus(held, i);
    }
    CHECK_FALSE(isHungUpOn(held, ipc::kQueryDoor.held_calls_max));
    askStatus(held, ipc::kQueryDoor.held_calls_max);
    CHECK(isHungUpOn(held, 1));

    askStatus(honest, 1);
    CHECK_FALSE(isHungUpOn(honest, 1));
    // Three were ended, and one line is enough.
    const std::string line = "the connection of an rpc client is ended: ";
    REQUIRE(group.waitForStderr(line, test::kStopSeconds));
    const std::string log = group.stderrText();
    CHECK(log.find(line) == log.rfind(line));
}

TEST_CASE("doors: connections that say nothing do not keep others out") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const Unharmed unharmed(state, group);
    std::vector<test::RawQuery> silent;
    for (int i = 0; i < 200; ++i) {
        silent.emplace_back(state.below("run/query.sock"));
    }
    test::RawQuery honest(state.below("run/query.sock"));
    CHECK(honest.countRecords("EVENTS TAKE 1", kAnswerMs).value_or(0) == 1);
}

TEST_CASE("doors: a stream that is not read is cut, the others go on") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const Unharmed unharmed(state, group);
    test::RawQuery stuck(state.below("run/query.sock"));
    REQUIRE(stuck.send("EVENTS doors.flood STREAM"));
    test::Emitter emitter(state.below("run/kmes.sock"), "doors.flood", 1000);
    for (uint64_t first = 1; first < 20'000; first += 100) {
        CHECK(emitter.emit(first, 100).acknowledged == 100);
        test::pauseMs(1);
    }
    // What was sent can still be read; then comes the error or the end, never a hang.
    auto message = stuck.receive(kAnswerMs);
    while (message && message->status != "error") {
        message = stuck.receive(kAnswerMs);
    }
    CHECK(stuck.isHungUpOn(kAnswerMs));
}

TEST_CASE("doors: kmesd answers malformed packets with -EINVAL and keeps the connection") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const Unharmed unharmed(state, group);
    const auto connection = evd::base::connectUnix(state.below("run/kmes.sock"), SOCK_SEQPACKET);
    REQUIRE(connection.ok());
    const int fd = connection.value().get();
    const auto statusOf = [&](const Bytes& packet) {
        REQUIRE(evd::base::sendPacket(fd, packet).ok());
        uint8_t reply[64];
        const auto received = evd::base::receivePacket(fd, reply);
        REQUIRE(received.ok());
        int32_t status = 0;
        std::memcpy(&status, reply, sizeof(status));
        return status;
    };
    CHECK(statusOf({1}) == -EINVAL);
    CHECK(statusOf({9, 0, 0, 0}) == -EINVAL);
    CHECK(statusOf({2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'a'}) == -EINVAL);        // payload missing
    CHECK(statusOf({2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xC0}) == -EINVAL);       // no type
    CHECK(statusOf({2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'a', 0xC1}) == -EINVAL);  // bad msgpack
    CHECK(statusOf({2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0xC0}) == -EINVAL);  // bad UTF-8
    CHECK(statusOf({2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'a', 0xC0}) == 0);
    CHECK(statusOf({3, 0, 0, 0, 0, 0, 0, 0}) == -EINVAL);        // an empty batch
    CHECK(statusOf({3, 0, 0, 0, 1, 1, 0, 0}) == -EINVAL);        // 257 entries
    CHECK(statusOf({1, 0, 0, 0, 0xFF, 0xFF, 0, 0}) == -EINVAL);  // past the last cpu
}
