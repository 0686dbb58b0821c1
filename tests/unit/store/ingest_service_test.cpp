// The conversation of capnp/ingest.capnp over a real socket, both ends in one process on one event
// loop; only the writers are threads. Run under AddressSanitizer this also proves that no writer
// ever reads a message that is gone.

#include "store/ingest_service.h"

#include "common/base/socket.h"
#include "common/ipc/convert.h"
#include "common/ipc/errors.h"

#include "tests/unit/store/ingest_host.h"
#include "tests/unit/store/store_fixture.h"

#include <capnp/ingest.capnp.h>
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>

namespace evd::store {
namespace {

using test::RunSketch;

// A collector at the other end of the socket.
class Collector {
  public:
    Collector(base::Fd socket, kj::AsyncIoContext& io)
        : io_(io),
          stream_(io.lowLevelProvider->wrapSocketFd(socket.release(),
                                                    kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP)),
          client_(*stream_),
          ingest_(client_.bootstrap().castAs<schema::EventIngest>()) {}

    capnp::Response<schema::EventIngest::HelloResults> hello(uint16_t cpus = 1) {
        auto request = ingest_.helloRequest();
        request.setCpuCount(cpus);
        auto response = request.send().wait(io_.waitScope);
        sink_ = kj::heap<schema::EventSink::Client>(response.getSink());
        return response;
    }
    kj::Promise<void> send(const RunSketch& sketch) {
        const EventRun run = sketch.run();
        auto request = sink_->writeRequest();
        auto batch = request.initBatch();
        batch.setCpu(run.cpu);
        batch.setFirstSequence(run.first_sequence);
        batch.setLastSequence(run.last_sequence);
        batch.setEventCount(run.event_count);
        ipc::writeGaps(run.gaps, batch.initGaps(static_cast<unsigned>(run.gaps.size())));
        batch.setEvents(kj::arrayPtr(run.events.data(), run.events.size()));
        return request.send().ignoreResult();
    }
    // "ok" or the kind of the error.
    std::string write(const RunSketch& sketch) {
        std::string outcome = "ok";
        send(sketch)
            .then([]() {},
                  [&outcome](kj::Exception&& exception) {
                      outcome = base::errorKindName(ipc::toError(exception).kind);
                  })
            .wait(io_.waitScope);
        return outcome;
    }

  private:
    kj::AsyncIoContext& io_;
    kj::Own<kj::AsyncIoStream> stream_;
    capnp::TwoPartyClient client_;
    schema::EventIngest::Client ingest_;
    kj::Own<schema::EventSink::Client> sink_;
};

class Fixture {
  public:
    Fixture() : io(kj::setupAsyncIo()), host(directory / "events", clock, io.unixEventPort) {}

    Collector& connect() {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair);
        connection.reset();
        connection = std::make_unique<CollectorConnection>(std::move(pair.value().left), host,
                                                           *io.lowLevelProvider);
        collector = std::make_unique<Collector>(std::move(pair.value().right), io);
        return *collector;
    }

    test::TemporaryDirectory directory;
    base::SystemClock clock;
    kj::AsyncIoContext io;
    IngestHostDouble host;
    std::unique_ptr<CollectorConnection> connection;
    std::unique_ptr<Collector> collector;
};

base::IntervalSet heldBy(capnp::Response<schema::EventIngest::HelloResults>& response) {
    REQUIRE(response.getHoldings().size() == 1);
    auto held = ipc::readIntervals(response.getHoldings()[0].getHeld());
    REQUIRE(held);
    return std::move(held).value();
}

TEST_CASE("ingest service: hello tells what is held and how large a batch may be") {
    Fixture fixture;
    auto response = fixture.connect().hello();
    CHECK(heldBy(response).empty());
    CHECK(response.getBatchEventsMax() == 10'000);
    CHECK(fixture.collector->write(RunSketch(0, 1, 30, {{4, 8, 0, 1}})) == "ok");
    auto again = fixture.connect().hello();
    CHECK(heldBy(again).intervals() == std::vector<base::Interval>{{1, 30}});
}

TEST_CASE("ingest service: a second hello and a hello without cpus are refused") {
    Fixture fixture;
    fixture.connect().hello();
    CHECK_THROWS_AS(fixture.collector->hello(), kj::Exception);
    fixture.connect();
    CHECK_THROWS_AS(fixture.collector->hello(0), kj::Exception);
}

TEST_CASE("ingest service: malformed is invalid, and the next sound run is stored") {
    Fixture fixture;
    fixture.connect().hello();
    RunSketch broken(0, 1, 10);
    broken.bytes().pop_back();
    CHECK(fixture.collector->write(broken) == "invalid");
    CHECK(fixture.collector->write(RunSketch(0, 1, 10)) == "ok");
}

TEST_CASE("ingest service: a run whose numbers are under way must come again") {
    Fixture fixture;
    fixture.connect().hello();
    const RunSketch run(0, 1, 5'000);
    auto first = fixture.collector->send(run);
    CHECK(fixture.collector->write(run) != "invalid");
    first.wait(fixture.io.waitScope);
    CHECK(fixture.collector->write(run) == "ok");
}

TEST_CASE(
    "ingest service: what a collector sent before it vanished is in the next one's holdings") {
    Fixture fixture;
    fixture.connect().hello();
    std::vector<kj::Promise<void>> unanswered;
    for (uint64_t run = 0; run < 50; ++run) {
        unanswered.push_back(fixture.collector->send(RunSketch(0, run * 500 + 1, run * 500 + 500)));
    }
    // The store has read at least one of them; the collector waits for none.
    unanswered.front().wait(fixture.io.waitScope);
    unanswered.clear();
    fixture.collector.reset();
    auto response = fixture.connect().hello();
    const auto held = heldBy(response);
    CHECK(held.intervalCount() == 1);
    CHECK(held.contains(500));
    CHECK(fixture.host.eventStore().isIdle());
    CHECK(fixture.collector->write(RunSketch(0, held.greatest() + 1, held.greatest() + 9)) == "ok");
}

TEST_CASE("ingest service: a large run is carried, far more is not read before it is answered") {
    Fixture fixture;
    fixture.connect().hello();
    std::vector<kj::Promise<void>> answers;
    for (uint64_t run = 0; run < 40; ++run) {
        answers.push_back(
            fixture.collector->send(RunSketch(0, run * 4 + 1, run * 4 + 4, {}, "a", 1'000'000)));
    }
    for (auto& answer : answers) {
        answer.wait(fixture.io.waitScope);
    }
    auto response = fixture.connect().hello();
    CHECK(heldBy(response).intervals() == std::vector<base::Interval>{{1, 160}});
}

// What was ready in the same turn of the loop comes first: a changed setting, a storage error.
TEST_CASE("ingest service: a hello waits again when a record of our own came in between") {
    Fixture fixture;
    CHECK(heldBy(*std::make_unique<capnp::Response<schema::EventIngest::HelloResults>>(
                     fixture.connect().hello()))
              .empty());
    fixture.host.in_between = [&] {
        fixture.host.eventStore().queueRecords(
            {storageErrorEvent(fixture.clock.wallNs(), "log", std::nullopt, "a test")});
        CHECK_FALSE(fixture.host.eventStore().isIdle());
    };
    (void)fixture.connect().hello();
    CHECK(fixture.host.in_between == nullptr);
    CHECK(fixture.collector->write(RunSketch(0, 1, 30)) == "ok");
}

}  // namespace
}  // namespace evd::store
