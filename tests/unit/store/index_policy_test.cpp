#include "store/index_policy.h"

#include "common/base/text.h"

#include "tests/support/fake_clock.h"

#include <doctest/doctest.h>
#include <limits>

namespace evd::store {
namespace {

constexpr int64_t kHourNs = 3600 * base::kNsPerSecond;

IndexField field(std::string_view path) {
    auto checked = indexField(path);
    REQUIRE(checked);
    return checked.value();
}

class Fixture {
  public:
    void count(std::string_view path, uint64_t queries) {
        policy.count(field(path), queries, clock.wallNs());
    }
    std::string desired() {
        std::string text;
        for (const IndexField& wanted : policy.recompute(clock.wallNs())) {
            text += text.empty() ? "" : " ";
            text += wanted.path;
        }
        return text;
    }
    void pass(int64_t hours) { clock.advanceNs(hours * kHourNs); }

    test::FakeClock clock;
    IndexPolicy policy{{24 * kHourNs, 100, 10}};
};

TEST_CASE("index policy: a field is wanted from the create threshold on") {
    Fixture fixture;
    fixture.count("cpu_id", 99);
    CHECK(fixture.desired().empty());
    fixture.count("cpu_id", 1);
    CHECK(fixture.desired() == "cpu_id");
}

TEST_CASE("index policy: a wanted field stays until it falls below the drop threshold") {
    Fixture fixture;
    fixture.count("cpu_id", 100);
    CHECK(fixture.desired() == "cpu_id");
    fixture.pass(20);
    fixture.count("cpu_id", 10);
    fixture.pass(5);  // the hundred are forgotten now
    CHECK(fixture.desired() == "cpu_id");
    fixture.pass(20);
    CHECK(fixture.desired().empty());
    fixture.count("cpu_id", 99);  // and needs the whole threshold again
    CHECK(fixture.desired().empty());
}

TEST_CASE("index policy: nine of ten are too few to stay") {
    Fixture fixture;
    fixture.count("cpu_id", 100);
    (void)fixture.desired();
    fixture.pass(20);
    fixture.count("cpu_id", 9);
    CHECK(fixture.desired() == "cpu_id");
    fixture.pass(5);
    CHECK(fixture.desired().empty());
}

TEST_CASE("index policy: the more often it is asked for the higher its priority, then by name") {
    Fixture fixture;
    fixture.count("event_type", 150);
    fixture.count("source.name", 300);
    fixture.count("b", 150);
    CHECK(fixture.desired() == "source.name b event_type");
}

TEST_CASE("index policy: thresholds the wrong way round still give hysteresis") {
    test::FakeClock clock;
    IndexPolicy policy({24 * kHourNs, 10, 1000});
    policy.count(field("a"), 10, clock.wallNs());
    CHECK(policy.recompute(clock.wallNs()).size() == 1);
    CHECK(policy.recompute(clock.wallNs()).size() == 1);
}

TEST_CASE("index policy: INDEX comes first at once and lives one window without being asked") {
    Fixture fixture;
    fixture.count("event_type", 1000);
    REQUIRE(fixture.policy.askFor(field("target_sid"), fixture.clock.wallNs()));
    CHECK(fixture.desired() == "target_sid event_type");
    fixture.clock.advanceNs(1);
    REQUIRE(fixture.policy.askFor(field("cpu_id"), fixture.clock.wallNs()));
    CHECK(fixture.desired() == "cpu_id target_sid event_type");
    fixture.pass(23);
    CHECK(fixture.desired() == "cpu_id target_sid event_type");
    fixture.pass(1);
    CHECK(fixture.desired().empty());
}

TEST_CASE(
    "index policy: a field named by INDEX stays when it is queried enough not to be dropped") {
    Fixture fixture;
    REQUIRE(fixture.policy.askFor(field("target_sid"), fixture.clock.wallNs()));
    CHECK(fixture.desired() == "target_sid");
    fixture.pass(23);
    fixture.count("target_sid", 10);
    (void)fixture.desired();
    fixture.pass(2);
    CHECK(fixture.desired() == "target_sid");
}

TEST_CASE("index policy: INDEX is bounded, repeating one is free") {
    Fixture fixture;
    for (size_t index = 0; index < kManualIndexesMax; ++index) {
        REQUIRE(fixture.policy.askFor(field(base::cat("f", index)), fixture.clock.wallNs()));
    }
    CHECK(fixture.policy.askFor(field("f0"), fixture.clock.wallNs()));
    const auto refused = fixture.policy.askFor(field("more"), fixture.clock.wallNs());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == base::ErrorKind::Busy);
    fixture.pass(24);
    CHECK(fixture.policy.askFor(field("more"), fixture.clock.wallNs()));
}

TEST_CASE("index policy: no more indexes than the maximum, the least wanted stay out") {
    Fixture fixture;
    for (size_t index = 0; index <= kDesiredIndexesMax; ++index) {
        fixture.count(base::cat("f", index), 1000 - index);
    }
    const auto& desired = fixture.policy.recompute(fixture.clock.wallNs());
    REQUIRE(desired.size() == kDesiredIndexesMax);
    CHECK(desired.front().path == "f0");
    CHECK(desired.back().path == base::cat("f", kDesiredIndexesMax - 1));
}

TEST_CASE("index policy: of two paths with one index name the more wanted has it") {
    Fixture fixture;
    fixture.count("source_name", 100);
    fixture.count("source.name", 200);
    CHECK(fixture.desired() == "source.name");
    fixture.count("source_name", 200);
    CHECK(fixture.desired() == "source_name");
}

TEST_CASE("index policy: a restart keeps counts, decisions and what INDEX named") {
    Fixture fixture;
    fixture.count("event_type", 100);
    fixture.count("cpu_id", 60);
    REQUIRE(fixture.policy.askFor(field("a.b"), fixture.clock.wallNs()));
    CHECK(fixture.desired() == "a.b event_type");
    const auto state = fixture.policy.state(fixture.clock.wallNs());
    fixture.pass(2);
    Fixture next;
    next.clock.setWallNs(fixture.clock.wallNs());
    next.policy.restore(state, next.clock.wallNs());
    CHECK(next.policy.desired() == fixture.policy.desired());
    CHECK(next.desired() == "a.b event_type");
    next.count("cpu_id", 40);
    CHECK(next.desired() == "a.b cpu_id event_type");
}

TEST_CASE("index policy: what was persisted is not believed") {
    Fixture fixture;
    IndexPolicy::State state;
    state.counters = {{"timestamp", 5000, 0},
                      {"a;b", 5000, 0},
                      {"cpu_id", std::numeric_limits<uint64_t>::max(), -5}};
    state.counted_until_ns = fixture.clock.wallNs();
    state.desired = {{"payload", false}, {"event_type", true}};
    state.manual = {{"nonsense!", 1}, {"a", std::numeric_limits<int64_t>::max()}};
    fixture.policy.restore(state, fixture.clock.wallNs());
    CHECK(fixture.desired() == "a cpu_id");
}

TEST_CASE("index policy: another window keeps what it can") {
    Fixture fixture;
    fixture.count("cpu_id", 240);
    fixture.policy.configure({168 * kHourNs, 100, 10}, fixture.clock.wallNs());
    CHECK(fixture.desired() == "cpu_id");
    fixture.pass(100);
    CHECK(fixture.desired() == "cpu_id");
    fixture.pass(80);
    CHECK(fixture.desired().empty());
}

}  // namespace
}  // namespace evd::store
