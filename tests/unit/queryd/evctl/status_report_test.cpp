#include "queryd/evctl/status_report.h"

#include "tests/support/fake_clock.h"

#include <doctest/doctest.h>

using evd::base::kNsPerSecond;

namespace {

constexpr int64_t kNow = evd::test::FakeClock::kStartWallNs;

evd::queryd::GroupStatus sample() {
    evd::queryd::GroupStatus status;
    evd::wire::ProcessStatus store;
    store.name = "store";
    store.state = "running";
    store.pid = 42;
    store.started_wall_ns = kNow - 90 * kNsPerSecond;
    store.memory_bytes = 3 * 1024 * 1024 / 2;
    store.measures = {
        {"shard.0.rows", 12}, {"shard.1.rows", 7}, {"shard.1.wal_bytes", 4096}, {"commits", 5}};
    evd::wire::ProcessStatus collector;
    collector.name = "collector";
    collector.state = "backing off";
    collector.restarts = 2;
    collector.last_exit = "signal 9";
    collector.measures = {{"ring.0.fill_percent", 3}};
    status.processes = {store, collector};
    status.queries_running = 3;
    status.queries_streaming = 1;
    return status;
}

}  // namespace

TEST_CASE("status: processes first, then a table for each kind of thing that is measured") {
    CHECK(evd::evctl::statusText(sample(), kNow) ==
          "process    state        pid  restarts  up       memory   last end\n"
          "store      running      42   0         1.5 min  1.5 MiB  -\n"
          "collector  backing off  0    2         -        0 B      signal 9\n"
          "\n"
          "ring  fill_percent\n"
          "0     3 %\n"
          "\n"
          "shard  rows  wal_bytes\n"
          "0      12    -\n"
          "1      7     4.0 KiB\n"
          "\n"
          "process  figure   value\n"
          "store    commits  5\n"
          "\n"
          "queries: 3 running, 1 of them streaming\n");
}

TEST_CASE("status: a table that is wider than the terminal is turned") {
    const std::string text = evd::evctl::statusText(sample(), kNow, 20);
    CHECK(text.find("shard      0   1\n"
                    "rows       12  7\n"
                    "wal_bytes  -   4.0 KiB\n") != std::string::npos);
    CHECK(text.find("ring  fill_percent\n0     3 %\n") != std::string::npos);
}

TEST_CASE("status: a program gets one object per process and one for the queries") {
    CHECK(evd::evctl::statusJsonl(sample()) ==
          "{\"crashes\":[],\"last_exit\":\"\",\"measures\":{\"shard.0.rows\":12,\"shard.1.rows\":7,"
          "\"shard.1.wal_bytes\":4096,\"commits\":5},\"memory_bytes\":1572864,\"name\":\"store\","
          "\"pid\":42,\"restarts\":0,\"settings\":[],\"started\":1767225510000000000,\"state\":"
          "\"running\","
          "\"upgrade\":\"\"}\n"
          "{\"crashes\":[],\"last_exit\":\"signal 9\",\"measures\":{\"ring.0.fill_percent\":3},"
          "\"memory_bytes\":0,\"name\":\"collector\",\"pid\":0,\"restarts\":2,\"settings\":[],"
          "\"started\":0,"
          "\"state\":\"backing off\",\"upgrade\":\"\"}\n"
          "{\"queries_running\":3,\"queries_streaming\":1}\n");
}

TEST_CASE("status: an empty group still has its headings") {
    CHECK(evd::evctl::statusText({}, kNow).starts_with("process  state"));
}

TEST_CASE("status: the newest crash of a program with its last words, an upgrade, what waits") {
    evd::queryd::GroupStatus status;
    evd::wire::ProcessStatus own;
    own.name = "eventd";
    own.state = "running";
    own.upgrade = "upgrade: complete, 6 of 6 programs replaced";
    own.settings = {{"StorageShards", "2", "4", ""},
                    {"MaxBatchSize", "10000", "7", "must be 100 to 100000"}};
    evd::wire::ProcessStatus store;
    store.name = "eventd-store";
    store.state = "running";
    store.crashes = {{kNow - 600 * kNsPerSecond, 5, "exited with status 9", {"never shown"}},
                     {kNow - 120 * kNsPerSecond,
                      6,
                      "was killed by signal 11 (SEGV)",
                      {"1", "2", "3", "4", "5", "6\x1b[2J"}}};
    status.processes = {own, store};
    const std::string text = evd::evctl::statusText(status, kNow);
    CHECK(text.find("\nupgrade: complete, 6 of 6 programs replaced\n"
                    "\n"
                    "setting not in force  running  configured  why\n"
                    "StorageShards         2        4           waits for the next start\n"
                    "MaxBatchSize          10000    7           refused: must be 100 to 100000\n"
                    "\n"
                    "eventd-store (pid 6) was killed by signal 11 (SEGV), 2.0 min ago\n"
                    "    2\n    3\n    4\n    5\n    6") != std::string::npos);
    CHECK(text.find("never shown") == std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
    const std::string lines = evd::evctl::statusJsonl(status);
    CHECK(lines.find("\"settings\":[{\"configured\":\"4\",\"name\":\"StorageShards\","
                     "\"refused\":null,\"running\":\"2\"},{\"configured\":\"7\"") !=
          std::string::npos);
    CHECK(lines.find("\"how\":\"exited with status 9\",\"output\":[\"never shown\"],"
                     "\"pid\":5},{") != std::string::npos);
}
