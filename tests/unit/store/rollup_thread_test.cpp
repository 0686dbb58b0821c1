#include "store/rollup_thread.h"

#include "common/base/text.h"
#include "common/db/metric_schema.h"
#include "common/db/schema.h"

#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

constexpr RollupKind kAvg{wire::RollupFunction::Avg, 10};
constexpr int64_t kSecondNs = base::kNsPerSecond;

class Fixture {
  public:
    Fixture() {
        state.willBuildUntil(clock.wallNs());
        {
            auto created = db::Connection::createForWriting(path(), db::kPageBytes);
            REQUIRE(created);
            REQUIRE(db::createMetricSchema(*created.value(), 0));
        }
        connection = open();
        REQUIRE(connection->execute("INSERT INTO series VALUES (1, 'm', '', 1, 0, NULL)"));
    }
    std::string path() const { return directory / "metrics.db"; }
    std::unique_ptr<db::Connection> open() const {
        auto opened = db::Connection::openForWriting(path());
        REQUIRE(opened);
        return std::move(opened).value();
    }
    void sample(int64_t timestamp_ns, double value) {
        const ShardGate::Turn turn(gate);
        REQUIRE(connection->execute(
            base::cat("INSERT INTO samples VALUES (1, ", timestamp_ns, ", ", value, ", NULL)")));
    }
    int64_t ask(const std::string& sql) {
        auto query = connection->prepare(sql);
        REQUIRE(query);
        REQUIRE(query.value()->step().value());
        return query.value()->columnInteger(0);
    }
    bool waitFor(const std::string& sql, int64_t wanted) {
        return test::waitUntil(test::kPatienceMs, [&] { return ask(sql) == wanted; });
    }

    test::TemporaryDirectory directory;
    base::SystemClock clock;
    ShardGate gate;
    RollupState state;
    std::unique_ptr<db::Connection> connection;
};

TEST_CASE("rollup thread: what is wanted is built, and how far is kept") {
    Fixture fixture;
    const int64_t start_ns = fixture.clock.wallNs() / kSecondNs * kSecondNs - 3600 * kSecondNs;
    for (int64_t at = 0; at < 1000; ++at) {
        fixture.sample(start_ns + at * kSecondNs, static_cast<double>(at));
    }
    {
        RollupThread thread(fixture.path(), fixture.gate, fixture.state, fixture.clock);
        thread.want(std::make_shared<const RollupKinds>(RollupKinds{kAvg}));
        CHECK(fixture.waitFor("SELECT sum(sample_count) FROM rollups", 1000));
        CHECK(fixture.waitFor("SELECT count(*) FROM metadata WHERE key = 'rollup_through.avg_10'",
                              1));
        std::vector<wire::Measure> measures;
        thread.addMeasures(measures);
        CHECK(measures.front().value == 1);
    }
    CHECK(fixture.state.builtUntilNs() > start_ns);
    // The next lifetime goes on there and does not look back.
    REQUIRE(fixture.connection->execute("DELETE FROM rollups"));
    fixture.sample(start_ns - 5000 * kSecondNs, 1);
    RollupThread again(fixture.path(), fixture.gate, fixture.state, fixture.clock);
    again.want(std::make_shared<const RollupKinds>(RollupKinds{kAvg}));
    fixture.state.sampleCameLate(start_ns + 500 * kSecondNs);
    CHECK(fixture.waitFor("SELECT sum(sample_count) > 400 FROM rollups", 1));
    CHECK(fixture.ask("SELECT min(window_start) FROM rollups") >= start_ns + 490 * kSecondNs);
}

TEST_CASE("rollup thread: a writer that waits goes first") {
    Fixture fixture;
    const int64_t start_ns = fixture.clock.wallNs() - 3600 * kSecondNs;
    for (int64_t at = 0; at < 100; ++at) {
        fixture.sample(start_ns + at * kSecondNs, 1);
    }
    std::unique_ptr<RollupThread> thread;
    {
        const ShardGate::Turn turn(fixture.gate);
        thread = std::make_unique<RollupThread>(fixture.path(), fixture.gate, fixture.state,
                                                fixture.clock);
        thread->want(std::make_shared<const RollupKinds>(RollupKinds{kAvg}));
        CHECK(fixture.ask("SELECT count(*) FROM rollups") == 0);
    }
    CHECK(fixture.waitFor("SELECT sum(sample_count) FROM rollups", 100));
}

TEST_CASE("rollup thread: without a database it goes on asking, and ends when it is told to") {
    Fixture fixture;
    RollupThread thread(fixture.directory / "none.db", fixture.gate, fixture.state, fixture.clock);
    thread.want(std::make_shared<const RollupKinds>(RollupKinds{kAvg}));
    thread.stop();
    CHECK(fixture.ask("SELECT count(*) FROM rollups") == 0);
}

}  // namespace
}  // namespace evd::store
