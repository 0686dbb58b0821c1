// What a store keeps from one start to the next: over a restart in the same boot, over a reboot,
// and over another number of shards in between.

#include "tests/support/emitter.h"
#include "tests/support/evctl.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <string>

namespace test = evd::test;

namespace {

constexpr const char* kEventType = "boot.event";
constexpr const char* kFirstBoot = "\"11111111-2222-3333-4444-555555555555\"";
constexpr const char* kSecondBoot = "\"66666666-7777-8888-9999-aaaaaaaaaaaa\"";
constexpr uint32_t kEventsPerLife = 100;

// One life of the group: it emits kEventsPerLife events behind `first` and stops cleanly.
void live(const test::StateFolder& state, const char* boot, const char* shards, uint64_t first) {
    test::GroupOptions options = test::withoutSensors();
    options.values.push_back({"Linux", "BootId", "sz", boot});
    options.values.push_back({"Linux", "KmesCpus", "dword", "2"});
    options.values.push_back({"", "StorageShards", "dword", shards});
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    test::Emitter emitter(state.below("run/kmes.sock"), kEventType, 30);
    REQUIRE(emitter.emit(first, kEventsPerLife).acknowledged == kEventsPerLife);
    REQUIRE(group.stop() == 0);
}

std::string answer(const test::StateFolder& state, const std::string& question) {
    test::GroupOptions options = test::withoutSensors();
    options.values.push_back({"Linux", "BootId", "sz", kSecondBoot});
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    const auto asked = test::ask(state, question);
    CHECK(asked.status == 0);
    CHECK(group.stop() == 0);
    return asked.output;
}

}  // namespace

TEST_CASE("boot: restarts, a reboot and other numbers of shards keep every event exactly once") {
    const test::StateFolder state;
    live(state, kFirstBoot, "1", 1);
    live(state, kFirstBoot, "3", 101);
    live(state, kFirstBoot, "2", 201);
    live(state, kSecondBoot, "2", 301);
    live(state, kSecondBoot, "1", 401);

    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    for (const auto& violation : report.violations) {
        FAIL_CHECK(violation);
    }
    CHECK(report.lost == 0);
    CHECK(report.numbers.size() == 500);
    CHECK(report.distinct() == 500);
    CHECK(report.complete_until.size() >= 2);  // two boots, counted apart
    for (const char* shard : {"shard-0000.db", "shard-0001.db", "shard-0002.db"}) {
        CHECK(std::filesystem::exists(state.below(std::string("events/") + shard)));
    }
}

TEST_CASE("boot: startup events tell a restart from a new boot, shutdown events where it stopped") {
    const test::StateFolder state;
    live(state, kFirstBoot, "1", 1);
    live(state, kFirstBoot, "1", 101);
    live(state, kSecondBoot, "1", 201);
    const std::string starts =
        answer(state, "EVENTS synthetic.startup SORT timestamp SELECT restart, shard_count");
    CHECK(starts ==
          "{\"restart\":false,\"shard_count\":1}\n{\"restart\":true,\"shard_count\":1}\n"
          "{\"restart\":false,\"shard_count\":1}\n{\"restart\":true,\"shard_count\":2}\n");
    const std::string stops = answer(state, "EVENTS synthetic.shutdown COUNT");
    CHECK(stops == "{\"count\":4}\n");
}
