// The msgpack client against the real listener, and against servers that break the protocol.

#include "queryd/client/query_client.h"

#include "common/base/socket.h"
#include "common/base/thread.h"
#include "common/wire/frame.h"
#include "queryd/transport/msgpack_answer.h"
#include "queryd/transport/response_frames.h"
#include "tests/support/fake_query_engine.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

using evd::base::ErrorKind;
using evd::base::Fd;
using evd::base::Result;
using evd::test::numberedRecord;

namespace {

class Collected final : public evd::queryd::AnswerReader {
  public:
    Result<void> record(std::span<const uint8_t> map) override {
        records.emplace_back(map.begin(), map.end());
        return {};
    }
    Result<void> initialComplete() override {
        records_before_watch = records.size();
        return {};
    }
    Result<void> burstComplete() override { return {}; }

    std::vector<std::vector<uint8_t>> records;
    size_t records_before_watch = 0;
};

// Asks once; the server side is `serve`, given its end of the connection.
Result<void> ask(Collected& collected, const std::function<void(Fd)>& serve) {
    auto pair = evd::base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    auto client = evd::queryd::makeQueryClient(std::move(pair.value().left));
    evd::base::Thread server("server", [&] { serve(std::move(pair.value().right)); });
    return client->ask("EVENTS", {}, collected);
}

void sendFrame(const Fd& connection, std::span<const uint8_t> frame) {
    (void)::send(connection.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
}

void readRequest(const Fd& connection) {
    uint8_t request[256];
    CHECK(::recv(connection.get(), request, sizeof(request), 0) > 4);
}

}  // namespace

TEST_CASE("query client: records come in order, and good means that the server said end") {
    const evd::base::SystemClock clock;
    const std::atomic<bool> cancelled = false;
    Collected collected;
    const auto asked = ask(collected, [&](Fd connection) {
        readRequest(connection);
        evd::queryd::MsgpackAnswer answer(std::move(connection), true, clock);
        answer.accepted(false, cancelled);
        for (int i = 0; i < 3000; ++i) {
            CHECK(answer.record(numberedRecord(i, 100)).ok());
        }
        CHECK(answer.initialComplete().ok());
        answer.finish({});
    });
    CHECK(asked.ok());
    REQUIRE(collected.records.size() == 3000);
    CHECK(collected.records[2999] == numberedRecord(2999, 100));
}

TEST_CASE("query client: it asks for watch and is told where live records begin") {
    const evd::base::SystemClock clock;
    const std::atomic<bool> cancelled = false;
    Collected collected;
    const auto asked = ask(collected, [&](Fd connection) {
        readRequest(connection);
        evd::queryd::MsgpackAnswer answer(std::move(connection), true, clock);
        answer.accepted(true, cancelled);
        CHECK(answer.record(numberedRecord(1)).ok());
        CHECK(answer.initialComplete().ok());
        CHECK(answer.record(numberedRecord(2)).ok());
        CHECK(answer.flush().ok());
        answer.finish(evd::base::fail(ErrorKind::Gone, "the server is stopping"));
    });
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().kind == ErrorKind::Invalid);
    CHECK(asked.error().text == "the server is stopping");
    CHECK(collected.records.size() == 2);
    CHECK(collected.records_before_watch == 1);
}

TEST_CASE("query client: a connection that ends before the answer does is an error") {
    Collected collected;
    evd::queryd::RecordFrame frame;
    frame.add(numberedRecord(1));
    const auto asked = ask(collected, [&](Fd connection) {
        readRequest(connection);
        sendFrame(connection, frame.close());
    });
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().kind == ErrorKind::Gone);
}

TEST_CASE("query client: a reason sent before the request was read is still heard") {
    auto pair = evd::base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    sendFrame(pair.value().right, evd::queryd::errorFrame("too many connections"));
    pair.value().right.reset();
    Collected collected;
    const auto asked =
        evd::queryd::makeQueryClient(std::move(pair.value().left))->ask("EVENTS", {}, collected);
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().text == "too many connections");
}

TEST_CASE("query client: a frame above kResponseFrameBytesMax and garbage are corrupt") {
    for (const std::vector<uint8_t>& bytes :
         {std::vector<uint8_t>{0xFF, 0xFF, 0xFF, 0xFF}, {1, 0, 0, 0, 0xC1}, {0, 0, 0, 0}}) {
        Collected collected;
        const auto asked = ask(collected, [&](Fd connection) {
            readRequest(connection);
            sendFrame(connection, bytes);
        });
        REQUIRE_FALSE(asked.ok());
        CHECK(asked.error().kind == ErrorKind::Corrupt);
    }
}

TEST_CASE("query client: explain is asked for by a key of the request, and only when wanted") {
    for (const bool wanted : {false, true}) {
        auto pair = evd::base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        auto client = evd::queryd::makeQueryClient(std::move(pair.value().left));
        std::string request(256, '\0');
        evd::base::Thread server("server", [&] {
            const Fd connection = std::move(pair.value().right);
            const ssize_t got = ::recv(connection.get(), request.data(), request.size(), 0);
            request.resize(got > 0 ? static_cast<size_t>(got) : 0);
            sendFrame(connection, evd::queryd::endFrame());
        });
        Collected collected;
        evd::queryd::AskOptions options;
        options.explain = wanted;
        CHECK(client->ask("EVENTS", options, collected).ok());
        CHECK((request.find("explain\xC3") != std::string::npos) == wanted);
    }
}
