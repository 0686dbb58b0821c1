#include "collector/ingest/door.h"

#include "collector/ingest/door_thread.h"
#include "collector/ingest/ingest_measures.h"
#include "common/base/socket.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/collector/ingest/ingest_fixture.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <condition_variable>
#include <mutex>

namespace base = evd::base;
namespace collector = evd::collector;
namespace test = evd::test;
namespace wire = evd::wire;
using collector::LogWindow;
using collector::Reject;
using collector::SampleWindow;

namespace {

constexpr std::string_view kGood = R"({"origin":"a","is_error":false,"message":"m"})";

struct DatagramPair {
    DatagramPair() {
        auto pair = base::makeSocketPair(SOCK_DGRAM);
        REQUIRE(pair.ok());
        sender = std::move(pair.value().left);
        receiver = std::move(pair.value().right);
    }
    void send(const test::Bytes& bytes) const {
        REQUIRE(::send(sender.get(), bytes.data(), bytes.size(), 0) ==
                static_cast<ssize_t>(bytes.size()));
    }
    base::Fd sender;
    base::Fd receiver;
};

// Waits for what threads do.
class Signal {
  public:
    void give() {
        const std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();
    }
    bool waitFor(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

std::unique_ptr<collector::DatagramSocket> openSocket(base::Fd fd) {
    auto socket = collector::DatagramSocket::open(std::move(fd));
    REQUIRE(socket.ok());
    return std::move(socket).value();
}

}  // namespace

TEST_CASE("datagram socket: many datagrams with one read, each with its sender, and then none") {
    const DatagramPair pair;
    const auto socket = openSocket(base::Fd(::dup(pair.receiver.get())));
    CHECK(socket->read().value().empty());
    for (const char* text : {"one", "", "three"}) {
        pair.send(test::bytesOf(text));
    }
    const auto read = socket->read();
    REQUIRE(read.ok());
    REQUIRE(read.value().size() == 3);
    CHECK(base::asText(read.value()[0].bytes) == "one");
    CHECK(read.value()[1].bytes.empty());
    CHECK(base::asText(read.value()[2].bytes) == "three");
    for (const auto& datagram : read.value()) {
        CHECK(datagram.sender == (collector::Sender{::getuid(), ::getgid()}));
        CHECK_FALSE(datagram.is_too_long);
    }
    CHECK(socket->read().value().empty());
}

TEST_CASE("datagram socket: at the limit a datagram is whole, above it is known to be too long") {
    const DatagramPair pair;
    const int large = 4 * static_cast<int>(collector::kDatagramBytesMax);
    (void)::setsockopt(pair.sender.get(), SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof(large));
    (void)::setsockopt(pair.sender.get(), SOL_SOCKET, SO_SNDBUF, &large, sizeof(large));
    const auto socket = openSocket(base::Fd(::dup(pair.receiver.get())));
    for (const size_t bytes : {collector::kDatagramBytesMax - 1, collector::kDatagramBytesMax,
                               collector::kDatagramBytesMax + 1}) {
        const test::Bytes sent(bytes, 'x');
        if (::send(pair.sender.get(), sent.data(), sent.size(), 0) < 0) {
            MESSAGE("this machine does not let us send so much at once");
            return;
        }
        const auto read = socket->read();
        REQUIRE(read.value().size() == 1);
        CHECK(read.value()[0].is_too_long == (bytes > collector::kDatagramBytesMax));
        CHECK(read.value()[0].bytes.size() == std::min(bytes, collector::kDatagramBytesMax));
        CHECK(read.value()[0].bytes.back() == 'x');
    }
}

TEST_CASE("datagram socket: descriptors that come along are not kept") {
    const DatagramPair pair;
    const auto socket = openSocket(base::Fd(::dup(pair.receiver.get())));
    const int before = ::dup(0);
    const int fds[] = {0, 0, 0};
    REQUIRE(base::sendPacket(pair.sender.get(), base::asBytes("x"), fds).ok());
    CHECK(socket->read().value().size() == 1);
    const int after = ::dup(0);
    CHECK(after == before + 1);  // the next free number is the one after `before`
    ::close(before);
    ::close(after);
}

TEST_CASE("log door: good records go into the window, the others into the counts") {
    LogWindow window([] {});
    const auto door = collector::makeLogDoor(window);
    collector::RejectCounts rejects;
    auto bytes = test::datagram(base::cat("[", kGood, ",7,", kGood, "]"));
    CHECK(door->take(bytes, {5, 5}, rejects) == 2);
    CHECK(rejects.of(Reject::NotRecord) == 1);
    const auto batch = window.take(/*only_full=*/false);
    REQUIRE(batch.has_value());
    CHECK(batch->count() == 2);
    CHECK(batch->record(1).timestamp_ns == 5);
    CHECK(door->waitNs(5) < 0);
}

TEST_CASE("syslog door: a message is a log record") {
    LogWindow window([] {});
    const auto door = collector::makeSyslogDoor(window);
    collector::RejectCounts rejects;
    auto bytes = test::bytesOf("<11>app: text");
    CHECK(door->take(bytes, {5, 5}, rejects) == 1);
    auto empty = test::bytesOf("\n");
    CHECK(door->take(empty, {5, 5}, rejects) == 0);
    CHECK(rejects.of(Reject::BadText) == 1);
    const auto batch = window.take(/*only_full=*/false);
    REQUIRE(batch.has_value());
    CHECK(batch->record(0).origin == "app");
    CHECK(batch->record(0).is_error);
}

TEST_CASE("metric door: samples keep labels and histograms when the next datagram comes") {
    SampleWindow window([] {});
    const auto door = collector::makeMetricDoor(window);
    collector::RejectCounts rejects;
    for (const char* label : {"1", "2"}) {
        auto bytes = test::datagram(base::cat(R"({"name":"n","type":"histogram","labels":{"a":")",
                                              label, R"("},"value":{"boundaries":[)", label,
                                              R"(],"counts":[0],"total_count":0,"sum":0}})"));
        CHECK(door->take(bytes, {5, 5}, rejects) == 1);
    }
    const auto batch = window.take(/*only_full=*/false);
    REQUIRE(batch.has_value());
    REQUIRE(batch->series().size() == 2);
    CHECK(batch->text(batch->series()[0].labels) == "a=1");
    CHECK(batch->text(batch->series()[1].labels) == "a=2");
    CHECK(batch->histogram(0).boundaries.at(0) == 1);
    CHECK(batch->histogram(1).boundaries.at(0) == 2);
}

TEST_CASE("statsd door: lines are added up for a second, then each series is one sample") {
    SampleWindow window([] {});
    const auto door = collector::makeStatsdDoor(window);
    collector::RejectCounts rejects;
    auto bytes = test::bytesOf("a:1|c\nb:2|g\r\n\nnonsense\na:1|c");
    CHECK(door->take(bytes, {100, 100}, rejects) == 3);
    CHECK(rejects.of(Reject::Malformed) == 1);
    door->endRound(100);
    CHECK_FALSE(window.take(/*only_full=*/false));
    CHECK(door->waitNs(100) == collector::kStatsdCollectNs);
    CHECK(door->waitNs(101) == collector::kStatsdCollectNs - 1);
    door->endRound(99 + collector::kStatsdCollectNs);
    CHECK_FALSE(window.take(/*only_full=*/false));
    door->endRound(100 + collector::kStatsdCollectNs);
    const auto batch = window.take(/*only_full=*/false);
    REQUIRE(batch.has_value());
    REQUIRE(batch->count() == 2);
    CHECK(batch->samples()[0].value == 2);
    CHECK(door->waitNs(200 + collector::kStatsdCollectNs) < 0);
    CHECK(door->take(bytes, {300, 300}, rejects) == 3);
    door->finish(300);
    CHECK(window.take(/*only_full=*/false)->samples()[0].value == 4);
}

TEST_CASE("door thread: what is sent arrives, is counted by user, and rejected without a word") {
    const test::FakeClock clock;
    const DatagramPair pair;
    Signal rung;
    LogWindow window([&] { rung.give(); });
    auto started =
        collector::DoorThread::start("log", openSocket(base::Fd(::dup(pair.receiver.get()))),
                                     collector::makeLogDoor(window), clock, [] {});
    REQUIRE(started.ok());
    auto& thread = *started.value();
    pair.send(test::datagram("7"));
    pair.send(test::datagram(kGood));
    REQUIRE(rung.waitFor(1));
    thread.requestDrain();
    started.value().reset();
    const auto batch = window.take(/*only_full=*/false);
    REQUIRE(batch.has_value());
    CHECK(batch->record(0).timestamp_ns == test::FakeClock::kStartWallNs);
}

TEST_CASE("door thread: a drain reads what is in the socket, and ends") {
    const test::FakeClock clock;
    const DatagramPair pair;
    Signal finished;
    LogWindow window([] {});
    auto socket = openSocket(base::Fd(::dup(pair.receiver.get())));
    for (int i = 0; i < 5; ++i) {
        pair.send(test::datagram(kGood));
    }
    pair.send(test::datagram("{}"));
    auto started = collector::DoorThread::start(
        "log", std::move(socket), collector::makeLogDoor(window), clock, [&] { finished.give(); });
    REQUIRE(started.ok());
    started.value()->requestDrain();
    REQUIRE(finished.waitFor(1));
    CHECK(started.value()->finished());
    const auto figures = started.value()->figures();
    CHECK(figures.records == 5);
    CHECK(figures.senders.count() == 1);
    CHECK(figures.senders.entry(0).uid == ::getuid());
    CHECK(figures.senders.entry(0).records == 5);
    CHECK(figures.rejects.of(Reject::MissingField) == 1);
    CHECK(window.take(/*only_full=*/false)->count() == 5);
}

TEST_CASE("door thread: it reads on when nobody takes from the window") {
    const test::FakeClock clock;
    const DatagramPair pair;
    Signal finished;
    LogWindow window([] {}, /*bytes_max=*/1000);
    auto started = collector::DoorThread::start(
        "log", openSocket(base::Fd(::dup(pair.receiver.get()))), collector::makeLogDoor(window),
        clock, [&] { finished.give(); });
    REQUIRE(started.ok());
    const auto bytes = test::datagram(kGood);
    for (int i = 0; i < 5000; ++i) {
        pair.send(bytes);  // would block for good if the thread did
    }
    started.value()->requestDrain();
    REQUIRE(finished.waitFor(1));
    const auto held = window.figures();
    CHECK(started.value()->figures().records + held.dropped_unread == 5000);
    CHECK(held.dropped + held.dropped_unread + window.take(/*only_full=*/false)->count() == 5000);
    CHECK(held.dropped_unread > 0);
}

TEST_CASE("sender counts: the first 32 users one by one, the others together") {
    collector::SenderCounts counts;
    for (uid_t uid = 0; uid < 40; ++uid) {
        counts.add(uid, 1);
        counts.add(uid, 2);
    }
    CHECK(counts.count() == collector::kSendersMax);
    CHECK(counts.entry(31).uid == 31);
    CHECK(counts.entry(31).records == 3);
    CHECK(counts.others() == 8 * 3);
}

TEST_CASE("ingest measures: rejects have names of their own (Ruling L3)") {
    collector::DoorFigures figures;
    figures.records = 4;
    figures.senders.add(1000, 4);
    figures.rejects.add(Reject::Malformed);
    figures.rejects.add(Reject::Malformed);
    std::vector<wire::Measure> measures;
    collector::appendDoorMeasures("log", figures, measures);
    REQUIRE(measures.size() == 3);
    CHECK(measures[0].name == "door.log.records");
    CHECK(measures[0].value == 4);
    CHECK(measures[1].name == "sender.1000.log");
    CHECK(measures[2].name == "reject.log.malformed");
    CHECK(measures[2].value == 2);
    CHECK(measures[2].name.starts_with(wire::kReportOnlyPrefix));
}

TEST_CASE("reject reasons: each has a name of its own") {
    std::vector<std::string> names;
    for (size_t i = 0; i < collector::kRejectReasons; ++i) {
        names.emplace_back(collector::rejectName(static_cast<Reject>(i)));
        CHECK(names.back() != "unknown");
    }
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}
