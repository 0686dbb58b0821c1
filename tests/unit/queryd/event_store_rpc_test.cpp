// The event store over RPC: the real service, sessions and engine on an event loop of their own,
// over databases that the test commits to, spoken to by the product's client.

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/ipc/loop_calls.h"
#include "queryd/client/event_store_client_service.h"
#include "queryd/client/rpc_client_service.h"
#include "queryd/session.h"
#include "queryd/transport/rpc_event_store_service.h"
#include "queryd/transport/rpc_service.h"
#include "tests/support/fake_query_engine.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_sequence.h"

#include <capnp/query.capnp.h>
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace evd::queryd {
using test::cpuEvents;

namespace {

const Caller kAlice{"S-1-22-1-1001", false, false};
const Caller kSystem{"S-1-5-18", true, true};

class FixedAuthority final : public Authority {
  public:
    explicit FixedAuthority(Caller caller) : caller_(std::move(caller)) {}
    base::Result<Caller> identify(int) const override { return caller_; }

  private:
    Caller caller_;
};

class Server {
  public:
    explicit Server(Caller caller = kSystem, AdmissionLimits limits = {})
        : shard(folder / "shard-0000.db"),
          engine(makeQueryEngine({.event_store_path = folder.path()}, clock, signal, &sequence)),
          admission(limits),
          sessions(*engine, admission, clock, 30'000),
          authority_(std::move(caller)),
          path_(folder / "rpc.sock") {
        auto listening = base::listenUnix(path_, SOCK_STREAM, 0600, 128);
        REQUIRE(listening.ok());
        listening_ = std::move(listening).value();
        thread_ = std::make_unique<base::Thread>("rpc", [this] { serve(); });
        ready_.wait();
    }
    ~Server() {
        loop_->call(stop_);
        thread_->join();
    }

    void commit(int64_t count, size_t payload_bytes = 4) {
        const int64_t first = sequence.reserve(count);
        auto events = cpuEvents(first, count, 2, first);
        for (auto& event : events) {
            event.payload = std::vector<uint8_t>(payload_bytes, 0xC0);
        }
        shard.insert(events);
        sequence.settle(first);
        signal.bump();
    }
    std::unique_ptr<EventStoreClient> connect() {
        auto client = connectEventStoreClient(path_);
        REQUIRE(client.ok());
        return std::move(client).value();
    }
    const std::string& path() const { return path_; }

    test::TemporaryDirectory folder;
    base::SystemClock clock;
    CountingSignal signal;
    test::TestSequence sequence;
    test::TestShard shard;
    std::unique_ptr<QueryEngine> engine;
    Admission admission;
    Sessions sessions;

  private:
    void serve() {
        auto io = kj::setupAsyncIo();
        auto paf = kj::newPromiseAndFulfiller<void>();
        const ipc::LoopCalls calls(io.unixEventPort);
        loop_ = calls.caller();
        stop_ = [&] { paf.fulfiller->fulfill(); };
        RpcService service(
            std::move(listening_), authority_, sessions,
            [] {
                return kj::Promise<std::vector<wire::ProcessStatus>>(
                    std::vector<wire::ProcessStatus>());
            },
            io, {}, test::guidOf(7));
        ready_.open();
        paf.promise.wait(io.waitScope);
    }

    FixedAuthority authority_;
    std::string path_;
    base::Fd listening_;
    test::Gate ready_;
    std::optional<ipc::LoopCaller> loop_;  // of the server, once it is ready
    std::function<void()> stop_;           // to be called there
    std::unique_ptr<base::Thread> thread_;
};

TEST_CASE("event store rpc: pages, typed and with their cursor") {
    Server server;
    server.commit(10);
    const auto client = server.connect();
    const auto first = client->readFrom(0, 4);
    REQUIRE_MESSAGE(first.ok(), (first.ok() ? "" : first.error().text));
    REQUIRE(first.value().events.size() == 4);
    const wire::StoredEvent& event = first.value().events.front();
    CHECK(event.id == 1);
    CHECK(event.boot == test::guidOf(7));
    CHECK(event.timestamp_ns == 999'999);
    CHECK(event.cpu == 2);
    CHECK(event.sequence == 1);
    CHECK(event.origin_class == 1);
    CHECK(event.type == "test.event");
    CHECK_FALSE(event.process);
    CHECK(event.payload == std::vector<uint8_t>(4, 0xC0));
    CHECK(first.value().next == 4);
    CHECK(first.value().stable_id == 10);
    CHECK_FALSE(first.value().complete);
    const auto rest = client->readFrom(first.value().next, 0);
    REQUIRE(rest.ok());
    CHECK(rest.value().events.size() == 6);
    CHECK(rest.value().complete);
}

TEST_CASE("event store rpc: one cpu's events, of the running boot unless one is named") {
    Server server;
    server.commit(10);
    const auto client = server.connect();
    CpuPlace place;
    place.cpu = 2;
    place.sequence = 7;
    const auto page = client->readStream(place, 2);
    REQUIRE(page.ok());
    REQUIRE(page.value().events.size() == 2);
    CHECK(page.value().events.front().sequence == 8);
    CHECK(page.value().next_sequence == 9);
    place.boot = test::guidOf(8);
    CHECK(client->readStream(place, 2).value().events.empty());
}

TEST_CASE("event store rpc: who may see nothing gets no event and is led on") {
    Server server(kAlice);
    server.commit(1);
    const auto client = server.connect();
    const auto page = client->readFrom(0, 1);
    REQUIRE(page.ok());
    CHECK(page.value().events.empty());
    CHECK(page.value().next == 1);
    CHECK(page.value().complete);
}

TEST_CASE("event store rpc: a cursor of another store is refused, the connection goes on") {
    Server server;
    server.commit(2);
    const auto client = server.connect();
    CHECK(client->readFrom(3, 1).error().kind == base::ErrorKind::Invalid);
    CHECK(client->readFrom(2, 1).ok());
}

TEST_CASE("event store rpc: a store that is away is busy, and may be asked again") {
    Server server;
    server.commit(2);
    server.sequence.goAway();
    const auto client = server.connect();
    CHECK(client->readFrom(0, 1).error().kind == base::ErrorKind::Busy);
    server.sequence.restart(2);
    CHECK(client->readFrom(0, 1).ok());
}

TEST_CASE("event store rpc: a subscription sends what is there and what comes, each once") {
    Server server;
    server.commit(3000, 200);
    const auto client = server.connect();
    int64_t last = 0;
    bool in_order = true;
    const auto followed = client->follow(
        0,
        [&](const std::vector<wire::StoredEvent>& events) {
            for (const auto& event : events) {
                in_order = in_order && event.id == last + 1;
                last = event.id;
            }
            if (last == 3000 && !events.empty()) {
                server.commit(500, 200);
            }
            return last < 3500;
        },
        60'000);
    CHECK(followed.ok());
    CHECK(in_order);
    CHECK(last == 3500);
}

TEST_CASE("event store rpc: dropping a subscription ends its question") {
    Server server;
    server.commit(1);
    const auto client = server.connect();
    CHECK(client
              ->follow(
                  0, [](const auto&) { return false; }, 60'000)
              .ok());
    CHECK(client->readFrom(0, 1).ok());
    while (server.sessions.counts().streaming > 0) {
        std::this_thread::yield();
    }
    CHECK(server.sessions.counts().running == 0);
}

TEST_CASE("event store rpc: subscriptions count against the limit of streaming queries") {
    Server server(kSystem, {10, 0, 10});
    const auto client = server.connect();
    const auto followed = client->follow(
        0, [](const auto&) { return true; }, 10);
    REQUIRE_FALSE(followed.ok());
    CHECK(followed.error().text.find("MaxStreamingQueries") != std::string::npos);
}

class IdleReceiver final : public schema::EventReceiver::Server {
  public:
    kj::Promise<void> events(EventsContext) override { return kj::NEVER_DONE; }
    kj::Promise<void> failed(FailedContext) override { return kj::READY_NOW; }
};

TEST_CASE("event store rpc: one connection holds a bounded number of subscriptions") {
    Server server;
    auto io = kj::setupAsyncIo();
    auto connection = base::connectUnix(server.path(), SOCK_STREAM);
    REQUIRE(connection.ok());
    auto stream = io.lowLevelProvider->wrapUnixSocketFd(
        connection.value().release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
    capnp::TwoPartyClient client(*stream);
    auto store = client.bootstrap()
                     .castAs<schema::Session>()
                     .eventStoreRequest()
                     .send()
                     .wait(io.waitScope)
                     .getStore();
    const auto subscribe = [&] {
        auto request = store.subscribeFromRequest();
        request.setReceiver(kj::heap<IdleReceiver>());
        return request.send().wait(io.waitScope).getSubscription();
    };
    {
        std::vector<schema::Subscription::Client> held;
        for (size_t i = 0; i < kSubscriptionsPerConnectionMax; ++i) {
            held.push_back(subscribe());
        }
        const auto refused = kj::runCatchingExceptions([&] { subscribe(); });
        KJ_IF_MAYBE (exception, refused) {
            CHECK(exception->getType() == kj::Exception::Type::OVERLOADED);
        } else {
            FAIL("one too many was taken");
        }
    }
    // Dropped ones make room again; the news of it travels in order with the next call.
    subscribe();
}

// Never says that it has taken what it was given.
class StuckReceiver final : public schema::EventReceiver::Server {
  public:
    explicit StuckReceiver(size_t& received) : received_(received) {}
    kj::Promise<void> events(EventsContext context) override {
        received_ += context.getParams().getEvents().size();
        return kj::NEVER_DONE;
    }
    kj::Promise<void> failed(FailedContext) override { return kj::READY_NOW; }

  private:
    size_t& received_;
};

TEST_CASE("event store rpc: a client that takes nothing does not make the server hold its events") {
    Server server;
    server.commit(4000, 4000);
    auto io = kj::setupAsyncIo();
    auto connection = base::connectUnix(server.path(), SOCK_STREAM);
    REQUIRE(connection.ok());
    auto stream = io.lowLevelProvider->wrapUnixSocketFd(
        connection.value().release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
    capnp::TwoPartyClient client(*stream);
    size_t received = 0;
    auto request = client.bootstrap()
                       .castAs<schema::Session>()
                       .eventStoreRequest()
                       .send()
                       .getStore()
                       .subscribeFromRequest();
    request.setReceiver(kj::heap<StuckReceiver>(received));
    const auto held = request.send().wait(io.waitScope);
    constexpr int kLooksMax = 60'000;
    auto& timer = io.provider->getTimer();
    for (int look = 0; look < kLooksMax && received == 0; ++look) {
        timer.afterDelay(kj::MILLISECONDS).wait(io.waitScope);
    }
    CHECK(received > 0);
    timer.afterDelay(300 * kj::MILLISECONDS).wait(io.waitScope);
    CHECK(received < 1000);  // of 16 MB; the window of a streaming call is far smaller
}

}  // namespace
}  // namespace evd::queryd
