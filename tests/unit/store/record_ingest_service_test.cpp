// The conversation of RecordIngest over a real socket, both ends in one process on one event loop;
// only the writers are threads. Run under AddressSanitizer this also proves that no writer ever
// reads a message that is gone.

#include "store/record_ingest_service.h"

#include "common/base/socket.h"
#include "common/ipc/errors.h"

#include "tests/unit/store/record_fixture.h"
#include "tests/unit/store/record_ingest_host.h"

#include <capnp/ingest.capnp.h>
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/socket.h>

namespace evd::store {
namespace {

// eventd-ingest at the other end of the socket.
class Sender {
  public:
    Sender(base::Fd socket, kj::AsyncIoContext& io)
        : io_(io),
          stream_(io.lowLevelProvider->wrapSocketFd(socket.release(),
                                                    kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP)),
          client_(*stream_),
          ingest_(client_.bootstrap().castAs<schema::RecordIngest>()) {}

    // The two numbers.
    std::pair<uint64_t, uint64_t> hello(size_t sender_bytes = 16) {
        auto request = ingest_.helloRequest();
        const std::vector<uint8_t> sender(sender_bytes, 9);
        request.setSender(kj::arrayPtr(sender.data(), sender.size()));
        auto response = request.send().wait(io_.waitScope);
        return {response.getLogBatch(), response.getSampleBatch()};
    }
    kj::Promise<void> sendLogs(uint64_t batch, unsigned lines, const std::string& message = "text",
                               size_t job_id_bytes = 0) {
        auto request = ingest_.writeLogsRequest();
        request.setBatch(batch);
        auto records = request.initRecords(lines);
        const std::vector<uint8_t> job_id(job_id_bytes, 3);
        for (auto record : records) {
            record.setTimestamp(1'000);
            record.setOrigin("sshd");
            record.setMessage(message);
            record.setJobId(kj::arrayPtr(job_id.data(), job_id.size()));
        }
        return request.send().ignoreResult();
    }
    kj::Promise<void> sendSamples(uint64_t batch, unsigned samples) {
        auto request = ingest_.writeSamplesRequest();
        request.setBatch(batch);
        auto series = request.initSeries(2);
        series[0].setName("load");
        series[0].setLabels("host=a");
        series[0].setType(schema::MetricType::GAUGE);
        series[1].setName("latency");
        series[1].setType(schema::MetricType::HISTOGRAM);
        auto out = request.initSamples(samples);
        for (unsigned i = 0; i < samples; ++i) {
            out[i].setSeries(i % 2);
            out[i].setTimestamp(1'000 + i);
            if (i % 2 == 0) {
                out[i].setValue(0.5);
                continue;
            }
            auto histogram = out[i].initHistogram();
            histogram.setBoundaries({1.0, 2.0});
            histogram.setCounts({1, 3});
            histogram.setTotalCount(4);
            histogram.setSum(5);
        }
        return request.send().ignoreResult();
    }
    // "ok" or the kind of the error.
    std::string outcome(kj::Promise<void> sent) {
        std::string text = "ok";
        sent.then([]() {},
                  [&text](kj::Exception&& exception) {
                      text = base::errorKindName(ipc::toError(exception).kind);
                  })
            .wait(io_.waitScope);
        return text;
    }

  private:
    kj::AsyncIoContext& io_;
    kj::Own<kj::AsyncIoStream> stream_;
    capnp::TwoPartyClient client_;
    schema::RecordIngest::Client ingest_;
};

class Fixture {
  public:
    Fixture() : io(kj::setupAsyncIo()), host(directory.path(), clock, io.unixEventPort) {}

    Sender& connect() {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair);
        connection.reset();
        connection = std::make_unique<RecordIngestConnection>(std::move(pair.value().left), host,
                                                              *io.lowLevelProvider);
        sender = std::make_unique<Sender>(std::move(pair.value().right), io);
        return *sender;
    }
    std::string askLogs(const std::string& sql) const {
        return test::askFile(directory / "logs.db", sql);
    }
    std::string askMetrics(const std::string& sql) const {
        return test::askFile(directory / "metrics.db", sql);
    }

    test::TemporaryDirectory directory;
    base::SystemClock clock;
    kj::AsyncIoContext io;
    RecordIngestHostDouble host;
    std::unique_ptr<RecordIngestConnection> connection;
    std::unique_ptr<Sender> sender;
};

TEST_CASE("record ingest: logs and samples are stored before they are answered") {
    Fixture fixture;
    Sender& sender = fixture.connect();
    CHECK(sender.hello() == std::pair<uint64_t, uint64_t>(0, 0));
    CHECK(sender.outcome(sender.sendLogs(1, 100, "a line", 16)) == "ok");
    CHECK(fixture.askLogs("SELECT count(*) || ' ' || min(message) || ' ' || hex(min(job_id)) FROM "
                          "logs") == "100 a line 03030303030303030303030303030303");
    CHECK(sender.outcome(sender.sendSamples(1, 50)) == "ok");
    CHECK(fixture.askMetrics("SELECT count(*) || ' ' || count(histogram_data) || ' ' || "
                             "count(DISTINCT series_id) FROM samples") == "50 25 2");
    CHECK(fixture.connect().hello() == std::pair<uint64_t, uint64_t>(1, 1));
}

TEST_CASE("record ingest: hello comes first, once, and from somebody") {
    Fixture fixture;
    Sender& sender = fixture.connect();
    CHECK(sender.outcome(sender.sendLogs(1, 1)) == "invalid");
    CHECK(sender.outcome(sender.sendSamples(1, 1)) == "invalid");
    CHECK_THROWS_AS(fixture.connect().hello(15), kj::Exception);
    fixture.connect().hello();
    CHECK_THROWS_AS(fixture.sender->hello(), kj::Exception);
}

TEST_CASE("record ingest: a malformed record is skipped, a batch beyond the limit is refused") {
    Fixture fixture;
    Sender& sender = fixture.connect();
    sender.hello();
    CHECK(sender.outcome(sender.sendLogs(1, 3, "odd job", 15)) == "ok");
    CHECK(sender.outcome(sender.sendLogs(2, 2, "not \xff UTF-8")) == "ok");
    CHECK(sender.outcome(sender.sendLogs(3, kRecordsPerBatchMax + 1, "")) == "invalid");
    CHECK(sender.outcome(sender.sendLogs(3, kRecordsPerBatchMax, "")) == "ok");
    CHECK(fixture.askLogs("SELECT count(*) FROM logs") == base::cat(kRecordsPerBatchMax));
}

TEST_CASE("record ingest: what a sender sent before it vanished is in the next hello's numbers") {
    Fixture fixture;
    fixture.connect().hello();
    std::vector<kj::Promise<void>> unanswered;
    for (uint64_t batch = 1; batch <= 50; ++batch) {
        unanswered.push_back(fixture.sender->sendLogs(batch, 500, std::string(200, 'x')));
    }
    // The store has read at least one of them; the sender waits for none.
    unanswered.front().wait(fixture.io.waitScope);
    unanswered.clear();
    fixture.sender.reset();
    const uint64_t stored = fixture.connect().hello().first;
    CHECK(stored >= 1);
    CHECK(fixture.askLogs("SELECT count(*) FROM logs") == base::cat(stored * 500));
    CHECK(fixture.sender->outcome(fixture.sender->sendLogs(stored, 500)) == "ok");
    CHECK(fixture.askLogs("SELECT count(*) FROM logs") == base::cat(stored * 500));
}

TEST_CASE("record ingest: far more than is read at once is answered in the end") {
    Fixture fixture;
    fixture.connect().hello();
    std::vector<kj::Promise<void>> answers;
    for (uint64_t batch = 1; batch <= 40; ++batch) {
        answers.push_back(fixture.sender->sendLogs(batch, 4, std::string(500'000, 'x')));
    }
    for (auto& answer : answers) {
        answer.wait(fixture.io.waitScope);
    }
    CHECK(fixture.askLogs("SELECT count(*) || ' ' || sum(length(message)) FROM logs") ==
          "160 80000000");
}

class NoAnswer final : public RunAnswer {
  public:
    void give(base::Result<void>) override {}
};

// What was ready in the same turn of the loop comes first: the report of our own health.
TEST_CASE("record ingest service: a hello waits again when a batch of our own came in between") {
    Fixture fixture;
    test::BatchMaker make;
    fixture.host.in_between = [&] {
        fixture.host.metricStore().writeOwn(make.gauges(kOwnBatch, 3),
                                            std::make_unique<NoAnswer>());
        CHECK_FALSE(fixture.host.metricStore().isIdle());
    };
    CHECK(fixture.connect().hello() == std::pair<uint64_t, uint64_t>{0, 0});
    CHECK(fixture.host.in_between == nullptr);
    CHECK(fixture.sender->outcome(fixture.sender->sendLogs(1, 3)) == "ok");
}

}  // namespace
}  // namespace evd::store
