// Logs and metrics from their sources to answers, through the real programs.

#include "common/base/clock.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/wire/record_datagram.h"
#include "tests/support/emitter.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/raw_query.h"
#include "tests/support/sqlite_shell.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

namespace base = evd::base;
namespace test = evd::test;
namespace wire = evd::wire;

namespace {

std::string answerTo(const test::StateFolder& state, const std::string& question) {
    const auto answer = test::ask(state, question);
    CHECK_MESSAGE(answer.status == 0, answer.errors);
    return answer.output;
}

template <typename Holds>
bool comesTrue(const Holds& holds) {
    return test::waitUntil(test::kPatienceMs, holds);
}

std::string inStore(const std::string& path, const std::string& sql) {
    test::SqliteShell shell(path, {"-readonly"});
    return shell.ask(sql + ";");
}

// Their numbers, as the kernel has them: "cpu" alone is the sum of all.
std::vector<std::string> coresOfThisMachine() {
    std::vector<std::string> cores;
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);) {
        const std::string name = line.substr(0, line.find(' '));
        if (name.starts_with("cpu") && name != "cpu") {
            cores.push_back(name.substr(3));
        }
    }
    return cores;
}

class Sender {
  public:
    explicit Sender(const std::string& path) {
        auto connected = base::connectUnix(path, SOCK_DGRAM);
        REQUIRE(connected.ok());
        socket_ = std::move(connected).value();
    }
    template <typename Record>
    void send(const Record& record) {
        datagram_.clear();
        REQUIRE(datagram_.add(record) == wire::RecordDatagram::Added::Yes);
        const auto bytes = datagram_.bytes();
        REQUIRE(::send(socket_.get(), bytes.data(), bytes.size(), 0) ==
                static_cast<ssize_t>(bytes.size()));
    }

  private:
    base::Fd socket_;
    wire::RecordDatagram datagram_;
};

}  // namespace

TEST_CASE(
    "records: soon after the start the kernel, every core and the group itself have answers") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const auto cores = coresOfThisMachine();
    REQUIRE_FALSE(cores.empty());
    for (const std::string& core : cores) {
        CAPTURE(core);
        CHECK(comesTrue([&] {
            return answerTo(state, "METRIC cpu.usage[]")
                       .find(base::cat(R"("core":")", core, '"')) != std::string::npos;
        }));
    }
    CHECK(comesTrue([&] {
        return answerTo(state, "METRIC eventd.process.memory.bytes[process=\"eventd-store\"]")
                   .find("\"value\":") != std::string::npos;
    }));
    // The first look of the group at itself may come before the first commit.
    CHECK(comesTrue([&] {
        return answerTo(state, "METRIC eventd.commit.seconds[store=\"events\"] P95")
                   .find("\"value\":") != std::string::npos;
    }));
    if (::access("/dev/kmsg", R_OK) == 0) {
        CHECK(comesTrue([&] { return !answerTo(state, "LOGS FROM kernel TAKE 1").empty(); }));
    }
    CHECK(group.stop() == 0);
}

TEST_CASE("records: what a command prints reaches whoever follows the log") {
    const test::StateFolder state;
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    test::RawQuery tail(state.below("run/query.sock"));
    REQUIRE(tail.send("LOGS FROM sh STREAM"));
    REQUIRE(tail.receive(test::kPatienceMs).has_value());
    const auto run =
        test::evctl(state, {"run", "--", "sh", "-c", "echo one; echo two >&2; exit 3"});
    CHECK(run.status == 3);
    CHECK(run.output == "one\n");
    uint32_t lines = 0;
    while (lines < 2) {
        const auto message = tail.receive(test::kPatienceMs);
        REQUIRE(message.has_value());
        lines += message->record_count;
    }
    const std::string errors = answerTo(state, "LOGS FROM sh ERROR ONLY SELECT message");
    CHECK(errors == "{\"message\":\"two\"}\n");
    CHECK(answerTo(state, "LOGS FROM sh COUNT BY job_id").find("\"count\":2") != std::string::npos);
}

// Batches are numbered (capnp/ingest.capnp): what was in doubt when the store died comes again, and
// only once.
TEST_CASE("records: a store that is killed loses and doubles no line that eventd-ingest has") {
    const test::StateFolder state;
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    Sender sender(state.below("run/log.sock"));
    constexpr int kKills = 4;
    uint64_t sent = 0;
    for (int kill = 0; kill < kKills; ++kill) {
        for (int line = 0; line < 2000; ++line) {
            const std::string text = base::cat(sent++);
            wire::LogRecord record;
            record.origin = "counter";
            record.message = text;
            sender.send(record);
        }
        const pid_t store = group.childPid("eventd-store");
        REQUIRE(store > 0);
        ::kill(store, SIGKILL);
        CHECK(comesTrue([&] {
            const pid_t next = group.childPid("eventd-store");
            return next > 0 && next != store;
        }));
    }
    const std::string path = state.below("logs.db");
    const std::string all = base::cat(sent);
    CHECK(comesTrue([&] { return inStore(path, "SELECT count(*) FROM logs") == all; }));
    CHECK(inStore(path, "SELECT count(DISTINCT message) FROM logs") == all);
    CHECK(group.stop() == 0);
}

TEST_CASE("records: a log store that cannot be written holds nothing else up (Spec §4.3, §6.3)") {
    const test::StateFolder state;
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    test::SqliteShell shell(state.below("logs.db"), {});
    REQUIRE(shell.ask("BEGIN IMMEDIATE;").empty());
    wire::LogRecord line;
    line.origin = "held";
    line.message = "waits";
    Sender(state.below("run/log.sock")).send(line);
    wire::MetricRecord sample;
    sample.name = "test.free";
    sample.timestamp_ns = base::SystemClock().wallNs();
    sample.value = 7;
    Sender(state.below("run/metric.sock")).send(sample);
    test::Emitter emitter(state.below("run/kmes.sock"), "test.free", 100);
    CHECK(emitter.emit(1, 200).acknowledged == 200);
    CHECK(comesTrue(
        [&] { return answerTo(state, "EVENTS test.free COUNT") == "{\"count\":200}\n"; }));
    CHECK(comesTrue([&] {
        return answerTo(state, "METRIC test.free").find("\"value\":7.0") != std::string::npos;
    }));
    CHECK(answerTo(state, "LOGS FROM held COUNT") == "{\"count\":0}\n");
    CHECK(shell.ask("ROLLBACK;").empty());
    CHECK(comesTrue([&] { return answerTo(state, "LOGS FROM held COUNT") == "{\"count\":1}\n"; }));
    CHECK(group.stop() == 0);
}

// Spec §7.4, Ruling S9.
TEST_CASE("records: a damaged log or metric store is replaced, and that is an event (Spec §2.6)") {
    const test::StateFolder state;
    for (const char* path : {"logs.db", "metrics.db"}) {
        std::ofstream(state.below(path)) << "this is no database, and long enough to be none";
    }
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    const std::string errors = "EVENTS synthetic.storage_error SELECT store";
    CHECK(comesTrue([&] {
        const auto told = answerTo(state, errors);
        return told.find(R"({"store":"log"})") != std::string::npos &&
               told.find(R"({"store":"metric"})") != std::string::npos;
    }));
    wire::LogRecord record;
    record.origin = "after";
    record.message = "goes on";
    Sender(state.below("run/log.sock")).send(record);
    CHECK(comesTrue([&] { return answerTo(state, "LOGS FROM after COUNT") == "{\"count\":1}\n"; }));
    CHECK(group.stop() == 0);
}

TEST_CASE("records: rollups appear when they are asked for, and no answer changes") {
    const test::StateFolder state;
    test::GroupOptions options = test::withoutSensors();
    options.values.push_back({"", "AdaptiveRollupCreateThreshold", "dword", "10"});
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    Sender sender(state.below("run/metric.sock"));
    constexpr int kSamples = 240;
    const int64_t now_ns = base::SystemClock().wallNs();
    for (int i = 0; i < kSamples; ++i) {
        const wire::MetricLabel label{"part", "a"};
        wire::MetricRecord record;
        record.name = "test.load";
        record.labels = std::span(&label, 1);
        record.timestamp_ns = now_ns - 7200 * base::kNsPerSecond + i * 15 * base::kNsPerSecond;
        record.value = i % 7;
        sender.send(record);
    }
    const std::string path = state.below("metrics.db");
    REQUIRE(comesTrue([&] {
        return inStore(path,
                       "SELECT count(*) FROM samples JOIN series ON series.id = series_id "
                       "WHERE name = 'test.load'") == base::cat(kSamples);
    }));
    const std::string question = "METRIC test.load[] SINCE \"2020-01-01T00:00:00Z\" AVG_OVER 1m";
    const std::string before = answerTo(state, question);
    CHECK(comesTrue([&] {
        CHECK(answerTo(state, question) == before);
        return inStore(path, "SELECT count(*) > 55 FROM rollups") == "1";
    }));
    CHECK(answerTo(state, question) == before);
    // A sample in the past takes its rollup with it, and the next answer knows of it.
    wire::MetricRecord late;
    const wire::MetricLabel label{"part", "a"};
    late.name = "test.load";
    late.labels = std::span(&label, 1);
    late.timestamp_ns = now_ns - 7000 * base::kNsPerSecond;
    late.value = 1000;
    sender.send(late);
    CHECK(comesTrue([&] { return answerTo(state, question) != before; }));
    CHECK(group.stop() == 0);
}
