// 128 clients ask mixed questions, a few of them streams, while events come in as fast as the store
// takes them: no event is lost or doubled, nothing stalls, and when everybody has gone queryd holds
// no more descriptors than before and has not grown. Short here; EVENTD_SOAK_SECONDS=600 is the
// length the project promises.

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/thread.h"
#include "common/db/sqlite.h"
#include "tests/support/emitter.h"
#include "tests/support/evctl.h"
#include "tests/support/from_environment.h"
#include "tests/support/group.h"
#include "tests/support/kept_descriptors.h"
#include "tests/support/raw_query.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <vector>

namespace test = evd::test;
namespace base = evd::base;
using base::cat;

namespace {

constexpr uint64_t kSecondsDefault = 15;
// A sanitizer makes every answer several times as long, and keeps what was freed.
#ifdef EVD_SANITIZED
constexpr size_t kClients = 32;
constexpr int64_t kGrowthKibMax = 1024 * 1024;
#else
constexpr size_t kClients = 128;
// What the process may be larger at the end than when all clients had begun.
constexpr int64_t kGrowthKibMax = 48 * 1024;
#endif
constexpr size_t kStreams = 8;  // of them
constexpr int kAnswerMsMax = 60'000;
constexpr uint64_t kUnstoredMax = 6'000;  // about half of a 4 MiB ring
constexpr uint32_t kPadBytes = 16;        // small, or ten minutes of it fill a disk
constexpr const char* kEventType = "soak.event";
// However many ask, the log of the shard begins anew (queryd/exec/log_rest.h).
constexpr uintmax_t kLogBytesMax = uintmax_t{640} << 20;

constexpr auto kQuestions = std::to_array<const char*>({
    "EVENTS TAKE 10", "EVENTS soak.event SINCE 2s ago TAKE 100",
    "EVENTS soak.event SINCE 1s ago WHERE n > 10 TAKE 20",
    "EVENTS SINCE 1s ago COUNT BY event_type",
    "EVENTS soak.event SINCE 1s ago WHERE pad CONTAINS x TAKE 5",
    "EVENTS SINCE 1s ago SORT n DESC TAKE 5", "EVENTS SINCE 1s ago GROUP event_type SUM n",
    "EVENTS SINCE 1s ago WHERE METRIC soak.gauge > 0 COUNT", "LOGS TAKE 20",
    "LOGS SINCE 5s ago COUNT BY origin", "METRIC soak.gauge SINCE 1m ago",
    "EVENTS SINCE 1s ago WHERE nothing IS NOT NULL COUNT",
    "EVENTS SINCE 1s ago WHERE",  // an error is an answer too
});

uint64_t seconds() {
    return test::fromEnvironment("EVENTD_SOAK_SECONDS", kSecondsDefault);
}

int64_t nowNs() {
    return base::SystemClock().monotonicNs();
}

int64_t residentKib(pid_t pid) {
    std::ifstream status(cat("/proc/", pid, "/status"));
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("RssAnon:")) {
            const auto kib = base::parseU64(base::trim(line.substr(8, line.size() - 8 - 2)));
            return kib.ok() ? static_cast<int64_t>(kib.value()) : -1;
        }
    }
    return -1;
}

int64_t numberOf(const std::string& path, const std::string& sql) {
    auto connection = evd::db::Connection::openForReading(path);
    REQUIRE(connection.ok());
    auto statement = connection.value()->prepare(sql);
    REQUIRE(statement.ok());
    REQUIRE(statement.value()->step().ok());
    return statement.value()->columnInteger(0);
}

// Emits as fast as the store takes, and notes the longest time in which nothing was stored.
class Load {
  public:
    explicit Load(const test::StateFolder& state)
        : state_(state),
          emitter_(state.below("run/kmes.sock"), kEventType, kPadBytes),
          thread_("load", [this] { run(); }) {}
    ~Load() { stop(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void stop() {
        stopping_ = true;
        thread_.join();
    }
    uint64_t acknowledged() const { return acknowledged_; }
    int64_t longestStallNs() const { return longest_stall_ns_; }

  private:
    void run() {
        auto connection = evd::db::Connection::openForReading(state_.below("events/shard-0000.db"));
        EVD_CHECK(connection.ok(), "the shard is there");
        auto newest = connection.value()->prepare("SELECT max(id) FROM events");
        EVD_CHECK(newest.ok(), "it can be asked");
        uint64_t stored = 0;
        int64_t changed_ns = nowNs();
        while (!stopping_) {
            EVD_CHECK(newest.value()->step().ok(), "it answers");
            const auto now_stored = static_cast<uint64_t>(newest.value()->columnInteger(0));
            newest.value()->reset();
            if (now_stored != stored) {
                stored = now_stored;
                changed_ns = nowNs();
            } else if (acknowledged_ > stored) {
                longest_stall_ns_ = std::max<int64_t>(longest_stall_ns_, nowNs() - changed_ns);
            }
            if (acknowledged_ > stored + kUnstoredMax) {
                test::pauseMs(1);
                continue;
            }
            acknowledged_ += emitter_.emit(acknowledged_ + 1, test::kEmitBatchMax).acknowledged;
        }
    }

    const test::StateFolder& state_;
    test::Emitter emitter_;
    std::atomic<uint64_t> acknowledged_ = 0;
    std::atomic<int64_t> longest_stall_ns_ = 0;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

// Asks one question after the other, each to its end.
class Client {
  public:
    Client(const test::StateFolder& state, uint64_t seed)
        : random_(seed),
          socket_(state.below("run/query.sock")),
          thread_("client", [this] { run(); }) {}
    ~Client() { stop(); }  // and the thread's own joins it
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void stop() { stopping_ = true; }
    void join() { thread_.join(); }

    uint64_t answers = 0;
    uint64_t refusals = 0;  // but the one that is asked for
    std::string trouble;    // a connection that broke, an answer that did not come
    std::string refusal;
    int64_t slowest_ns = 0;

  private:
    void run() {
        while (!stopping_ && trouble.empty()) {
            const char* question = kQuestions[random_() % kQuestions.size()];
            const int64_t begun_ns = nowNs();
            ask(question);
            slowest_ns = std::max(slowest_ns, nowNs() - begun_ns);
        }
    }
    void ask(const std::string& question) {
        test::RawQuery query(socket_);
        if (!query.connected() || !query.send(question)) {
            trouble = cat(question, ": no connection");
            return;
        }
        for (;;) {
            const auto message = query.receive(kAnswerMsMax);
            if (!message) {
                trouble = cat(question, ": no answer");
                return;
            }
            if (message->status == "error" && !question.ends_with("WHERE")) {
                ++refusals;
                refusal = cat(question, ": ", message->error);
            }
            if (message->status == "end" || message->status == "error") {
                ++answers;
                return;
            }
        }
    }

    std::mt19937_64 random_;
    const std::string socket_;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

// Follows what comes, and reads it at once. What it filters for keeps its answers few and its work
// whole: every record that is committed is looked at.
class Follower {
  public:
    Follower(const test::StateFolder& state, std::string question)
        : question_(std::move(question)),
          socket_(state.below("run/query.sock")),
          thread_("follower", [this] { run(); }) {}
    ~Follower() { stop(); }
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    void stop() { stopping_ = true; }
    void join() { thread_.join(); }

    uint64_t records = 0;
    std::string trouble;

  private:
    void run() {
        test::RawQuery query(socket_);
        if (!query.connected() || !query.send(question_)) {
            trouble = "no connection";
            return;
        }
        while (!stopping_) {
            pollfd wait{query.fd(), POLLIN, 0};
            if (::poll(&wait, 1, 100) <= 0) {
                continue;
            }
            const auto message = query.receive(kAnswerMsMax);
            if (!message || message->status == "error" || message->status == "end") {
                trouble = message ? message->error : "the connection ended";
                return;
            }
            records += message->record_count;
        }
    }

    const std::string question_;
    const std::string socket_;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

// Log lines and samples, so that the other stores have something too.
void sendRecords(const test::StateFolder& state) {
    CHECK(test::evctl(state, {"log", "soak", "hello"}).status == 0);
    CHECK(test::evctl(state, {"metric", "soak.gauge", "1"}).status == 0);
}

template <typename Workers>
void endAll(Workers& workers) {
    for (auto& worker : workers) {
        worker->stop();
    }
    for (auto& worker : workers) {
        worker->join();
        CHECK_MESSAGE(worker->trouble.empty(), worker->trouble);
    }
}

// That the clients have gone is noticed a little later.
bool comesDownTo(pid_t pid, size_t descriptors_most) {
    return test::waitUntil(test::kPatienceMs, [&] {
        const auto descriptors = test::descriptorCount(pid);
        return descriptors && *descriptors <= descriptors_most;
    });
}

// Every event that was acknowledged is stored once, and none is missing.
void checkStored(const test::StateFolder& state, uint64_t acknowledged) {
    const std::string shard = state.below("events/shard-0000.db");
    const auto stored = [&](const std::string& rest) {
        return static_cast<uint64_t>(numberOf(shard, cat("SELECT ", rest)));
    };
    const std::string ours = cat(" FROM events WHERE event_type = '", kEventType, "'");
    CHECK(stored(cat("count(*)", ours)) == acknowledged);
    CHECK(stored(cat("count(DISTINCT sequence)", ours)) == acknowledged);
    CHECK(stored("count(*) FROM events WHERE event_type = 'synthetic.gap'") == 0);
}

test::GroupOptions soakOptions() {
    // What is stored tells how far the producer may go ahead, so nobody else may produce.
    test::GroupOptions options = test::withoutSensors();
    options.values.push_back({"Linux", "KmesCpus", "dword", "1"});
    options.values.push_back({"", "StorageShards", "dword", "1"});
    options.values.push_back({"", "MaxQueriesPerUser", "dword", "512"});
    options.values.push_back({"", "QueryTimeoutMs", "dword", "60000"});
    return options;
}

}  // namespace

TEST_CASE(
    "soak: 128 clients during full-speed ingest, nothing lost, nothing leaks, nothing stalls") {
    const test::StateFolder state;
    test::Group group(state, soakOptions());
    REQUIRE(group.waitReady());
    sendRecords(state);
    const pid_t queryd = group.childPid("eventd-queryd");
    const auto descriptors_before = test::descriptorCount(queryd);
    REQUIRE(descriptors_before.has_value());

    Load load(state);
    std::vector<std::unique_ptr<Follower>> followers;
    for (size_t i = 0; i < kStreams; ++i) {
        followers.push_back(std::make_unique<Follower>(
            state, i % 2 == 0 ? "EVENTS soak.event WHERE n < 500 SELECT n STREAM" : "LOGS STREAM"));
    }
    std::vector<std::unique_ptr<Client>> clients;
    for (size_t i = kStreams; i < kClients; ++i) {
        clients.push_back(std::make_unique<Client>(state, i));
    }
    const int64_t end_ns = nowNs() + static_cast<int64_t>(seconds()) * base::kNsPerSecond;
    const int64_t third_ns = end_ns - (end_ns - nowNs()) * 2 / 3;
    int64_t warm_kib = 0;
    uintmax_t log_bytes = 0;
    while (nowNs() < end_ns) {
        test::pauseMs(50);
        log_bytes = std::max(log_bytes,
                             std::filesystem::file_size(state.below("events/shard-0000.db-wal")));
        if (warm_kib == 0 && nowNs() > third_ns) {
            warm_kib = residentKib(queryd);
            sendRecords(state);
        }
        REQUIRE(group.waitExit(0) == -1);
    }
    const int64_t late_kib = residentKib(queryd);
    endAll(clients);
    endAll(followers);
    load.stop();

    uint64_t answers = 0;
    uint64_t refusals = 0;
    int64_t slowest_ns = 0;
    std::string refusal;
    for (const auto& client : clients) {
        CHECK(client->answers > 0);
        answers += client->answers;
        refusals += client->refusals;
        slowest_ns = std::max(slowest_ns, client->slowest_ns);
        refusal = client->refusal.empty() ? refusal : client->refusal;
    }
    CHECK_MESSAGE(refusals == 0, refusal);
    CHECK(group.childPid("eventd-queryd") == queryd);
    CHECK(late_kib < warm_kib + kGrowthKibMax);
    CHECK(comesDownTo(queryd, *descriptors_before + test::kKeptDescriptorsMax));
    CHECK(log_bytes < kLogBytesMax);
    CHECK(load.longestStallNs() < kAnswerMsMax * base::kNsPerMs);
    CHECK(group.stop() == 0);

    checkStored(state, load.acknowledged());
    MESSAGE(cat(seconds(), " s: ", load.acknowledged(), " events, ", answers, " answers, slowest ",
                slowest_ns / base::kNsPerMs, " ms, longest without a commit ",
                load.longestStallNs() / base::kNsPerMs, " ms; queryd ", warm_kib / 1024, " then ",
                late_kib / 1024, " MiB; log at most ", log_bytes / 1024 / 1024, " MiB"));
}
