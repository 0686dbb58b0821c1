// The conversation of capnp/store_control.capnp over a real socket, on one event loop.

#include "store/control_service.h"

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"

#include "tests/support/fake_clock.h"

#include <capnp/rpc-twoparty.h>
#include <capnp/store_control.capnp.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace evd::store {
namespace {

class Fixture {
  public:
    Fixture() {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        connection = std::make_unique<ControlConnection>(
            std::move(pair.value().left), policy, figures, clock, [this] { return stable_id; }, io);
        stream = io.lowLevelProvider->wrapSocketFd(pair.value().right.release(),
                                                   kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
        client = kj::heap<capnp::TwoPartyClient>(*stream);
    }
    // "" when it was taken, otherwise the error.
    std::string count(const std::vector<std::pair<std::string, uint32_t>>& counts) {
        auto request = store().countFieldsRequest();
        auto fields = request.initFields(static_cast<unsigned>(counts.size()));
        for (unsigned i = 0; i < fields.size(); ++i) {
            fields[i].setField(counts[i].first);
            fields[i].setQueries(counts[i].second);
        }
        return outcomeOf(request.send().ignoreResult());
    }
    struct Rollup {
        uint8_t function;
        uint32_t window_seconds;
        uint32_t queries;
    };
    std::string countRollups(const std::vector<Rollup>& counts) {
        auto request = store().countRollupsRequest();
        auto rollups = request.initRollups(static_cast<unsigned>(counts.size()));
        for (unsigned i = 0; i < rollups.size(); ++i) {
            rollups[i].setFunction(counts[i].function);
            rollups[i].setWindowSeconds(counts[i].window_seconds);
            rollups[i].setQueries(counts[i].queries);
        }
        return outcomeOf(request.send().ignoreResult());
    }
    int64_t askStableId() { return store().stableIdRequest().send().wait(io.waitScope).getId(); }
    std::string index(const std::string& field) {
        auto request = store().indexRequest();
        request.setField(field);
        return outcomeOf(request.send().ignoreResult());
    }
    void askIndexAndHangUp(const std::string& field) {
        auto request = store().indexRequest();
        request.setField(field);
        auto answer = request.send();
        for (int turn = 0; turn < 10; ++turn) {
            io.waitScope.poll();  // It arrives; the policy's thread may or may not be done by then.
        }
        connection.reset();
    }
    DesiredIndexes desired() {
        const std::lock_guard lock(mutex);
        return *published;
    }

    // Waits for it, but not for ever.
    bool isDesired(const DesiredIndexes& wanted) {
        std::unique_lock lock(mutex);
        return has_published.wait_for(lock, std::chrono::seconds(20),
                                      [&] { return *published == wanted; });
    }

    kj::AsyncIoContext io = kj::setupAsyncIo();
    test::FakeClock clock;
    std::mutex mutex;
    std::condition_variable has_published;
    DesiredIndexesView published;
    RollupKindsView published_rollups;
    PolicyThread policy{{},
                        nullptr,
                        clock,
                        [this](DesiredIndexesView desired) {
                            const std::lock_guard lock(mutex);
                            published = std::move(desired);
                            has_published.notify_all();
                        },
                        [this](RollupKindsView desired) {
                            const std::lock_guard lock(mutex);
                            published_rollups = std::move(desired);
                        }};
    ControlFigures figures;
    int64_t stable_id = 0;
    std::unique_ptr<ControlConnection> connection;
    kj::Own<kj::AsyncIoStream> stream;
    kj::Own<capnp::TwoPartyClient> client;

  private:
    schema::StoreControl::Client store() {
        return client->bootstrap().castAs<schema::StoreControl>();
    }
    std::string outcomeOf(kj::Promise<void> promise) {
        return promise
            .then([]() { return std::string(); },
                  [](kj::Exception&& exception) { return ipc::toError(exception).text; })
            .wait(io.waitScope);
    }
};

TEST_CASE("control service: an INDEX is answered when the field is in the desired set") {
    Fixture fixture;
    CHECK(fixture.index("source.name").empty());
    CHECK(fixture.desired() == DesiredIndexes{{"source.name", true}});
}

TEST_CASE("control service: an INDEX whose asker has gone is decided all the same, unanswered") {
    Fixture fixture;
    fixture.askIndexAndHangUp("source.name");
    CHECK(fixture.isDesired({{"source.name", true}}));
    fixture.io.waitScope.poll();
}

TEST_CASE("control service: INDEX of timestamp, payload or nonsense is refused") {
    Fixture fixture;
    for (const char* field : {"timestamp", "payload", "", "a b", "x'); DROP TABLE events; --"}) {
        CHECK_FALSE(fixture.index(field).empty());
    }
    CHECK(fixture.desired().empty());
}

TEST_CASE("control service: the stable id is the one of the moment") {
    Fixture fixture;
    CHECK(fixture.askStableId() == 0);
    fixture.stable_id = 77;
    CHECK(fixture.askStableId() == 77);
}

TEST_CASE("control service: counts are checked one by one") {
    Fixture fixture;
    CHECK(fixture.count({{"cpu_id", 150}, {"timestamp", 9}, {"a b", 9}, {"x", 0}}).empty());
    CHECK(fixture.figures.fields_counted == 1);
    CHECK(fixture.figures.fields_ignored == 3);
    CHECK(fixture.index("a").empty());  // applies the policy
    CHECK(fixture.desired().size() == 2);
}

TEST_CASE("control service: rollups are counted, what cannot be one is ignored") {
    Fixture fixture;
    CHECK(fixture.countRollups({{0, 3600, 60}, {6, 60, 60}, {1, 0, 60}, {1, 60, 0}}).empty());
    CHECK(fixture.figures.rollups_counted == 1);
    CHECK(fixture.figures.rollups_ignored == 3);
    CHECK(fixture.index("a").empty());  // applies the policies
    const std::lock_guard lock(fixture.mutex);
    CHECK(*fixture.published_rollups == RollupKinds{{wire::RollupFunction::Avg, 3600}});
}

TEST_CASE("control service: a report too large is refused, one too early is ignored") {
    Fixture fixture;
    std::vector<std::pair<std::string, uint32_t>> counts;
    for (size_t index = 0; index < kFieldsPerReportMax; ++index) {
        counts.emplace_back(base::cat("f", index), 1);
    }
    CHECK(fixture.count(counts).empty());
    CHECK(fixture.figures.fields_counted == kFieldsPerReportMax);
    CHECK(fixture.count({{"cpu_id", 1}}).empty());
    CHECK(fixture.figures.reports_early == 1);
    fixture.clock.advanceNs(kReportIntervalMinNs);
    CHECK(fixture.count({{"cpu_id", 1}}).empty());
    CHECK(fixture.figures.fields_counted == kFieldsPerReportMax + 1);
    counts.emplace_back("one.more", 1);
    fixture.clock.advanceNs(kReportIntervalMinNs);
    CHECK_FALSE(fixture.count(counts).empty());
}

}  // namespace
}  // namespace evd::store
