// A million records to NATS JetStream and to eventd, and back: lines at the log socket, events
// through the rings, the same number of bytes each. Nobody loses one, so both are as fast as they
// store. JetStream acknowledges what it has written to a file, which it syncs every two minutes
// (Debian's 2.9 has no other way). A line of ours counts when it is committed, which is much the
// same: it is synced with the next checkpoint. An event counts when it is synced as well.

#include "common/base/check.h"
#include "common/base/text.h"
#include "queryd/client/event_store_client_service.h"
#include "tests/bench/bench_records.h"
#include "tests/bench/line_peers.h"
#include "tests/bench/nats_connection.h"
#include "tests/bench/peer_program.h"
#include "tests/bench/record_sender.h"
#include "tests/support/temporary_directory.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr uint64_t kRecords = 1'000'000;
constexpr uint64_t kBatch = 100;            // in one write, as in one datagram of ours
constexpr uint64_t kUnansweredMax = 4'000;  // as NATS' own clients have it
constexpr uint32_t kPageRecords = 4'096;    // of readFrom, and of a pull
constexpr int kAnswerMsMax = 10'000;
constexpr double kSecondsMax = 600;
constexpr std::string_view kAcknowledgements = "_INBOX.acks";
constexpr std::string_view kPulled = "_INBOX.pulled";

struct NatsFigures {
    double stored_per_second = 0;
    double read_per_second = 0;
    double bytes_per_record = 0;
};

// What stands behind the name and its colon in JSON as the server writes it, up to the next comma
// or brace, without quotes; "" when it is not there.
std::string_view valueIn(std::string_view json, const std::string& name) {
    const std::string quoted = cat('"', name, "\":");
    const size_t at = json.find(quoted);
    if (at == std::string_view::npos) {
        return "";
    }
    std::string_view value = json.substr(at + quoted.size());
    value = value.substr(0, value.find_first_of(",}"));
    return value.starts_with('"') ? value.substr(1, value.size() - 2) : value;
}

bool isNumber(std::string_view text, uint64_t number) {
    const auto parsed = base::parseU64(text);
    return parsed.ok() && parsed.value() == number;
}

// nats-server with a stream in a folder, on a port of this machine that was free.
class NatsServer {
  public:
    NatsServer(const std::string& program, const std::string& folder)
        : folder_(folder),
          process_({program, "--addr", "127.0.0.1", "--port", "-1", "--jetstream", "--store_dir",
                    storeFolder(), "--ports_file_dir", folder}) {}

    std::string storeFolder() const { return folder_ + "/store"; }
    void stop() { process_.stop(); }

    // 0 when it did not come up.
    uint16_t port() const {
        const std::string path = cat(folder_, "/nats-server_", process_.pid(), ".ports");
        for (int i = 0; i < 5'000; ++i) {
            std::ifstream file(path);
            std::stringstream text;
            text << file.rdbuf();
            const std::string ports = text.str();  // {"nats": ["nats://127.0.0.1:4222"]}
            const size_t colon = ports.rfind(':');
            const size_t end = ports.find('"', colon == std::string::npos ? 0 : colon);
            if (ports.find('}') != std::string::npos && end != std::string::npos) {
                const auto number =
                    base::parseU64(std::string_view(ports).substr(colon + 1, end - colon - 1));
                return number.ok() ? static_cast<uint16_t>(number.value()) : uint16_t{0};
            }
            test::pauseMs(1);
        }
        return 0;
    }

  private:
    const std::string folder_;
    PeerProcess process_;
};

// The acknowledgements that are here, or at least one; each is of the next record.
bool takeAcknowledgements(NatsConnection& nats, int timeout_ms, uint64_t& acknowledged) {
    for (int wait_ms = timeout_ms;; wait_ms = 0) {
        const auto message = nats.receive(wait_ms);
        if (!message) {
            return nats.connected() && (wait_ms == 0 || timeout_ms == 0);
        }
        if (!isNumber(valueIn(message->payload, "seq"), acknowledged + 1)) {
            std::printf("nats-server says %s\n", std::string(message->payload).c_str());
            return false;
        }
        ++acknowledged;
    }
}

// All records, in order and each acknowledged, per second.
std::optional<double> publishAll(NatsConnection& nats) {
    const std::string line(kLineBytes, 'x');
    std::vector<std::string> subjects;
    for (int i = 0; i < kLineOrigins; ++i) {
        subjects.push_back(cat("bench.service", i));
    }
    nats.subscribe(kAcknowledgements);
    uint64_t published = 0;
    uint64_t acknowledged = 0;
    const int64_t start = nowNs();
    while (acknowledged < kRecords) {
        const bool may_publish =
            published < kRecords && published - acknowledged + kBatch <= kUnansweredMax;
        for (uint64_t i = 0; may_publish && i < kBatch; ++i, ++published) {
            nats.publish(subjects[published % subjects.size()], kAcknowledgements, line);
        }
        if (!nats.flush() ||
            !takeAcknowledgements(nats, may_publish ? 0 : kAnswerMsMax, acknowledged)) {
            return std::nullopt;
        }
    }
    return static_cast<double>(kRecords) / (static_cast<double>(nowNs() - start) / 1e9);
}

// All records, oldest first, per second, by a consumer that pulls; the next page is asked for while
// half of one is still to come.
std::optional<double> readAllBack(NatsConnection& nats) {
    const int64_t start = nowNs();
    const auto made = nats.request(
        "$JS.API.CONSUMER.CREATE.bench",
        R"({"stream_name":"bench","config":{"deliver_policy":"all","ack_policy":"none"}})");
    const std::string consumer(valueIn(made.value_or(""), "name"));
    if (consumer.empty()) {
        std::printf("nats-server says %s\n", made.value_or("nothing").c_str());
        return std::nullopt;
    }
    nats.subscribe(kPulled);
    uint64_t asked = 0;
    for (uint64_t number = 1; number <= kRecords; ++number) {
        if (asked < kRecords && asked < number + kPageRecords / 2) {
            const uint64_t page = std::min<uint64_t>(kPageRecords, kRecords - asked);
            nats.publish(cat("$JS.API.CONSUMER.MSG.NEXT.bench.", consumer), kPulled,
                         cat("{\"batch\":", page, '}'));
            asked += page;
            if (!nats.flush()) {
                return std::nullopt;
            }
        }
        const auto message = nats.receive(kAnswerMsMax);
        // $JS.ACK.stream.consumer.deliveries.number.number.time.left
        const auto place = base::split(message ? message->reply : "", '.');
        if (place.size() < 6 || !isNumber(place[5], number) ||
            message->payload.size() != kLineBytes) {
            std::printf("nats-server has not given record %llu\n",
                        static_cast<unsigned long long>(number));
            return std::nullopt;
        }
    }
    return static_cast<double>(kRecords) / (static_cast<double>(nowNs() - start) / 1e9);
}

std::optional<NatsFigures> runNats() {
    const auto program = findPeer("nats-server");
    if (!program) {
        return std::nullopt;
    }
    const test::TemporaryDirectory folder;
    NatsServer server(*program, folder.path());
    NatsConnection nats(server.port());
    const auto made = nats.request(
        "$JS.API.STREAM.CREATE.bench",
        R"({"name":"bench","subjects":["bench.*"],"retention":"limits","storage":"file",)"
        R"("discard":"old","num_replicas":1})");
    if (!made || valueIn(*made, "name") != "bench") {
        std::printf("nats-server made no stream (%s): left out\n", made.value_or("silent").c_str());
        return std::nullopt;
    }
    const auto stored = publishAll(nats);
    const auto read = stored ? readAllBack(nats) : std::nullopt;
    if (!read) {
        std::printf("nats-server is left out\n");
        return std::nullopt;
    }
    server.stop();
    return NatsFigures{*stored, *read,
                       static_cast<double>(bytesBelow(server.storeFolder())) / kRecords};
}

// By cursor from the beginning, per second.
double readOurEventsBack(const std::string& socket) {
    const int64_t start = nowNs();
    auto client = queryd::connectEventStoreClient(socket);
    EVD_CHECK(client.ok(), "the rpc socket is there");
    uint64_t events = 0;
    int64_t cursor = 0;
    for (bool is_complete = false; !is_complete;) {
        const auto page = client.value()->readFrom(cursor, kPageRecords);
        EVD_CHECK(page.ok(), "the store is read");
        for (const wire::StoredEvent& event : page.value().events) {
            EVD_CHECK(event.id > cursor, "events come in their order");
            cursor = event.id;
            events += event.type == kEventType ? 1 : 0;
        }
        is_complete = page.value().complete;
    }
    EVD_CHECK(events == kRecords, "every event is read");
    return static_cast<double>(kRecords) / (static_cast<double>(nowNs() - start) / 1e9);
}

NatsFigures runOurEvents() {
    const test::StateFolder state;
    test::Group group(state, quietOptions());
    EVD_CHECK(group.waitReady(), "the group did not become ready");
    const IngestRun run =
        feed(state, {.seconds = kSecondsMax, .events_max = kRecords, .payload_bytes = kLineBytes});
    const double read_per_second = readOurEventsBack(state.below("run/rpc.sock"));
    EVD_CHECK(group.stop() == 0, "the group did not stop cleanly");
    return {run.events_per_second, read_per_second,
            bytesPerRow(state.below("events/shard-0000.db"), kRecords)};
}

}  // namespace

void benchNats(Figures& figures) {
    const auto nats = runNats();
    if (!nats) {
        return;
    }
    const PeerFigures lines =
        runOurLines([](const std::string& socket, StoredRows& rows, const AddRecord& add) {
            const Sent sent = sendAll(socket, rows, kRecords, kBatch, add);
            EVD_CHECK(sent.stored == kRecords, "every line is stored");
            return sent;
        });
    const NatsFigures events = runOurEvents();
    const char* const kName = "NATS JetStream";
    figures.push_back(
        {"nats.lines", lines.per_second, "lines/s", nats->stored_per_second, kName, ""});
    figures.push_back({"nats.bytes_per_line", lines.bytes_per_record, "bytes",
                       nats->bytes_per_record, kName, ""});
    figures.push_back({"nats.events", events.stored_per_second, "events/s", nats->stored_per_second,
                       "NATS JetStream, not synced", ""});
    figures.push_back({"nats.bytes_per_event", events.bytes_per_record, "bytes",
                       nats->bytes_per_record, kName, ""});
    figures.push_back({"nats.read_back", events.read_per_second, "events/s", nats->read_per_second,
                       "NATS JetStream, pulled", ""});
}

}  // namespace evd::bench
