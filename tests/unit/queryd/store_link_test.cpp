// queryd's end of the edge to the store, with a store of the test's at the other end, on one event
// loop.

#include "queryd/store_link_service.h"

#include "common/base/socket.h"
#include "common/base/thread.h"
#include "common/ipc/errors.h"
#include "tests/support/longest_message.h"

#include <capnp/rpc-twoparty.h>
#include <capnp/store_control.capnp.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {
namespace {

struct Heard {
    std::vector<std::string> fields;
    std::vector<std::string> indexed;
    std::vector<RollupReport> rollups;
    int64_t stable_id = 0;
};

class FakeStore final : public schema::StoreControl::Server {
  public:
    explicit FakeStore(Heard& heard) : heard_(heard) {}
    kj::Promise<void> countFields(CountFieldsContext context) override {
        for (const auto field : context.getParams().getFields()) {
            const auto name = field.getField();
            heard_.fields.emplace_back(name.begin(), name.size());
        }
        return kj::READY_NOW;
    }
    kj::Promise<void> countRollups(CountRollupsContext context) override {
        for (const auto rollup : context.getParams().getRollups()) {
            heard_.rollups.push_back({static_cast<wire::RollupFunction>(rollup.getFunction()),
                                      rollup.getWindowSeconds(), rollup.getQueries()});
        }
        return kj::READY_NOW;
    }
    kj::Promise<void> stableId(StableIdContext context) override {
        context.getResults().setId(heard_.stable_id);
        return kj::READY_NOW;
    }
    kj::Promise<void> index(IndexContext context) override {
        const auto name = context.getParams().getField();
        heard_.indexed.emplace_back(name.begin(), name.size());
        if (heard_.indexed.back() == "bad") {
            ipc::throwError(base::fail(base::ErrorKind::Invalid, "no such luck"));
        }
        return kj::READY_NOW;
    }

  private:
    Heard& heard_;
};

class Fixture {
  public:
    // A store at the other end of a new edge.
    void connect() {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        stream = io.lowLevelProvider->wrapSocketFd(pair.value().left.release(),
                                                   kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
        network = kj::heap<capnp::TwoPartyVatNetwork>(*stream, capnp::rpc::twoparty::Side::SERVER);
        rpc = kj::heap<capnp::RpcSystem<capnp::rpc::twoparty::VatId>>(
            capnp::makeRpcServer(*network, kj::heap<FakeStore>(heard)));
        link.connect(std::move(pair.value().right));
    }
    void disconnect() {
        rpc = nullptr;
        network = nullptr;
        stream = nullptr;
    }
    void runFor(int64_t milliseconds) {
        io.provider->getTimer().afterDelay(milliseconds * kj::MILLISECONDS).wait(io.waitScope);
    }
    // As a query thread would, while the loop runs.
    template <typename T>
    base::Result<T> ask(const std::function<base::Result<T>(int64_t deadline_ns)>& question,
                        int64_t patience_ms = 10'000) {
        std::optional<base::Result<T>> outcome;
        std::atomic<bool> done = false;
        base::Thread asker("asker", [&] {
            outcome = question(clock.monotonicNs() + patience_ms * base::kNsPerMs);
            done = true;
        });
        while (!done) {
            runFor(5);
        }
        return *outcome;
    }
    base::Result<void> index(const std::string& field, int64_t patience_ms = 10'000) {
        return ask<void>(
            [&](int64_t deadline_ns) { return link.index(field, deadline_ns, nullptr); },
            patience_ms);
    }
    base::Result<StableId> stableId() {
        return ask<StableId>(
            [&](int64_t deadline_ns) { return link.stableId(deadline_ns, nullptr); });
    }

    kj::AsyncIoContext io = kj::setupAsyncIo();
    base::SystemClock clock;
    Heard heard;
    kj::Own<kj::AsyncIoStream> stream;
    kj::Own<capnp::TwoPartyVatNetwork> network;
    kj::Own<capnp::RpcSystem<capnp::rpc::twoparty::VatId>> rpc;
    StoreLink link{clock, io};
};

TEST_CASE("store link: a message of the store has the length of kStoreControlCaller at most") {
    Fixture fixture;
    auto pair = base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    test::RawRpcPeer store(std::move(pair.value().left));
    fixture.link.connect(std::move(pair.value().right));
    CHECK(test::takesAtMost(store, 64U << 10, [&] { fixture.io.waitScope.poll(); }));
}

TEST_CASE("store link: what questions filter by is reported within a second or so") {
    Fixture fixture;
    fixture.connect();
    fixture.link.filtered({"cpu_id", "a.b"});
    fixture.link.filtered({"cpu_id"});
    fixture.runFor(kReportIntervalMs + 200);
    CHECK(fixture.heard.fields == std::vector<std::string>{"a.b", "cpu_id"});
    CHECK(fixture.link.droppedReports() == 0);
}

TEST_CASE("store link: without a store reports are dropped, and an INDEX is told so") {
    Fixture fixture;
    fixture.link.filtered({"cpu_id"});
    fixture.runFor(kReportIntervalMs + 200);
    CHECK(fixture.link.droppedReports() == 1);
    CHECK(fixture.index("a").error().kind == base::ErrorKind::Busy);
}

TEST_CASE("store link: the stable id comes with the connection it was asked over") {
    Fixture fixture;
    CHECK(fixture.stableId().error().kind == base::ErrorKind::Busy);
    fixture.connect();
    fixture.heard.stable_id = 41;
    const auto first = fixture.stableId();
    REQUIRE(first.ok());
    CHECK(first.value().id == 41);
    fixture.heard.stable_id = 42;
    CHECK(fixture.stableId().value() == StableId{42, first.value().connection});
    fixture.disconnect();
    CHECK(fixture.stableId().error().kind == base::ErrorKind::Busy);
    fixture.connect();
    CHECK(fixture.stableId().value().connection != first.value().connection);
}

// Spec §7.4, rollup registry.
TEST_CASE("store link: rollups that questions asked for are reported within a second or so") {
    Fixture fixture;
    fixture.connect();
    fixture.link.rollupAsked(wire::RollupFunction::Rate, 60);
    fixture.link.rollupAsked(wire::RollupFunction::Rate, 60);
    fixture.link.rollupAsked(wire::RollupFunction::Avg, 3600);
    fixture.runFor(kReportIntervalMs + 200);
    CHECK(fixture.heard.rollups == std::vector<RollupReport>{{wire::RollupFunction::Avg, 3600, 1},
                                                             {wire::RollupFunction::Rate, 60, 2}});
    fixture.disconnect();
    fixture.runFor(10);
    fixture.link.rollupAsked(wire::RollupFunction::Avg, 60);
    fixture.runFor(kReportIntervalMs + 200);
    CHECK(fixture.link.droppedReports() == 1);
}

TEST_CASE("store link: an INDEX is answered by the store") {
    Fixture fixture;
    fixture.connect();
    CHECK(fixture.index("target_sid").ok());
    CHECK(fixture.heard.indexed == std::vector<std::string>{"target_sid"});
    const auto refused = fixture.index("bad");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == base::ErrorKind::Invalid);
    CHECK(refused.error().text == "no such luck");
}

// "a\u0000b" is a name in the language, and not the name "a".
TEST_CASE("store link: a name with a NUL in it arrives whole") {
    Fixture fixture;
    fixture.connect();
    const std::string name("a\0b", 3);
    fixture.link.filtered({name});
    CHECK(fixture.index(name).ok());
    CHECK(fixture.heard.indexed == std::vector{name});
    fixture.runFor(kReportIntervalMs + 200);
    CHECK(fixture.heard.fields == std::vector{name});
}

TEST_CASE("store link: a store that went away and came back is used again") {
    Fixture fixture;
    fixture.connect();
    CHECK(fixture.index("one").ok());
    fixture.disconnect();
    CHECK(fixture.index("two").error().kind == base::ErrorKind::Busy);
    fixture.connect();
    CHECK(fixture.index("three").ok());
    CHECK(fixture.heard.indexed == std::vector<std::string>{"one", "three"});
}

}  // namespace
}  // namespace evd::queryd
