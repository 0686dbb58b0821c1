// The supervisor's end of a child's connection, with the limits of kChildDoor.

#include "common/base/socket.h"
#include "sandbox/supervisor/child_service.h"
#include "tests/support/longest_message.h"

#include <capnp/supervise.capnp.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <memory>
#include <string>
#include <vector>

namespace evd::supervisor {
namespace {

class Requests final : public ChildRequests {
  public:
    base::Result<void> park(Program, std::string, base::Fd) override {
        ++parked;
        return {};
    }
    void unpark(Program, std::string_view) override {}
    std::vector<wire::ProcessStatus> groupStatus() override { return {}; }

    size_t parked = 0;
};

struct Fixture {
    explicit Fixture(bool may_park) : io(kj::setupAsyncIo()) {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        ProgramSpec spec{.program = Program::Kmesd, .name = "eventd-kmesd"};
        spec.may_park = may_park;
        child = std::make_unique<ChildConnection>(io, Spawned{1, std::move(pair.value().left), {}},
                                                  spec, requests);
        peer = std::make_unique<test::RawRpcPeer>(std::move(pair.value().right));
    }
    void turn() { io.waitScope.poll(); }

    kj::AsyncIoContext io;
    Requests requests;
    std::unique_ptr<ChildConnection> child;
    std::unique_ptr<test::RawRpcPeer> peer;
};

TEST_CASE("child door: a message of a child has 4 MiB at most, whether it may park or not") {
    for (const bool may_park : {false, true}) {
        Fixture fixture(may_park);
        CHECK(test::takesAtMost(*fixture.peer, 4U << 20, [&] { fixture.turn(); }));
    }
}

// What the children of a group answer in vain: a heartbeat with too many figures is no sign of
// life.
TEST_CASE("child door: a heartbeat with too many figures counts as none") {
    for (const size_t count : {32'768U, 32'769U}) {
        Fixture fixture(false);
        bool is_answered = false;
        bool is_refused = false;
        auto beat = fixture.child->heartbeat()
                        .then([&](auto&& measures) { is_answered = measures.size() == count; },
                              [&](kj::Exception&&) { is_refused = true; })
                        .eagerlyEvaluate(nullptr);
        fixture.turn();
        fixture.peer->read();
        fixture.peer->forEachReceived([&](capnp::rpc::Message::Reader message) {
            if (!message.isCall()) {
                return;
            }
            capnp::MallocMessageBuilder answer;
            auto returned = answer.initRoot<capnp::rpc::Message>().initReturn();
            returned.setAnswerId(message.getCall().getQuestionId());
            auto results = returned.initResults().getContent();
            results.initAs<schema::Child::HeartbeatResults>().initMeasures(
                static_cast<unsigned>(count));
            fixture.peer->send(answer);
        });
        for (int i = 0; i < 100 && fixture.peer->unsentBytes() > 0; ++i) {
            fixture.turn();
            fixture.peer->flush();
        }
        fixture.turn();
        CHECK(is_answered == (count == 32'768));
        CHECK(is_refused == (count == 32'769));
    }
}

}  // namespace
}  // namespace evd::supervisor
