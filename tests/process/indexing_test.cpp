// EVENTS INDEX through the real programs: from evctl to an index in every shard.

#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "common/db/store_files.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>

namespace test = evd::test;
namespace db = evd::db;
using test::evctl;

namespace {

size_t shardsWith(const test::StateFolder& state, const std::string& index) {
    size_t found = 0;
    const auto files = db::discoverEventStores(state.below("events"));
    for (const db::StoreFile& file : files.value()) {
        auto connection = db::Connection::openForReading(file.path);
        REQUIRE(connection.ok());
        auto query = connection.value()->prepare(
            "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name = ?1");
        REQUIRE(query.ok());
        query.value()->bindText(1, index);
        REQUIRE(query.value()->step().ok());
        found += static_cast<size_t>(query.value()->columnInteger(0));
    }
    return found;
}

size_t shardCount(const test::StateFolder& state) {
    return db::discoverEventStores(state.below("events")).value().size();
}

bool everyShardGets(const test::StateFolder& state, const std::string& index) {
    return test::waitUntil(test::kPatienceMs,
                           [&] { return shardsWith(state, index) == shardCount(state); });
}

test::GroupOptions quietGroup() {
    test::GroupOptions options = test::withoutSensors();
    options.values.push_back({"", "StorageShards", "dword", "2"});
    return options;
}

}  // namespace

// Spec §8.2, manual indexing; Ruling Q12.
TEST_CASE("indexing: EVENTS INDEX makes the index in every shard, and questions still answer") {
    const test::StateFolder state;
    test::Group group(state, quietGroup());
    REQUIRE(group.waitReady());
    for (int n = 0; n < 5; ++n) {
        REQUIRE(evctl(state, {"emit", "index.event", "{\"user\": {\"name\": \"Ann\"}, \"n\": 7}"})
                    .status == 0);
    }
    const auto column = evctl(state, {"index", "event_type"});
    CHECK(column.status == 0);
    CHECK(column.output.empty());
    const auto payload = evctl(state, {"EVENTS INDEX user.name"});
    CHECK(payload.status == 0);
    CHECK(payload.output.empty());
    CHECK(everyShardGets(state, "idx_events_event_type"));
    CHECK(everyShardGets(state, "idx_events_payload_user_name"));
    // Writing goes on with the payload index in place, and so does asking.
    REQUIRE(
        evctl(state, {"emit", "index.event", "{\"user\": {\"name\": \"Ann\"}, \"n\": 7}"}).status ==
        0);
    CHECK(test::waitUntil(test::kPatienceMs, [&] {
        return test::ask(state, "EVENTS index.event WHERE user.name == \"ann\" AND n == 7 COUNT")
                   .output == "{\"count\":6}\n";
    }));
    CHECK(group.stop() == 0);
    const auto files = db::discoverEventStores(state.below("events"));
    CHECK(files.value().size() == 2);  // eventd-meta.db is no shard
}

TEST_CASE("indexing: what INDEX asked for survives a killed store") {
    const test::StateFolder state;
    test::Group group(state, quietGroup());
    REQUIRE(group.waitReady());
    REQUIRE(evctl(state, {"index", "cpu_id"}).status == 0);
    CHECK(everyShardGets(state, "idx_events_cpu_id"));
    REQUIRE(group.signalChild("eventd-store", SIGKILL));
    // The edge is made anew: before that the store is away, and says so.
    CHECK(test::waitUntil(test::kPatienceMs, [&] {
        return evctl(state, {"index", "boot_id"}).status == 0;
    }));
    CHECK(everyShardGets(state, "idx_events_boot_id"));
    CHECK(everyShardGets(state, "idx_events_cpu_id"));
    CHECK(group.stop() == 0);
}

TEST_CASE("indexing: INDEX of timestamp, of nothing sensible and with other clauses is refused") {
    const test::StateFolder state;
    test::Group group(state, quietGroup());
    REQUIRE(group.waitReady());
    const auto refused = evctl(state, {"index", "timestamp"});
    CHECK(refused.status == 1);
    CHECK(refused.errors.find("always indexed") != std::string::npos);
    CHECK(evctl(state, {"index", "payload"}).status == 1);
    CHECK(evctl(state, {"index", "a'b"}).status == 1);
    CHECK(evctl(state, {"EVENTS INDEX a TAKE 1"}).status == 1);
    CHECK(evctl(state, {"index"}).status == 2);
    CHECK(evctl(state, {"index", "a", "b"}).status == 2);
}

// Ruling A9, with administrators in the place of the descriptor.
TEST_CASE("indexing: INDEX is for administrators") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: only root can ask as somebody else");
        return;
    }
    const test::StateFolder state;
    test::Group group(state, quietGroup());
    REQUIRE(group.waitReady());
    REQUIRE(::chmod(state.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(state.below("run").c_str(), 0755) == 0);
    const auto refused = test::runCommand({"/usr/bin/setpriv", "--reuid", "65534", "--regid",
                                           "65534", "--clear-groups", test::programPath("evctl"),
                                           "-s", state.below("run/query.sock"), "index", "cpu_id"});
    CHECK(refused.status == 1);
    CHECK(refused.errors.find("INDEX is for administrators") != std::string::npos);
    CHECK(shardsWith(state, "idx_events_cpu_id") == 0);
}
