#include "store/policy_thread.h"

#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

namespace evd::store {
namespace {

IndexField field(std::string_view path) {
    auto checked = indexField(path);
    REQUIRE(checked);
    return checked.value();
}

class Fixture {
  public:
    PolicyThread& start() {
        auto opened = MetaStore::open(directory.path(), clock);
        REQUIRE(opened);
        thread = std::make_unique<PolicyThread>(PolicyThread::Settings{},
                                                std::move(opened.value().store), clock,
                                                [this](DesiredIndexesView desired) {
                                                    const std::lock_guard lock(mutex);
                                                    published.push_back(std::move(desired));
                                                    changed.notify_all();
                                                });
        return *thread;
    }
    // What was published the nth time, once it was.
    DesiredIndexes waitFor(size_t nth) {
        std::unique_lock lock(mutex);
        REQUIRE(changed.wait_for(lock, std::chrono::seconds(20),
                                 [&] { return published.size() > nth; }));
        return *published.at(nth);
    }
    // The same, but waits for a moment only.
    bool isPublished(size_t nth) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::milliseconds(200),
                                [&] { return published.size() > nth; });
    }
    base::Result<void> askFor(std::string_view path) {
        std::optional<base::Result<void>> outcome;
        thread->askFor(field(path), [&](base::Result<void> given) {
            const std::lock_guard lock(mutex);
            outcome = std::move(given);
            changed.notify_all();
        });
        std::unique_lock lock(mutex);
        REQUIRE(
            changed.wait_for(lock, std::chrono::seconds(20), [&] { return outcome.has_value(); }));
        return *outcome;
    }

    test::TemporaryDirectory directory;
    test::FakeClock clock;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<DesiredIndexesView> published;
    std::unique_ptr<PolicyThread> thread;  // last: it calls back
};

TEST_CASE("policy thread: INDEX is published before it is answered, and survives") {
    Fixture fixture;
    fixture.start();
    CHECK(fixture.waitFor(0).empty());
    CHECK(fixture.askFor("target_sid"));
    CHECK(fixture.waitFor(1) == DesiredIndexes{field("target_sid")});
    fixture.thread.reset();
    fixture.start();
    CHECK(fixture.waitFor(2) == DesiredIndexes{field("target_sid")});
}

TEST_CASE("policy thread: counts have an effect at the next interval, not before") {
    Fixture fixture;
    PolicyThread& thread = fixture.start();
    thread.count({{field("cpu_id"), 200}});
    CHECK(fixture.askFor("target_sid"));  // applies the policy at once (Spec §8.2)
    CHECK(fixture.waitFor(1).size() == 2);
    thread.count({{field("event_type"), 200}});
    {
        const std::lock_guard lock(fixture.mutex);
        CHECK(fixture.published.size() == 2);
    }
    // Whatever wakes it; by itself it would look at the hour. An hour may be over before it has
    // seen the count; then the next one tells.
    for (int hour = 0; hour < 20 && !fixture.isPublished(2); ++hour) {
        fixture.clock.advanceNs(int64_t{3600} * base::kNsPerSecond);
        thread.count({{field("a"), 1}});
    }
    CHECK(fixture.waitFor(2).size() == 3);
}

TEST_CASE("policy thread: a shorter interval counts at once, even if it is over already") {
    Fixture fixture;
    PolicyThread& thread = fixture.start();
    thread.count({{field("cpu_id"), 200}});
    // Whether it has seen the count is not known until it says so; nothing of it needs the clock.
    fixture.clock.advanceNs(int64_t{1800} * base::kNsPerSecond);
    CHECK_FALSE(fixture.isPublished(1));  // it sleeps until the hour is over
    PolicyThread::Settings settings;
    settings.interval_ns = int64_t{600} * base::kNsPerSecond;
    thread.configure(settings);
    CHECK(fixture.waitFor(1).size() == 1);
}

TEST_CASE("policy thread: what was counted is persisted when it stops") {
    Fixture fixture;
    fixture.start().count({{field("cpu_id"), 60}});
    fixture.thread.reset();
    PolicyThread& thread = fixture.start();
    thread.count({{field("cpu_id"), 40}});
    CHECK(fixture.askFor("a"));
    CHECK(fixture.waitFor(2) == DesiredIndexes{field("a"), field("cpu_id")});
}

TEST_CASE("policy thread: without a meta store it works in memory") {
    Fixture fixture;
    fixture.thread = std::make_unique<PolicyThread>(
        PolicyThread::Settings{}, nullptr, fixture.clock, [&](DesiredIndexesView desired) {
            const std::lock_guard lock(fixture.mutex);
            fixture.published.push_back(std::move(desired));
            fixture.changed.notify_all();
        });
    CHECK(fixture.askFor("a"));
    CHECK(fixture.waitFor(1).size() == 1);
}

TEST_CASE("policy thread: an INDEX too many is refused and changes nothing") {
    Fixture fixture;
    fixture.start();
    for (size_t index = 0; index < kManualIndexesMax; ++index) {
        CHECK(fixture.askFor("f" + std::to_string(index)));
    }
    CHECK(fixture.askFor("more").error().kind == base::ErrorKind::Busy);
}

}  // namespace
}  // namespace evd::store
