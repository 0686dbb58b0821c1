#include "collector/ingest/record_sink_service.h"

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"
#include "tests/support/longest_message.h"
#include "tests/support/scripted_answers.h"

#include <doctest/doctest.h>
#include <kj/timer.h>
#include <sys/socket.h>
#include <deque>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace base = evd::base;
namespace collector = evd::collector;
namespace ipc = evd::ipc;
namespace schema = evd::schema;
namespace wire = evd::wire;
using collector::LogWindow;
using collector::RecordSink;
using collector::SampleWindow;

namespace {

enum class Answer { Accept, AcceptSilently, Overloaded, Failed, Silence };

std::string textOf(capnp::Text::Reader text) {
    return {text.begin(), text.size()};
}

// What a store keeps over its connections, and how it is to behave.
struct FakeStore : evd::test::ScriptedAnswers<Answer> {
    std::deque<kj::Exception::Type> hello_refusals;
    std::string sender;
    int hellos = 0;
    std::vector<uint64_t> log_numbers;  // of every call, in order
    uint64_t last_log = 0;
    uint64_t last_sample = 0;
    uint64_t refused_log = 0;  // the first that has to come again
    uint64_t refused_sample = 0;
    std::vector<std::string> logs;     // messages, as stored
    std::vector<std::string> samples;  // name{labels} type value
};

class FakeRecordIngest final : public schema::RecordIngest::Server {
  public:
    explicit FakeRecordIngest(FakeStore& store) : store_(store) {}

    kj::Promise<void> hello(HelloContext context) override {
        ++store_.hellos;
        const auto sender = context.getParams().getSender();
        store_.sender.assign(sender.asChars().begin(), sender.size());
        store_.refused_log = store_.refused_sample = 0;
        if (!store_.hello_refusals.empty()) {
            const auto type = store_.hello_refusals.front();
            store_.hello_refusals.pop_front();
            kj::throwFatalException(kj::Exception(type, __FILE__, __LINE__, kj::str("no")));
        }
        context.getResults().setLogBatch(store_.last_log);
        context.getResults().setSampleBatch(store_.last_sample);
        return kj::READY_NOW;
    }

    kj::Promise<void> writeLogs(WriteLogsContext context) override {
        const auto params = context.getParams();
        store_.log_numbers.push_back(params.getBatch());
        return answer(params.getBatch(), store_.last_log, store_.refused_log, [&] {
            for (const auto record : params.getRecords()) {
                store_.logs.push_back(
                    base::cat(textOf(record.getOrigin()), "|", record.getIsError(), "|",
                              textOf(record.getMessage()), "|", record.getTimestamp(), "|",
                              record.getJobId().size()));
            }
        });
    }

    kj::Promise<void> writeSamples(WriteSamplesContext context) override {
        const auto params = context.getParams();
        return answer(params.getBatch(), store_.last_sample, store_.refused_sample, [&] {
            for (const auto sample : params.getSamples()) {
                const auto series = params.getSeries()[sample.getSeries()];
                std::string text =
                    base::cat(textOf(series.getName()), "{", textOf(series.getLabels()), "} ",
                              static_cast<int>(series.getType()), " ", sample.getValue(), " ",
                              sample.getTimestamp());
                if (sample.hasHistogram()) {
                    const auto histogram = sample.getHistogram();
                    text += base::cat(" ", histogram.getBoundaries().size(), "/",
                                      histogram.getCounts()[0], "/", histogram.getTotalCount(), "/",
                                      histogram.getSum());
                }
                store_.samples.push_back(std::move(text));
            }
        });
    }

  private:
    template <typename Store>
    kj::Promise<void> answer(uint64_t number, uint64_t& last, uint64_t& refused, Store store) {
        const Answer next = store_.nextAnswer();
        // As the real one: nothing behind what it refused is taken before that.
        if (refused != 0 && number > refused) {
            ipc::throwError(base::fail(base::ErrorKind::Busy, "an earlier batch must come first"));
        }
        refused = next == Answer::Overloaded ? number : 0;
        switch (next) {
            case Answer::Accept:
            case Answer::AcceptSilently:
                // As the real one: numbers that it knows it passes over.
                if (number > last) {
                    last = number;
                    store();
                }
                return next == Answer::Accept ? kj::Promise<void>(kj::READY_NOW)
                                              : kj::Promise<void>(kj::NEVER_DONE);
            case Answer::Overloaded:
                ipc::throwError(base::fail(base::ErrorKind::Busy, "the disk is full"));
            case Answer::Failed:
                ipc::throwError(base::fail(base::ErrorKind::Invalid, "malformed"));
            case Answer::Silence:
                return kj::NEVER_DONE;
        }
        return kj::READY_NOW;
    }

    FakeStore& store_;
};

// Two windows, a sink and a fake store, in one event loop and on a clock that the test moves.
class Fixture {
  public:
    Fixture()
        : logs([] {}, 4000),
          samples([] {}),
          sink(std::make_unique<RecordSink>(logs, samples, sender(), *io.lowLevelProvider, timer,
                                            [this] { ++progress; })) {
        advance(1000);
    }

    static collector::SenderId sender() { return {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}; }

    void connect() {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        server = nullptr;
        server_stream = io.lowLevelProvider->wrapSocketFd(
            pair.value().right.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
        server = kj::heap<capnp::TwoPartyClient>(*server_stream, kj::heap<FakeRecordIngest>(store),
                                                 capnp::rpc::twoparty::Side::SERVER);
        sink->connect(std::move(pair.value().left));
        settle();
    }
    void breakConnection() {
        server = nullptr;
        server_stream = nullptr;
        settle();
        CHECK_FALSE(sink->connected());
    }
    void settle() {
        for (int turn = 0; turn < 100; ++turn) {
            io.waitScope.poll();
        }
    }
    void advance(int64_t ms) {
        timer.advanceTo(timer.now() + ms * kj::MILLISECONDS);
        settle();
    }
    // One record whose message is the text.
    void log(const std::string& text) {
        wire::LogRecord record;
        record.origin = "o";
        record.message = text;
        logs.append({&record, 1});
        sink->pump();
        settle();
    }
    std::string storedLogs() const {
        std::string all;
        for (const auto& line : store.logs) {
            all += base::cat(all.empty() ? "" : " ", base::split(line, '|')[2]);
        }
        return all;
    }

    kj::AsyncIoContext io = kj::setupAsyncIo();
    kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
    FakeStore store;
    LogWindow logs;
    SampleWindow samples;
    int progress = 0;
    kj::Own<kj::AsyncIoStream> server_stream;
    kj::Own<capnp::TwoPartyClient> server;
    std::unique_ptr<RecordSink> sink;
};

}  // namespace

TEST_CASE("record sink: a message of the store has the length of kRecordIngestCaller at most") {
    Fixture fixture;
    auto pair = base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    evd::test::RawRpcPeer store(std::move(pair.value().right));
    fixture.sink->connect(std::move(pair.value().left));
    CHECK(evd::test::takesAtMost(store, 64U << 10, [&] { fixture.settle(); }));
}

TEST_CASE("record sink: a log record arrives at once and whole, and its room is free again") {
    Fixture fixture;
    fixture.connect();
    CHECK(fixture.store.hellos == 1);
    CHECK(fixture.store.sender.size() == 16);
    CHECK(fixture.store.sender[13] == 14);
    wire::LogRecord record;
    record.timestamp_ns = 42;
    record.origin = "sshd";
    record.is_error = true;
    record.message = "text";
    record.job_id = base::Guid{{1}};
    fixture.logs.append({&record, 1});
    fixture.sink->pump();
    CHECK_FALSE(fixture.sink->allAnswered());
    fixture.settle();
    CHECK(fixture.store.logs == std::vector<std::string>{"sshd|true|text|42|16"});
    CHECK(fixture.sink->allAnswered());
    CHECK(fixture.logs.figures().bytes == 0);
    CHECK(fixture.sink->logFigures().stored == 1);
    CHECK(fixture.progress == 1);
}

TEST_CASE("record sink: samples arrive with their series and histograms") {
    Fixture fixture;
    fixture.connect();
    const wire::Histogram histogram{{1, 2}, {3, 4}, 5, 6.5};
    std::vector<wire::MetricSample> samples(3);
    samples[0] = {"n", "a=1", wire::MetricType::Counter, 7, 1.5, nullptr};
    samples[1] = {"h", "", wire::MetricType::Histogram, 8, 0, &histogram};
    samples[2] = {"n", "a=1", wire::MetricType::Counter, 9, 2.5, nullptr};
    fixture.samples.append(samples);
    fixture.sink->pump();
    fixture.settle();
    CHECK(fixture.store.samples ==
          std::vector<std::string>{"n{a=1} 0 1.5 7", "h{} 2 0 8 2/3/5/6.5", "n{a=1} 0 2.5 9"});
    CHECK(fixture.sink->sampleFigures().stored == 3);
}

TEST_CASE("record sink: what came before there was a store is sent when there is one") {
    Fixture fixture;
    fixture.log("a");
    fixture.log("b");
    CHECK_FALSE(fixture.sink->connected());
    fixture.connect();
    CHECK(fixture.storedLogs() == "a b");
    CHECK(fixture.store.log_numbers == std::vector<uint64_t>{1});  // gathered
}

TEST_CASE("record sink: while answers are awaited records gather, but not for long") {
    Fixture fixture;
    fixture.connect();
    fixture.store.by_default = Answer::AcceptSilently;
    for (const char* text : {"a", "b", "c", "d"}) {
        fixture.log(text);
    }
    CHECK(fixture.store.log_numbers == std::vector<uint64_t>{1, 2});
    fixture.advance(4);
    CHECK(fixture.storedLogs() == "a b");
    fixture.advance(1);
    CHECK(fixture.store.log_numbers == std::vector<uint64_t>{1, 2, 3});
    CHECK(fixture.storedLogs() == "a b c d");
}

// Of the memory that a flood costs (quality §1).
TEST_CASE("record sink: no more than kBytesOnTheWayMax is on its way, the rest follows answers") {
    constexpr size_t kSampleBytes = 1024 * 1024;
    Fixture fixture;
    const std::string labels(kSampleBytes, 'l');
    for (int i = 0; i < 20; ++i) {
        wire::MetricSample sample;
        sample.name = "m";
        sample.labels = labels;
        sample.value = i;
        fixture.samples.append({&sample, 1});
    }
    fixture.store.by_default = Answer::AcceptSilently;
    fixture.connect();
    // 13 MiB and a little; with one more it would be above 14.
    CHECK(fixture.store.samples.size() == collector::kBytesOnTheWayMax / kSampleBytes - 1);
    fixture.advance(1000);
    CHECK(fixture.store.samples.size() == collector::kBytesOnTheWayMax / kSampleBytes - 1);
    fixture.breakConnection();
    fixture.store.by_default = Answer::Accept;
    fixture.connect();
    CHECK(fixture.store.samples.size() == 20);
    CHECK(fixture.sink->allAnswered());
}

// Ruling S4 for records that may be lost.
TEST_CASE("record sink: what the store cannot take now is sent again, under its number") {
    Fixture fixture;
    fixture.connect();
    fixture.store.answers = {Answer::Overloaded, Answer::Accept};
    fixture.log("a");
    CHECK(fixture.storedLogs().empty());
    fixture.log("b");  // waits behind it
    CHECK(fixture.storedLogs().empty());
    fixture.advance(collector::kSinkRetryFirstMs - 1);
    CHECK(fixture.storedLogs().empty());
    fixture.advance(1);
    CHECK(fixture.storedLogs() == "a b");
    CHECK(fixture.store.log_numbers == std::vector<uint64_t>{1, 1, 2});
    CHECK(fixture.sink->logFigures().retries == 1);
    CHECK(fixture.sink->logFigures().stored == 2);
    CHECK(fixture.sink->allAnswered());
}

TEST_CASE("record sink: while the store stays full, tries grow rarer up to two seconds") {
    Fixture fixture;
    fixture.connect();
    fixture.store.by_default = Answer::Overloaded;
    fixture.log("a");
    int64_t delay_ms = collector::kSinkRetryFirstMs;
    for (size_t tries = 1; tries < 8; ++tries) {
        CHECK(fixture.store.log_numbers.size() == tries);
        fixture.advance(delay_ms - 1);
        CHECK(fixture.store.log_numbers.size() == tries);
        fixture.advance(1);
        delay_ms = std::min(2 * delay_ms, collector::kSinkRetryLastMs);
    }
}

TEST_CASE("record sink: while the store is full the window is, and what does not fit is counted") {
    Fixture fixture;
    fixture.connect();
    fixture.store.by_default = Answer::Overloaded;
    for (int i = 0; i < 1000; ++i) {
        fixture.log("0123456789");
    }
    const auto held = fixture.logs.figures();
    CHECK(held.dropped > 900);
    CHECK(held.bytes <= 4000);
    fixture.store.by_default = Answer::Accept;
    fixture.advance(collector::kSinkRetryLastMs);
    CHECK(fixture.sink->allAnswered());
    CHECK(fixture.sink->logFigures().stored + held.dropped == 1000);
    CHECK(fixture.store.logs.size() == 1000 - held.dropped);
}

TEST_CASE("record sink: what the store will never take is dropped and counted") {
    Fixture fixture;
    fixture.connect();
    fixture.store.answers = {Answer::Failed};
    fixture.log("a");
    fixture.log("b");
    CHECK(fixture.storedLogs() == "b");
    CHECK(fixture.sink->logFigures().refused == 1);
    CHECK(fixture.sink->logFigures().stored == 1);
    CHECK(fixture.logs.figures().bytes == 0);
    CHECK(fixture.sink->allAnswered());
}

TEST_CASE("record sink: after a new hello only what the store does not hold is sent again") {
    Fixture fixture;
    fixture.connect();
    fixture.store.answers = {Answer::AcceptSilently, Answer::Silence};
    fixture.log("a");
    fixture.log("b");
    fixture.breakConnection();
    fixture.log("c");
    CHECK(fixture.sink->logFigures().unanswered == 2);
    fixture.connect();
    CHECK(fixture.storedLogs() == "a b c");
    CHECK(fixture.store.log_numbers == std::vector<uint64_t>{1, 2, 2, 3});
    CHECK(fixture.sink->logFigures().stored == 3);
    CHECK(fixture.sink->allAnswered());
    CHECK(fixture.logs.figures().bytes == 0);
}

TEST_CASE("record sink: a connection that is replaced without having broken counts as broken") {
    Fixture fixture;
    fixture.connect();
    fixture.store.answers = {Answer::AcceptSilently};
    fixture.log("a");
    fixture.connect();
    CHECK(fixture.storedLogs() == "a");
    CHECK(fixture.sink->allAnswered());
}

TEST_CASE("record sink: a hello that is refused is tried again, one that breaks off is not") {
    Fixture fixture;
    fixture.store.hello_refusals = {kj::Exception::Type::FAILED, kj::Exception::Type::OVERLOADED};
    fixture.log("a");
    fixture.connect();
    CHECK(fixture.store.hellos == 1);
    CHECK_FALSE(fixture.sink->connected());
    fixture.advance(collector::kSinkRetryFirstMs);
    CHECK(fixture.store.hellos == 2);
    fixture.advance(2 * collector::kSinkRetryFirstMs);
    CHECK(fixture.store.hellos == 3);
    CHECK(fixture.storedLogs() == "a");
    fixture.breakConnection();
    fixture.advance(10'000);
    CHECK(fixture.store.hellos == 3);
}

TEST_CASE("record sink: a drain gathers nothing any longer") {
    Fixture fixture;
    fixture.connect();
    fixture.store.by_default = Answer::AcceptSilently;
    for (const char* text : {"a", "b", "c"}) {
        fixture.log(text);
    }
    CHECK(fixture.storedLogs() == "a b");
    fixture.sink->beginDrain();
    fixture.settle();
    CHECK(fixture.storedLogs() == "a b c");
    CHECK_FALSE(fixture.sink->allAnswered());
}

TEST_CASE("record sink: busy, dying and coming back at random, nothing is stored twice or lost") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Fixture fixture;
    int sent = 0;
    for (int step = 0; step < 600; ++step) {
        switch (random() % 8) {
            case 0:
                fixture.connect();
                break;
            case 1:
                fixture.server = nullptr;
                fixture.server_stream = nullptr;
                fixture.settle();
                break;
            case 2:
                fixture.store.answers.assign(random() % 3, Answer::Overloaded);
                break;
            case 3:
                fixture.store.answers.assign(random() % 2, Answer::AcceptSilently);
                break;
            case 4:
                fixture.advance(static_cast<int64_t>(random() % 300));
                break;
            default:
                fixture.log(base::cat(sent++));
        }
    }
    fixture.store.answers.clear();
    fixture.connect();
    fixture.advance(10'000);
    fixture.advance(10'000);
    CHECK(fixture.sink->allAnswered());
    const std::set<std::string> distinct(fixture.store.logs.begin(), fixture.store.logs.end());
    CHECK(distinct.size() == fixture.store.logs.size());
    CHECK(fixture.store.logs.size() + fixture.logs.figures().dropped == static_cast<size_t>(sent));
}
