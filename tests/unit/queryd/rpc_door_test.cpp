// The rpc socket's limits where the service and the connection meet: the row of a connection, and
// that no number of calls that wait keeps the service from hearing that one is taken back. Service
// and client are on one event loop; questions are on their threads.

#include "common/base/clock.h"
#include "common/base/socket.h"
#include "common/base/thread.h"
#include "queryd/client/event_store_client_service.h"
#include "queryd/client/rpc_client_service.h"
#include "queryd/session.h"
#include "queryd/transport/rpc_service.h"
#include "queryd/transport/rpc_session_service.h"
#include "tests/support/longest_message.h"
#include "tests/support/temporary_directory.h"

#include <capnp/query.capnp.h>
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace evd::queryd {
namespace {

class Alice final : public Authority {
  public:
    base::Result<Caller> identify(int) const override {
        return Caller{"S-1-22-1-1001", false, true};
    }
};

// Every question runs until it is cancelled.
class PatientEngine final : public QueryEngine {
  public:
    base::Result<std::unique_ptr<PreparedQuery>> prepare(std::string_view) override {
        return base::fail(base::ErrorKind::Invalid, "no such question");
    }
    base::Result<void> run(const PreparedQuery&, const RunOptions&, RecordSink&) override {
        return {};
    }
    base::Result<void> readEvents(const EventQuestion&, const RunOptions& options,
                                  RecordSink&) override {
        ++running;
        std::unique_lock lock(mutex_);
        while (!*options.cancelled) {
            never_.wait_for(lock, std::chrono::milliseconds(5));
        }
        --running;
        return base::fail(base::ErrorKind::Gone, "cancelled");
    }

    std::atomic<int> running = 0;

  private:
    std::mutex mutex_;
    std::condition_variable never_;
};

constexpr AdmissionLimits kManyQueries{10'000, 10'000, 4096};  // MaxQueriesPerUser at its greatest

struct Fixture {
    explicit Fixture(RpcLimits limits = {}) : path(folder / "rpc.sock") {
        auto listening = base::listenUnix(path, SOCK_STREAM, 0600, 16);
        REQUIRE(listening.ok());
        service = std::make_unique<RpcService>(
            std::move(listening).value(), authority, sessions,
            [this]() -> kj::Promise<std::vector<wire::ProcessStatus>> {
                ++statuses_asked;
                return kj::NEVER_DONE;
            },
            io, limits);
        auto connection = base::connectUnix(path, SOCK_STREAM);
        REQUIRE(connection.ok());
        stream = io.lowLevelProvider->wrapSocketFd(connection.value().release(),
                                                   kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
        client = kj::heap<capnp::TwoPartyClient>(*stream);
        store = session().eventStoreRequest().send().getStore();
    }
    ~Fixture() noexcept(false) {
        sessions.cancelAll();
        store = nullptr;
        client = nullptr;
    }
    template <typename Condition>
    bool comesTrue(Condition condition) {
        constexpr int kTurnsMax = 20'000;
        for (int turn = 0; turn < kTurnsMax && !condition(); ++turn) {
            io.provider->getTimer().afterDelay(kj::MILLISECONDS).wait(io.waitScope);
        }
        return condition();
    }
    schema::Session::Client session() { return client->bootstrap().castAs<schema::Session>(); }
    capnp::RemotePromise<schema::EventStore::ReadFromResults> askForPage() {
        return store.readFromRequest().send();
    }
    // Whether the call is refused because there are too many.
    template <typename Promise>
    bool isRefused(Promise&& promise) {
        std::optional<bool> refused;
        auto watched = promise
                           .then([&](auto&&) { refused = false; },
                                 [&](kj::Exception&& exception) {
                                     refused =
                                         exception.getType() == kj::Exception::Type::OVERLOADED;
                                 })
                           .eagerlyEvaluate(nullptr);
        return comesTrue([&] { return refused.has_value(); }) && *refused;
    }

    test::TemporaryDirectory folder;
    std::string path;
    kj::AsyncIoContext io = kj::setupAsyncIo();
    base::SystemClock clock;
    Alice authority;
    PatientEngine engine;
    Admission admission{kManyQueries};
    Sessions sessions{engine, admission, clock, 600'000};
    int statuses_asked = 0;
    std::unique_ptr<RpcService> service;
    kj::Own<kj::AsyncIoStream> stream;
    kj::Own<capnp::TwoPartyClient> client;
    schema::EventStore::Client store = nullptr;
};

TEST_CASE(
    "rpc door: a message has room for the longest question and 4 KiB, also when that changes") {
    RpcLimits limits;
    for (const uint64_t text_bytes : {uint64_t{64} << 10, uint64_t{1} << 10, uint64_t{1} << 20}) {
        limits.message_bytes_max = text_bytes;
        Fixture fixture(limits);
        auto connection = base::connectUnix(fixture.path, SOCK_STREAM);
        REQUIRE(connection.ok());
        test::RawRpcPeer peer(std::move(connection).value());
        REQUIRE(fixture.comesTrue([&] { return fixture.service->connections() == 2; }));
        CHECK(test::takesAtMost(peer, text_bytes + 4096, [&] { fixture.io.waitScope.poll(); }));
    }
}

TEST_CASE("rpc door: a page that its client does not want any more is not made") {
    Fixture fixture;
    {
        const auto page = fixture.askForPage();
        REQUIRE(fixture.comesTrue([&] { return fixture.engine.running == 1; }));
    }
    CHECK(fixture.comesTrue([&] { return fixture.engine.running == 0; }));
}

TEST_CASE("rpc door: however many calls wait, one more is refused and one less makes room") {
    Fixture fixture;
    std::vector<capnp::RemotePromise<schema::EventStore::ReadFromResults>> pages;
    const int most = static_cast<int>(RpcLimits{}.questions_per_connection_max);
    for (int i = 0; i < most; ++i) {
        pages.push_back(fixture.askForPage());
    }
    std::vector<capnp::RemotePromise<schema::Session::StatusResults>> statuses;
    for (size_t i = 0; i < kStatusCallsPerConnectionMax; ++i) {
        statuses.push_back(fixture.session().statusRequest().send());
    }
    REQUIRE(fixture.comesTrue([&] { return fixture.engine.running == most; }));
    CHECK(fixture.isRefused(fixture.askForPage()));
    CHECK(fixture.isRefused(fixture.session().statusRequest().send()));
    CHECK(fixture.statuses_asked == static_cast<int>(kStatusCallsPerConnectionMax));
    // Taken back, behind all those calls on the same socket.
    pages.pop_back();
    CHECK(fixture.comesTrue([&] { return fixture.engine.running == most - 1; }));
    pages.push_back(fixture.askForPage());
    CHECK(fixture.comesTrue([&] { return fixture.engine.running == most; }));
    statuses.pop_back();
    statuses.push_back(fixture.session().statusRequest().send());
    CHECK(fixture.comesTrue([&] {
        return fixture.statuses_asked == static_cast<int>(kStatusCallsPerConnectionMax) + 1;
    }));
}

// A client of ours that waits for an answer, and gets something too long.
void isCutOffByLongMessages(const std::function<bool(base::Fd)>& ask) {
    auto pair = base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    test::RawRpcPeer server(std::move(pair.value().left));
    std::atomic<bool> is_answered = true;
    base::Thread asking("asking", [&] { is_answered = ask(std::move(pair.value().right)); });
    CHECK(test::takesAtMost(server, 64U << 20));
    server.close();
    asking.join();
    CHECK_FALSE(is_answered);
}

TEST_CASE("rpc door: clients of ours take 64 MiB in a message and no more") {
    isCutOffByLongMessages([](base::Fd connection) {
        auto client = makeRpcClient(std::move(connection));
        return client.ok() && client.value()->status().ok();
    });
    isCutOffByLongMessages([](base::Fd connection) {
        return makeEventStoreClient(std::move(connection)).value()->readFrom(0, 1).ok();
    });
}

}  // namespace
}  // namespace evd::queryd
