// Streaming log lines end to end: the engine over a log database that the test commits to. Waiting
// is on conditions only; a line that never comes lets the test run into its time limit.

#include "common/base/text.h"
#include "common/base/thread.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/fake_clock.h"
#include "tests/support/log_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/queryd/exec/running_stream.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace evd::queryd {
using test::RunningStream;
using test::TestLog;
using test::TestLogStore;

namespace {

TestLog logOf(int64_t id, std::string origin = "a") {
    TestLog log;
    log.id = id;
    log.timestamp = 1000 - id;  // the order of time is the opposite of the order of commits
    log.origin = std::move(origin);
    log.message = base::cat("line ", id);
    log.is_error = id % 2 == 0;
    return log;
}

std::string line(int64_t id) {
    return base::cat("{\"message\":\"line ", id, "\"}");
}

struct Store {
    test::TemporaryDirectory folder;
    test::FakeClock clock;
    CountingSignal signal;
    std::unique_ptr<QueryEngine> engine = makeQueryEngine(
        {.event_store_path = "", .log_store_path = folder / "logs.db"}, clock, signal);

    void commit(TestLogStore& store, const TestLog& log) {
        store.insert(log);
        signal.bump();
    }
};

}  // namespace

TEST_CASE("log stream: the initial result, then what is committed, in the order of commits") {
    Store store;
    TestLogStore logs(store.folder / "logs.db");
    logs.insert(logOf(1));
    logs.insert(logOf(2));
    RunningStream stream(*store.engine, "LOGS SELECT message STREAM");
    stream.records().waitFor(2);
    store.commit(logs, logOf(3));
    store.commit(logs, logOf(4));
    stream.records().waitFor(4);
    CHECK(stream.records().lines() == std::vector{line(1), line(2), line(3), line(4)});
    CHECK(stream.records().initialCount() == 2);
}

TEST_CASE("log stream: origins, errors and text hold for the live part") {
    Store store;
    TestLogStore logs(store.folder / "logs.db");
    RunningStream stream(*store.engine,
                         "LOGS FROM A ERROR ONLY CONTAINING line SELECT message STREAM");
    stream.records().waitFor(0);
    store.commit(logs, logOf(1));
    store.commit(logs, logOf(2));
    store.commit(logs, logOf(4, "b"));
    store.commit(logs, logOf(6));
    stream.records().waitFor(2);
    CHECK(stream.records().lines() == std::vector{line(2), line(6)});
}

TEST_CASE("log stream: context belongs to the initial result, and no line comes twice") {
    Store store;
    TestLogStore logs(store.folder / "logs.db");
    logs.insert(logOf(1));
    logs.insert(logOf(2));
    RunningStream stream(*store.engine,
                         "LOGS ERROR ONLY WITH CONTEXT 1 SORT timestamp SELECT message STREAM");
    stream.records().waitFor(2);
    store.commit(logs, logOf(3));
    store.commit(logs, logOf(4));
    stream.records().waitFor(3);
    CHECK(stream.records().lines() == std::vector{line(2), line(1), line(4)});
}

TEST_CASE("log stream: a store that comes later is read from its first line") {
    Store store;
    RunningStream stream(*store.engine, "LOGS SELECT message STREAM");
    stream.records().waitFor(0);
    TestLogStore logs(store.folder / "logs.db");
    store.commit(logs, logOf(1));
    stream.records().waitFor(1);
    CHECK(stream.records().lines() == std::vector{line(1)});
}

TEST_CASE("log stream: quarantine renames a store without repeating it") {
    Store store;
    auto logs = std::make_unique<TestLogStore>(store.folder / "logs.db");
    logs->insert(logOf(1));
    RunningStream stream(*store.engine, "LOGS SELECT message STREAM");
    stream.records().waitFor(1);
    logs.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::rename(store.folder / base::cat("logs.db", suffix),
                                store.folder / base::cat("logs.corrupt-1.db", suffix));
    }
    TestLogStore fresh(store.folder / "logs.db");
    store.commit(fresh, logOf(1));  // ids begin anew
    stream.records().waitFor(2);
    CHECK(stream.records().lines() == std::vector{line(1), line(1)});
}

TEST_CASE("log stream: streams that start under a writer lose nothing and repeat nothing") {
    constexpr int64_t kLines = 3000;
    Store store;
    std::vector<std::unique_ptr<RunningStream>> streams;
    {
        base::Thread writer("writer", [&] {
            TestLogStore logs(store.folder / "logs.db");
            for (int64_t id = 1; id <= kLines; id += 10) {
                std::vector<TestLog> batch;
                for (int64_t i = id; i < id + 10; ++i) {
                    batch.push_back(logOf(i, i % 3 == 0 ? "b" : "a"));
                }
                logs.insert(batch);
                store.signal.bump();
            }
        });
        const std::vector<std::string> queries = {"LOGS SELECT message STREAM",
                                                  "LOGS FROM a, b SELECT message STREAM",
                                                  "LOGS SORT message SELECT message STREAM",
                                                  "LOGS CONTAINING line SELECT message STREAM"};
        for (size_t i = 0; i < 8; ++i) {
            streams.push_back(
                std::make_unique<RunningStream>(*store.engine, queries[i % queries.size()]));
            // The next begins when this one has its initial result: they start all over the run.
            streams.back()->records().waitFor(0);
        }
    }
    for (const auto& stream : streams) {
        stream->records().waitFor(kLines);
        const auto lines = stream->records().lines();
        CHECK(lines.size() == kLines);
        CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == lines.size());
    }
}

}  // namespace evd::queryd
