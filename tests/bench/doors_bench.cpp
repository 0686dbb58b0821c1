// What eventd-ingest costs for each record, step by step and on one thread: taking datagrams apart,
// gathering the records in a window, and making the message to the store. `doors_bench [seconds]`.

#include "collector/ingest/door.h"
#include "collector/ingest/record_message_service.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "tests/bench/figures.h"

#include <kj/async.h>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace base = evd::base;
namespace bench = evd::bench;
namespace collector = evd::collector;
namespace schema = evd::schema;
namespace wire = evd::wire;
using Bytes = std::vector<uint8_t>;

constexpr size_t kMessageBytes = 100;
constexpr uint32_t kSeries = 5000;

// The message is made and thrown away.
class Nobody final : public schema::RecordIngest::Server {};

Bytes logDatagram(uint32_t records) {
    Bytes bytes;
    wire::MsgpackWriter writer(bytes);
    writer.arrayHeader(records);
    for (uint32_t i = 0; i < records; ++i) {
        writer.mapHeader(4);
        writer.text("origin");
        writer.text("some-service");
        writer.text("is_error");
        writer.boolean(false);
        writer.text("message");
        writer.text(std::string(kMessageBytes, 'm'));
        writer.text("timestamp");
        writer.unsignedInteger(1'767'225'600'000'000'000);
    }
    return bytes;
}

Bytes metricDatagram(uint32_t samples, uint32_t first_series) {
    Bytes bytes;
    wire::MsgpackWriter writer(bytes);
    writer.arrayHeader(samples);
    for (uint32_t i = 0; i < samples; ++i) {
        writer.mapHeader(5);
        writer.text("name");
        writer.text("http.requests.total");
        writer.text("labels");
        writer.mapHeader(3);
        writer.text("service");
        writer.text("frontend");
        writer.text("method");
        writer.text("GET");
        writer.text("instance");
        writer.text(base::cat("host-", (first_series + i) % kSeries));
        writer.text("type");
        writer.text("counter");
        writer.text("timestamp");
        writer.unsignedInteger(1'767'225'600'000'000'000);
        writer.text("value");
        writer.floating(i);
    }
    return bytes;
}

std::vector<Bytes> metricSweep(uint32_t samples) {
    std::vector<Bytes> datagrams;
    for (uint32_t series = 0; series < kSeries; series += samples) {
        datagrams.push_back(metricDatagram(samples, series));
    }
    return datagrams;
}

std::vector<Bytes> lines(std::string_view line, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += i == 0 ? "" : "\n";
        text += line;
    }
    return {Bytes(text.begin(), text.end())};
}

// Feeds a door for so long and takes what it gathers; records per second.
template <typename Batch>
double run(double seconds, std::vector<Bytes> datagrams,
           std::unique_ptr<collector::Door> (*make_door)(collector::RecordWindow<Batch>&,
                                                         collector::PublishGate),
           schema::RecordIngest::Client* ingest) {
    const base::SystemClock clock;
    collector::RecordWindow<Batch> window([] {});
    const auto door = make_door(window, {});
    collector::RejectCounts rejects;
    const int64_t begin_ns = clock.monotonicNs();
    const auto end_ns = begin_ns + static_cast<int64_t>(seconds * base::kNsPerSecond);
    size_t records = 0;
    size_t turn = 0;
    while (clock.monotonicNs() < end_ns) {
        for (int i = 0; i < 16; ++i) {
            records += door->take(datagrams[turn++ % datagrams.size()], {1, 1, {}}, rejects);
        }
        while (const auto batch = window.take(/*only_full=*/true)) {
            if (ingest != nullptr) {
                (void)collector::makeWriteRequest(*ingest, 1, *batch);
            }
            window.release(batch->bytes());
        }
    }
    const double took = static_cast<double>(clock.monotonicNs() - begin_ns) / base::kNsPerSecond;
    return static_cast<double>(records) / took;
}

}  // namespace

int main(int count, char** arguments) {
    const auto given = base::parseU64(count > 1 ? arguments[1] : "2");
    const double seconds = given.ok() ? static_cast<double>(given.value()) : 2;
    kj::EventLoop loop;
    kj::WaitScope scope(loop);
    schema::RecordIngest::Client nobody = kj::heap<Nobody>();
    std::vector<bench::Figure> figures;
    const auto logs = [&](const char* name, std::vector<Bytes> datagrams, bool with_message) {
        figures.push_back(
            {name,
             run<collector::LogBatch>(seconds, std::move(datagrams), collector::makeLogDoor,
                                      with_message ? &nobody : nullptr),
             "records/s", 0, "", ""});
    };
    const auto samples = [&](const char* name, std::vector<Bytes> datagrams, bool with_message) {
        figures.push_back(
            {name,
             run<collector::SampleBatch>(seconds, std::move(datagrams), collector::makeMetricDoor,
                                         with_message ? &nobody : nullptr),
             "samples/s", 0, "", ""});
    };
    logs("log records one by one, parsed and gathered", {logDatagram(1)}, false);
    logs("log records by 100, parsed and gathered", {logDatagram(100)}, false);
    logs("log records by 100, with the message", {logDatagram(100)}, true);
    samples("samples one by one, parsed and gathered", metricSweep(1), false);
    samples("samples by 100, parsed and gathered", metricSweep(100), false);
    samples("samples by 100, with the message", metricSweep(100), true);
    figures.push_back(
        {"syslog lines",
         run<collector::LogBatch>(
             seconds,
             lines("<13>Oct 11 22:14:15 host app[4711]: " + std::string(kMessageBytes, 'm'), 1),
             collector::makeSyslogDoor, nullptr),
         "lines/s", 0, "", ""});
    figures.push_back(
        {"StatsD lines by 20",
         run<collector::SampleBatch>(seconds, lines("http.requests:1|c|#method:GET", 20),
                                     collector::makeStatsdDoor, nullptr),
         "lines/s", 0, "", ""});
    bench::printTable(figures);
    return 0;
}
