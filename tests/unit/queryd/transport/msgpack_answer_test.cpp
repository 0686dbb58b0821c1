#include "queryd/transport/msgpack_answer.h"

#include "common/base/socket.h"
#include "common/base/thread.h"
#include "common/wire/frame.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_query_engine.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <thread>

using evd::base::ErrorKind;
using evd::base::Fd;
using evd::base::Result;
using evd::queryd::kFrameFillBytes;
using evd::queryd::MsgpackAnswer;
using evd::test::numberedRecord;

namespace {

struct Wire {
    explicit Wire(bool watch = false) {
        auto pair = evd::base::makeSocketPair(SOCK_STREAM);
        client = std::move(pair.value().left);
        answer = std::make_unique<MsgpackAnswer>(std::move(pair.value().right), watch, clock);
    }

    // The bodies of everything that was sent until the connection closed.
    std::vector<std::string> bodies() {
        evd::wire::FrameDecoder decoder(64 << 20);
        std::vector<std::string> found;
        while (true) {
            const auto room = decoder.room();
            const ssize_t received = ::recv(client.get(), room.data(), room.size(), 0);
            if (received <= 0) {
                CHECK_FALSE(decoder.isInsideFrame());
                return found;
            }
            decoder.received(static_cast<size_t>(received));
            for (auto body = decoder.next(); body.value(); body = decoder.next()) {
                found.emplace_back(body.value()->begin(), body.value()->end());
            }
        }
    }

    evd::test::FakeClock clock;
    std::atomic<bool> cancelled = false;
    Fd client;
    std::unique_ptr<MsgpackAnswer> answer;
};

std::string bodyOf(const std::vector<uint8_t>& frame) {
    return {frame.begin() + 4, frame.end()};
}

bool isOk(const std::string& body) {
    return body.find("records") != std::string::npos;
}

}  // namespace

// contracts §5
TEST_CASE("msgpack answer: an empty result is one ok message without records, then end") {
    Wire wire;
    wire.answer->accepted(false, wire.cancelled);
    REQUIRE(wire.answer->initialComplete().ok());
    wire.answer->finish({});
    wire.answer.reset();
    const auto bodies = wire.bodies();
    REQUIRE(bodies.size() == 2);
    CHECK(isOk(bodies[0]));
    CHECK(bodies[0].ends_with(std::string("\xDD\0\0\0\0", 5)));
    CHECK(bodies[1] == bodyOf(evd::queryd::endFrame()));
}

// Ruling Q12: EVENTS INDEX answers `end` alone.
TEST_CASE("msgpack answer: a command without a result answers end alone") {
    Wire wire;
    wire.answer->accepted(false, wire.cancelled);
    wire.answer->finish({});
    wire.answer.reset();
    CHECK(wire.bodies() == std::vector<std::string>{bodyOf(evd::queryd::endFrame())});
}

TEST_CASE("msgpack answer: records fill frames and never straddle them") {
    Wire wire;
    evd::base::Thread writer("writer", [&] {
        wire.answer->accepted(false, wire.cancelled);
        for (int i = 0; i < 500; ++i) {
            CHECK(wire.answer->record(numberedRecord(i, 1000)).ok());
        }
        CHECK(wire.answer->record(numberedRecord(500, 3 * kFrameFillBytes)).ok());
        CHECK(wire.answer->record(numberedRecord(501)).ok());
        CHECK(wire.answer->initialComplete().ok());
        wire.answer->finish({});
        wire.answer.reset();
    });
    const auto bodies = wire.bodies();
    writer.join();
    REQUIRE(bodies.size() == 8 + 1 + 1 + 1);
    CHECK(bodies[8].size() > 3 * kFrameFillBytes);
    CHECK(bodies[0].size() > kFrameFillBytes - 1100);
    CHECK(bodies[0].size() <= kFrameFillBytes);
}

TEST_CASE("msgpack answer: an error is told and voids what was not sent yet") {
    Wire wire;
    wire.answer->accepted(false, wire.cancelled);
    REQUIRE(wire.answer->record(numberedRecord(1)).ok());
    wire.answer->finish(evd::base::fail(ErrorKind::Gone, "the query timed out"));
    wire.answer.reset();
    CHECK(wire.bodies() ==
          std::vector<std::string>{bodyOf(evd::queryd::errorFrame("the query timed out"))});
}

TEST_CASE("msgpack answer: watch is told only when it was asked for and the query streams") {
    for (const bool watch : {false, true}) {
        for (const bool streaming : {false, true}) {
            Wire wire(watch);
            wire.answer->accepted(streaming, wire.cancelled);
            REQUIRE(wire.answer->initialComplete().ok());
            wire.answer.reset();
            const auto bodies = wire.bodies();
            CHECK(bodies.size() == (watch && streaming ? 2 : 1));
            CHECK((bodies.back() == bodyOf(evd::queryd::watchFrame())) == (watch && streaming));
        }
    }
}

TEST_CASE("msgpack answer: live records go out at each flush") {
    Wire wire;
    wire.answer->accepted(true, wire.cancelled);
    REQUIRE(wire.answer->initialComplete().ok());
    REQUIRE(wire.answer->record(numberedRecord(1)).ok());
    REQUIRE(wire.answer->flush().ok());
    REQUIRE(wire.answer->flush().ok());
    REQUIRE(wire.answer->record(numberedRecord(2)).ok());
    REQUIRE(wire.answer->flush().ok());
    wire.answer.reset();
    CHECK(wire.bodies().size() == 3);
}

// Spec §8.7: a full send buffer ends the streaming query at once, with an error.
TEST_CASE(
    "msgpack answer: a streaming client that does not read is cut without waiting and told why") {
    Wire wire;
    wire.answer->accepted(true, wire.cancelled);
    REQUIRE(wire.answer->initialComplete().ok());
    Result<void> sent;
    int flushed = 0;
    while (sent.ok()) {
        REQUIRE(flushed < 1000);
        REQUIRE(wire.answer->record(numberedRecord(flushed++, 10'000)).ok());
        sent = wire.answer->flush();
    }
    CHECK(sent.error().kind == ErrorKind::Busy);
    wire.answer->finish(sent);
    wire.answer.reset();
    const auto bodies = wire.bodies();
    CHECK(bodies.back().find("reads too slowly") != std::string::npos);
    CHECK(bodies.size() <= static_cast<size_t>(flushed) + 2);
}

TEST_CASE("msgpack answer: a reader that stands still is cut at the deadline and told why") {
    Wire wire;
    wire.answer->accepted(false, wire.cancelled);
    Result<void> sent;
    std::atomic<bool> cut = false;
    evd::base::Thread writer("writer", [&] {
        for (int i = 0; i < 100 && sent.ok(); ++i) {
            sent = wire.answer->record(numberedRecord(i, 10'000));
        }
        wire.answer->finish(sent);
        wire.answer.reset();
        cut = true;
    });
    while (!cut) {
        wire.clock.advanceMs(evd::queryd::kSendDeadlineMs);
        std::this_thread::yield();
    }
    writer.join();
    REQUIRE_FALSE(sent.ok());
    CHECK(sent.error().kind == ErrorKind::Busy);
    CHECK(wire.bodies().back().find("reads too slowly") != std::string::npos);
}

TEST_CASE("msgpack answer: a cancelled question stops waiting for its reader") {
    Wire wire;
    wire.cancelled = true;
    wire.answer->accepted(false, wire.cancelled);
    Result<void> sent;
    for (int i = 0; i < 100 && sent.ok(); ++i) {
        sent = wire.answer->record(numberedRecord(i, 10'000));
    }
    REQUIRE_FALSE(sent.ok());
    CHECK(sent.error().kind == ErrorKind::Gone);
}

TEST_CASE("msgpack answer: a client that has left ends the question") {
    Wire wire;
    wire.answer->accepted(false, wire.cancelled);
    wire.client.reset();
    const auto sent = wire.answer->initialComplete();
    REQUIRE_FALSE(sent.ok());
    CHECK(sent.error().kind == ErrorKind::Gone);
    wire.answer->finish({});
}
