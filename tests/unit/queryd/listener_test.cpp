// The listener over real sockets, with real sessions and a fake engine; the clients are as rude as
// clients can be.

#include "queryd/listener.h"

#include "common/base/socket.h"
#include "common/wire/frame.h"
#include "queryd/session.h"
#include "tests/support/fake_query_engine.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <thread>

using evd::base::Fd;
using evd::base::Result;
using evd::queryd::Caller;
using evd::queryd::RecordSink;
using evd::queryd::RunOptions;
using evd::test::FakeQueryEngine;
using evd::test::Gate;

namespace {

const Caller kAlice{"S-1-22-1-1001", false, false};

class FixedAuthority final : public evd::queryd::Authority {
  public:
    Result<Caller> identify(int) const override {
        return denies ? Result<Caller>(evd::base::fail(evd::base::ErrorKind::Denied, "who?"))
                      : Result<Caller>(kAlice);
    }
    std::atomic<bool> denies = false;
};

struct Server {
    explicit Server(FakeQueryEngine::Run run, evd::queryd::WaitingLimits limits = {},
                    evd::queryd::AdmissionLimits admitted = {})
        : engine(std::move(run)), admission(admitted), sessions(engine, admission, clock, 30'000) {
        path = folder.path() + "/query.sock";
        auto listening = evd::base::listenUnix(path, SOCK_STREAM, 0600, 128);
        REQUIRE(listening.ok());
        auto started = evd::queryd::Listener::start(std::move(listening).value(), authority,
                                                    sessions, clock, limits);
        REQUIRE(started.ok());
        listener = std::move(started).value();
    }

    Fd connect() const {
        auto connected = evd::base::connectUnix(path, SOCK_STREAM);
        REQUIRE(connected.ok());
        return std::move(connected).value();
    }

    evd::test::TemporaryDirectory folder;
    std::string path;
    evd::base::SystemClock clock;
    FixedAuthority authority;
    FakeQueryEngine engine;
    evd::queryd::Admission admission;
    evd::queryd::Sessions sessions;
    std::unique_ptr<evd::queryd::Listener> listener;
};

std::vector<uint8_t> requestFrame(std::string_view query) {
    std::vector<uint8_t> out;
    const size_t opened_at = evd::wire::openFrame(out);
    evd::wire::MsgpackWriter writer(out);
    writer.mapHeader(1);
    writer.text("query");
    writer.text(query);
    evd::wire::closeFrame(out, opened_at);
    return out;
}

void sendAll(const Fd& connection, std::span<const uint8_t> bytes) {
    REQUIRE(::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
}

// Everything until the server closes; waits for that.
std::string received(const Fd& connection) {
    std::string all;
    char buffer[4096];
    while (true) {
        const ssize_t count = ::recv(connection.get(), buffer, sizeof(buffer), 0);
        if (count <= 0) {
            return all;
        }
        all.append(buffer, static_cast<size_t>(count));
    }
}

std::string answerTo(const Server& server, std::string_view query) {
    const Fd connection = server.connect();
    sendAll(connection, requestFrame(query));
    return received(connection);
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

bool isComplete(const std::string& answer) {
    return answer.ends_with(
        "\xA3"
        "end");
}

}  // namespace

TEST_CASE("listener: a question is answered and the connection closed") {
    Server server(evd::test::answerNumbers(2));
    const auto answer = answerTo(server, "EVENTS");
    CHECK(has(answer, "records"));
    CHECK(isComplete(answer));
}

TEST_CASE("listener: one connection after the other, each is served") {
    Server server(evd::test::answerNumbers(1), {}, {1, 1, 1});
    for (int i = 0; i < 200; ++i) {
        REQUIRE(isComplete(answerTo(server, "EVENTS")));
    }
}

TEST_CASE("listener: a request that arrives byte by byte is a request") {
    Server server(evd::test::answerNumbers(1));
    const Fd connection = server.connect();
    for (const uint8_t byte : requestFrame("EVENTS")) {
        sendAll(connection, {&byte, 1});
    }
    CHECK(isComplete(received(connection)));
}

TEST_CASE("listener: a client that closes its sending side still gets its answer") {
    Server server(evd::test::answerNumbers(1));
    const Fd connection = server.connect();
    sendAll(connection, requestFrame("EVENTS"));
    REQUIRE(::shutdown(connection.get(), SHUT_WR) == 0);
    CHECK(isComplete(received(connection)));
}

// Spec §8.8: rejected on the length alone.
TEST_CASE("listener: a giant length is refused before its payload, at the limit it is not") {
    evd::queryd::WaitingLimits limits;
    limits.message_bytes_max = 1024;
    Server server(evd::test::answerNumbers(1), limits);
    const auto framed = requestFrame(std::string(1024 - 10, ' '));
    REQUIRE(framed.size() - 4 == 1024);
    {
        const Fd connection = server.connect();
        sendAll(connection, framed);
        CHECK(isComplete(received(connection)));
    }
    const uint8_t above[] = {0x01, 0x04, 0, 0};
    const uint8_t giant[] = {0xFF, 0xFF, 0xFF, 0xFF};
    for (const std::span<const uint8_t> head : {std::span(above), std::span(giant)}) {
        const Fd connection = server.connect();
        sendAll(connection, head);
        const auto answer = received(connection);
        CHECK(has(answer, "error"));
        CHECK(has(answer, "at most 1024"));
    }
    server.listener->setMessageBytesMax(2048);
    const Fd connection = server.connect();
    sendAll(connection, requestFrame(std::string(1500, ' ')));
    CHECK(isComplete(received(connection)));
}

TEST_CASE("listener: garbage gets an error and the end of its connection, nobody else notices") {
    Server server(evd::test::answerNumbers(1));
    const Fd patient = server.connect();
    for (const std::vector<uint8_t>& garbage : {std::vector<uint8_t>{0, 0, 0, 0},
                                                {1, 0, 0, 0, 0xC1},
                                                {2, 0, 0, 0, 0x80, 0x80},
                                                {1, 0, 0, 0, 0x80}}) {
        const Fd connection = server.connect();
        sendAll(connection, garbage);
        CHECK(has(received(connection), "error"));
    }
    sendAll(patient, requestFrame("EVENTS"));
    CHECK(isComplete(received(patient)));
}

TEST_CASE("listener: a connection that ends inside its request is told so") {
    Server server(evd::test::answerNumbers(1));
    const Fd connection = server.connect();
    const auto frame = requestFrame("EVENTS");
    sendAll(connection, std::span(frame).first(7));
    REQUIRE(::shutdown(connection.get(), SHUT_WR) == 0);
    CHECK(has(received(connection), "middle of the request"));
}

TEST_CASE("listener: who asks nothing in time is sent away, who waits behind them is served") {
    evd::queryd::WaitingLimits limits;
    limits.request_deadline_ms = 20;
    Server server(evd::test::answerNumbers(1), limits);
    const Fd silent = server.connect();
    const Fd half = server.connect();
    sendAll(half, std::vector<uint8_t>{9, 0});
    CHECK(isComplete(answerTo(server, "EVENTS")));
    CHECK(has(received(silent), "in time"));
    CHECK(has(received(half), "in time"));
}

TEST_CASE("listener: a user's waiting connections are bounded") {
    evd::queryd::WaitingLimits limits;
    limits.per_user_max = 2;
    Server server(evd::test::answerNumbers(1), limits);
    Fd first = server.connect();
    const Fd second = server.connect();
    const Fd third = server.connect();
    CHECK(has(received(third), "your connections"));
    sendAll(first, requestFrame("EVENTS"));
    CHECK(isComplete(received(first)));
    CHECK(isComplete(answerTo(server, "EVENTS")));
}

TEST_CASE(
    "listener: a refused client that never closes loses its connection after the linger time") {
    evd::queryd::WaitingLimits limits;
    limits.per_user_max = 1;
    limits.linger_ms = 10;
    Server server(evd::test::answerNumbers(1), limits);
    const Fd rude = server.connect();
    sendAll(rude, std::vector<uint8_t>{1, 0, 0, 0, 0xC1});
    CHECK(has(received(rude), "error"));
    // The only place is free again although `rude` is still open at this end.
    std::string answer;
    while (!isComplete(answer)) {
        const Fd connection = server.connect();
        const auto frame = requestFrame("EVENTS");
        (void)::send(connection.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
        answer = received(connection);
    }
    CHECK(isComplete(answer));
}

TEST_CASE("listener: a client that leaves cancels its question") {
    Gate running;
    Gate cancelled;
    Server server([&](const RunOptions& options, RecordSink&) {
        running.open();
        while (!*options.cancelled) {
            std::this_thread::yield();
        }
        cancelled.open();
        return Result<void>();
    });
    {
        const Fd connection = server.connect();
        sendAll(connection, requestFrame("EVENTS"));
        running.wait();
    }
    cancelled.wait();
}

TEST_CASE("listener: an admission limit is told to the client") {
    Gate gate;
    Gate running;
    Server server(
        [&](const RunOptions&, RecordSink& sink) {
            running.open();
            gate.wait();
            return sink.initialComplete();
        },
        {}, {1, 1, 1});
    const Fd first = server.connect();
    sendAll(first, requestFrame("EVENTS"));
    running.wait();
    CHECK(has(answerTo(server, "EVENTS"), "MaxConcurrentQueries"));
    gate.open();
    CHECK(isComplete(received(first)));
}

TEST_CASE("listener: whoever cannot be identified is denied") {
    Server server(evd::test::answerNumbers(1));
    server.authority.denies = true;
    const Fd connection = server.connect();
    CHECK(has(received(connection), "access is denied"));
}

TEST_CASE(
    "listener: stopping closes the socket, sends waiting ones away and lets running ones finish") {
    Gate gate;
    Gate running;
    Server server([&](const RunOptions&, RecordSink& sink) {
        running.open();
        gate.wait();
        return sink.initialComplete();
    });
    const Fd asked = server.connect();
    sendAll(asked, requestFrame("EVENTS"));
    running.wait();
    const Fd waiting = server.connect();
    sendAll(waiting, std::vector<uint8_t>{9});
    server.listener->stopAccepting();
    CHECK(has(received(waiting), "the server is stopping"));
    const auto refused = evd::base::connectUnix(server.path, SOCK_STREAM);
    CHECK_FALSE(refused.ok());
    gate.open();
    CHECK(isComplete(received(asked)));
}
