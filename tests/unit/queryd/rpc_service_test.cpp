// The RPC service on an event loop of its own thread, with real sessions and a fake engine, spoken
// to by the product's client over a real socket.

#include "queryd/transport/rpc_service.h"

#include "common/base/socket.h"
#include "common/ipc/loop_calls.h"
#include "queryd/client/rpc_client_service.h"
#include "queryd/session.h"
#include "tests/support/fake_query_engine.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <thread>

using evd::base::ErrorKind;
using evd::base::Result;
using evd::queryd::AskOptions;
using evd::queryd::Caller;
using evd::queryd::RecordSink;
using evd::queryd::RpcClient;
using evd::queryd::RpcLimits;
using evd::queryd::RunOptions;
using evd::test::FakeQueryEngine;
using evd::test::Gate;
using evd::test::numberedRecord;

namespace {

const Caller kAlice{"S-1-22-1-1001", false, false};
const Caller kSystem{"S-1-5-18", true, true};

class FixedAuthority final : public evd::queryd::Authority {
  public:
    explicit FixedAuthority(Caller caller) : caller_(std::move(caller)) {}
    Result<Caller> identify(int) const override { return caller_; }

  private:
    Caller caller_;
};

class Server {
  public:
    explicit Server(FakeQueryEngine::Run run, Caller caller = kSystem, RpcLimits limits = {})
        : engine(std::move(run)),
          sessions(engine, admission, clock, 30'000),
          authority_(std::move(caller)),
          limits_(limits),
          path_(folder_ / "rpc.sock") {
        auto listening = evd::base::listenUnix(path_, SOCK_STREAM, 0600, 128);
        REQUIRE(listening.ok());
        listening_ = std::move(listening).value();
        thread_ = std::make_unique<evd::base::Thread>("rpc", [this] { serve(); });
        ready_.wait();
    }
    ~Server() {
        loop_->call(stop_);
        thread_->join();
    }

    std::unique_ptr<RpcClient> connect() {
        auto client = evd::queryd::connectRpcClient(path_);
        REQUIRE_MESSAGE(client.ok(), (client.ok() ? "" : client.error().text));
        return std::move(client).value();
    }

    const std::string& path() const { return path_; }

    evd::base::SystemClock clock;
    FakeQueryEngine engine;
    evd::queryd::Admission admission{{}};
    evd::queryd::Sessions sessions;

  private:
    void serve() {
        auto io = kj::setupAsyncIo();
        auto paf = kj::newPromiseAndFulfiller<void>();
        const evd::ipc::LoopCalls calls(io.unixEventPort);
        loop_ = calls.caller();
        stop_ = [&] { paf.fulfiller->fulfill(); };
        evd::queryd::RpcService service(
            std::move(listening_), authority_, sessions,
            [] {
                evd::wire::ProcessStatus store;
                store.name = "store";
                store.measures = {{"rows", 7}};
                return kj::Promise<std::vector<evd::wire::ProcessStatus>>(std::vector{store});
            },
            io, limits_);
        ready_.open();
        paf.promise.wait(io.waitScope);
    }

    evd::test::TemporaryDirectory folder_;
    FixedAuthority authority_;
    RpcLimits limits_;
    std::string path_;
    evd::base::Fd listening_;
    Gate ready_;
    std::optional<evd::ipc::LoopCaller> loop_;  // of the server, once it is ready
    std::function<void()> stop_;                // to be called there
    std::unique_ptr<evd::base::Thread> thread_;
};

class Collected final : public evd::queryd::AnswerReader {
  public:
    Result<void> record(std::span<const uint8_t> map) override {
        records.emplace_back(map.begin(), map.end());
        return stop_after != 0 && records.size() >= stop_after
                   ? Result<void>(evd::base::fail(ErrorKind::Io, "enough"))
                   : Result<void>();
    }
    Result<void> initialComplete() override {
        ++initial;
        return {};
    }
    Result<void> burstComplete() override { return {}; }

    std::vector<std::vector<uint8_t>> records;
    int initial = 0;
    size_t stop_after = 0;
};

// One of everything that a record can hold.
std::vector<uint8_t> wideRecord() {
    std::vector<uint8_t> out;
    evd::wire::MsgpackWriter writer(out);
    writer.mapHeader(8);
    writer.text("nil");
    writer.nil();
    writer.text("yes");
    writer.boolean(true);
    writer.text("least");
    writer.integer(INT64_MIN);
    writer.text("most");
    writer.unsignedInteger(UINT64_MAX);
    writer.text("float");
    writer.floating(0.1);
    writer.text("text");
    writer.text(std::string_view("a\0b", 3));
    writer.text("bytes");
    writer.bytes(std::vector<uint8_t>{0, 255});
    writer.text("list");
    writer.arrayHeader(2);
    writer.mapHeader(1);
    writer.integer(1);
    writer.arrayHeader(0);
    writer.floating(-0.0);
    return out;
}

}  // namespace

TEST_CASE("rpc: a question's records arrive in order and exactly as they are") {
    Server server([](const RunOptions& options, RecordSink& sink) -> Result<void> {
        CHECK(options.caller.user_sid == "S-1-5-18");
        EVD_TRY(sink.record(wideRecord()));
        EVD_TRY(sink.record(numberedRecord(2)));
        return sink.initialComplete();
    });
    Collected collected;
    REQUIRE(server.connect()->ask("EVENTS", {}, collected).ok());
    REQUIRE(collected.records.size() == 2);
    CHECK(collected.records[0] == wideRecord());
    CHECK(collected.records[1] == numberedRecord(2));
    CHECK(collected.initial == 0);
}

TEST_CASE("rpc: a record nested as deeply as a payload may be gets through") {
    std::vector<uint8_t> deep;
    evd::wire::MsgpackWriter writer(deep);
    writer.mapHeader(1);
    writer.text("a");
    for (uint32_t i = 0; i + 1 < evd::wire::kMsgpackDepthMax; ++i) {
        writer.mapHeader(1);
        writer.text("k");
    }
    writer.nil();
    Server server([&](const RunOptions&, RecordSink& sink) -> Result<void> {
        EVD_TRY(sink.record(deep));
        return sink.initialComplete();
    });
    Collected collected;
    REQUIRE(server.connect()->ask("EVENTS", {}, collected).ok());
    REQUIRE(collected.records.size() == 1);
    CHECK(collected.records[0] == deep);
}

TEST_CASE("rpc: a large answer flows through with all its records") {
    Server server(evd::test::answerNumbers(20'000, 200));
    Collected collected;
    const auto asked = server.connect()->ask("EVENTS", {}, collected);
    REQUIRE_MESSAGE(asked.ok(), (asked.ok() ? "" : asked.error().text));
    CHECK(collected.records.size() == 20'000);
    CHECK(collected.records.back() == numberedRecord(19'999, 200));
}

TEST_CASE("rpc: a text that does not parse is an exception with its sentence, and nothing more") {
    Server server(evd::test::answerNumbers(1));
    const auto client = server.connect();
    Collected collected;
    const auto asked = client->ask("BAD", {}, collected);
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().kind == ErrorKind::Invalid);
    CHECK(asked.error().text == "line 1, column 1: expected EVENTS");
    // The session lives on.
    CHECK(client->ask("EVENTS", {}, collected).ok());
}

TEST_CASE("rpc: explain answers with records about the question instead of its own") {
    Server server([](const RunOptions& options, RecordSink& sink) -> Result<void> {
        CHECK(options.trace != nullptr);
        return sink.record(numberedRecord(1));
    });
    const auto client = server.connect();
    Collected collected;
    AskOptions options;
    options.explain = true;
    REQUIRE(client->ask("EVENTS", options, collected).ok());
    REQUIRE_FALSE(collected.records.empty());
    CHECK(collected.records.back() != numberedRecord(1));
    const auto bad = client->ask("BAD", options, collected);
    REQUIRE_FALSE(bad.ok());
    CHECK(bad.error().text == "line 1, column 1: expected EVENTS");
}

TEST_CASE("rpc: a sentence with a NUL in it, as a name may have, arrives whole") {
    const std::string sentence("no field a\0b here", 17);
    Server server([&](const RunOptions&, RecordSink& sink) -> Result<void> {
        EVD_TRY(sink.record(numberedRecord(1)));
        return evd::base::fail(ErrorKind::Invalid, sentence);
    });
    Collected collected;
    const auto asked = server.connect()->ask("EVENTS", {}, collected);
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().text == sentence);
}

TEST_CASE("rpc: an answer that fails half-way says so after its records") {
    Server server([](const RunOptions&, RecordSink& sink) -> Result<void> {
        EVD_TRY(sink.record(numberedRecord(1)));
        return evd::base::fail(ErrorKind::Gone, "the query took longer than 30000 ms");
    });
    Collected collected;
    const auto asked = server.connect()->ask("EVENTS", {}, collected);
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().text == "the query took longer than 30000 ms");
}

TEST_CASE("rpc: a streaming question tells where live begins; its client's leaving cancels it") {
    Gate cancelled;
    Server server([&](const RunOptions& options, RecordSink& sink) -> Result<void> {
        EVD_TRY(sink.record(numberedRecord(1)));
        EVD_TRY(sink.initialComplete());
        EVD_TRY(sink.record(numberedRecord(2)));
        EVD_TRY(sink.flush());
        while (!*options.cancelled) {
            std::this_thread::yield();
        }
        cancelled.open();
        return evd::base::fail(ErrorKind::Gone, "cancelled");
    });
    Collected collected;
    collected.stop_after = 2;
    {
        const auto client = server.connect();
        const auto asked = client->ask("STREAM", {}, collected);
        REQUIRE_FALSE(asked.ok());
        CHECK(asked.error().text == "enough");
    }
    CHECK(collected.initial == 1);
    cancelled.wait();
}

// Spec §8.7
TEST_CASE("rpc: a streaming client that does not keep up loses its question, told why") {
    Gate gave_up;
    Server server([&](const RunOptions&, RecordSink& sink) -> Result<void> {
        EVD_TRY(sink.initialComplete());
        Result<void> sent;
        for (int i = 0; i < 1'000'000 && sent.ok(); ++i) {
            EVD_TRY(sink.record(numberedRecord(i, 50'000)));
            sent = sink.flush();
        }
        gave_up.open();
        return sent;
    });
    class Slow final : public evd::queryd::AnswerReader {
      public:
        explicit Slow(Gate& gate) : gate_(gate) {}
        Result<void> record(std::span<const uint8_t>) override {
            gate_.wait();
            return {};
        }
        Result<void> initialComplete() override { return {}; }
        Result<void> burstComplete() override { return {}; }

      private:
        Gate& gate_;
    };
    Slow slow(gave_up);
    const auto asked = server.connect()->ask("STREAM", {}, slow);
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().text.find("too slowly") != std::string::npos);
}

TEST_CASE("rpc: a query text above the limit is refused, the connection stays") {
    RpcLimits limits;
    limits.message_bytes_max = 1024;
    Server server(evd::test::answerNumbers(1), kSystem, limits);
    const auto client = server.connect();
    Collected collected;
    CHECK(client->ask(std::string(1024, ' '), {}, collected).ok());
    const auto asked = client->ask(std::string(1025, ' '), {}, collected);
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().text.find("at most 1024") != std::string::npos);
}

TEST_CASE("rpc: a message above the limit costs its sender the connection and nobody else") {
    RpcLimits limits;
    limits.message_bytes_max = 1024;
    Server server(evd::test::answerNumbers(1), kSystem, limits);
    Collected collected;
    const auto asked = server.connect()->ask(std::string(100'000, ' '), {}, collected);
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().kind == ErrorKind::Gone);
    CHECK(server.connect()->ask("EVENTS", {}, collected).ok());
}

TEST_CASE("rpc: status shows the group to SYSTEM and is denied to others") {
    {
        Server server(evd::test::answerNumbers(1));
        const auto status = server.connect()->status();
        REQUIRE(status.ok());
        REQUIRE(status.value().processes.size() == 1);
        CHECK(status.value().processes[0].name == "store");
        CHECK(status.value().processes[0].measures[0].value == 7);
        CHECK(status.value().queries_running == 0);
    }
    Server server(evd::test::answerNumbers(1), kAlice);
    const auto status = server.connect()->status();
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().kind == ErrorKind::Denied);
}

TEST_CASE("rpc: one user's connections are bounded") {
    RpcLimits limits;
    limits.per_user_max = 1;
    Server server(evd::test::answerNumbers(1), kAlice, limits);
    auto first = evd::base::connectUnix(server.path(), SOCK_STREAM);
    REQUIRE(first.ok());
    Collected collected;
    const auto second = server.connect()->ask("EVENTS", {}, collected);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().kind == ErrorKind::Gone);
    first.value().reset();
    bool served = false;
    while (!served) {
        served = server.connect()->ask("EVENTS", {}, collected).ok();
    }
    CHECK(served);
}

TEST_CASE("rpc: a record that is too large for a message ends its question with a reason") {
    Server server(evd::test::answerNumbers(1, evd::ipc::kAnswerBytesMax));
    Collected collected;
    const auto asked = server.connect()->ask("EVENTS", {}, collected);
    REQUIRE_FALSE(asked.ok());
    CHECK(asked.error().text.find("too large for the rpc socket") != std::string::npos);
}

TEST_CASE("rpc: bytes that are no Cap'n Proto end their connection only") {
    Server server(evd::test::answerNumbers(1));
    const auto raw = evd::base::connectUnix(server.path(), SOCK_STREAM);
    REQUIRE(raw.ok());
    const std::string garbage(64, '\xA5');
    REQUIRE(::send(raw.value().get(), garbage.data(), garbage.size(), MSG_NOSIGNAL) == 64);
    Collected collected;
    CHECK(server.connect()->ask("EVENTS", {}, collected).ok());
    char byte = 0;
    while (::recv(raw.value().get(), &byte, 1, 0) > 0) {
    }
}
