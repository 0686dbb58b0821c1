// libeventd-client against a real group: pace, cancelling, several at once, and lost connections.

#include "common/base/text.h"
#include "queryd/client/rpc_client_service.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <eventd/client.h>
#include <csignal>
#include <functional>
#include <optional>

namespace test = evd::test;
using evd::base::cat;

namespace {

constexpr int64_t kEvents = 30'000;  // about 8 MiB of answer: more than sockets and windows hold

template <typename Holds>
bool becomes(const Holds& holds) {
    return test::waitUntil(test::kPatienceMs, holds);
}

class RunningGroup {
  public:
    RunningGroup() : group_(state_, test::withoutSensors()) { REQUIRE(group_.waitReady()); }
    ~RunningGroup() { CHECK(group_.stop() == 0); }
    RunningGroup(const RunningGroup&) = delete;
    RunningGroup& operator=(const RunningGroup&) = delete;

    std::string socket() const { return state_.below("run/rpc.sock"); }
    void killQueryd() const { REQUIRE(group_.signalChild("eventd-queryd", SIGKILL)); }

    void emit(int64_t count) const {
        std::string lines;
        for (int64_t i = 0; i < count; ++i) {
            lines += cat("{\"n\": ", i, ", \"text\": \"", std::string(200, 'x'), "\"}\n");
        }
        REQUIRE(test::evctl(state_, {"emit", "load.event", "-"}, lines).status == 0);
        CHECK(becomes([&] { return stored() >= count; }));
    }
    int64_t stored() const {
        eventd::Client client(socket());
        for (const eventd::Row& row : client.query("EVENTS load.event COUNT")) {
            return *row.find("count")->as<int64_t>();
        }
        return -1;
    }
    uint32_t queriesRunning() const {
        const auto status = evd::queryd::connectRpcClient(socket()).value()->status();
        return status.ok() ? status.value().queries_running : 0;
    }

  private:
    test::StateFolder state_;
    test::Group group_;
};

std::optional<eventd::ErrorKind> kindOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const eventd::Error& error) {
        return error.kind();
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("client library: the server waits for a slow reader, and cancelling ends the question") {
    const RunningGroup group;
    group.emit(kEvents);
    eventd::Client client(group.socket());
    eventd::Row row;
    const auto readTo = [&](eventd::Answer& answer, int64_t first, int64_t end) {
        for (int64_t i = first; i < end; ++i) {
            REQUIRE(answer.next(row));
            REQUIRE(*row.find("n")->as<int64_t>() == i);
        }
    };
    const auto isIdle = [&] { return group.queriesRunning() == 0; };
    const std::string all = "EVENTS load.event SORT n";
    eventd::Answer whole = client.query(all);
    readTo(whole, 0, 3);
    // Were anything but the reader's pace to decide, the answer would be over by now.
    test::pauseMs(1000);
    CHECK(group.queriesRunning() == 1);
    readTo(whole, 3, kEvents);
    CHECK_FALSE(whole.next(row));
    CHECK_FALSE(whole.next(row));
    CHECK(becomes(isIdle));
    // Cancelled, destroyed, and without its client.
    eventd::Answer cancelled = client.query(all);
    readTo(cancelled, 0, 3);
    cancelled.cancel();
    CHECK_FALSE(cancelled.next(row));
    cancelled.cancel();
    CHECK(becomes(isIdle));
    {
        eventd::Answer destroyed = client.query(all);
        readTo(destroyed, 0, 3);
        CHECK(group.queriesRunning() == 1);
    }
    CHECK(becomes(isIdle));
    eventd::Answer last = client.query(all);
    { const eventd::Client gone = std::move(client); }
    readTo(last, 0, kEvents);
    CHECK_FALSE(last.next(row));
}

TEST_CASE("client library: several questions, clients and streams live beside one another") {
    const RunningGroup group;
    group.emit(2000);
    eventd::Client client(group.socket());
    eventd::Client other(group.socket());
    eventd::Answer up = client.query("EVENTS load.event SORT n");
    eventd::Answer down = client.query("EVENTS load.event SORT n DESC");
    eventd::Answer live = other.query("EVENTS load.event STREAM TAKE 1");
    eventd::Row row;
    for (int64_t i = 0; i < 2000; ++i) {
        REQUIRE(up.next(row));
        REQUIRE(*row.find("n")->as<int64_t>() == i);
        REQUIRE(down.next(row));
        REQUIRE(*row.find("n")->as<int64_t>() == 1999 - i);
    }
    using std::chrono::milliseconds;
    CHECK(live.next(row, milliseconds(10'000)) == eventd::Got::Row);
    CHECK_FALSE(live.isLive());
    CHECK(live.next(row, milliseconds(10'000)) == eventd::Got::Live);
    CHECK(live.isLive());
    CHECK(live.next(row, milliseconds(20)) == eventd::Got::Nothing);
    CHECK(live.next(row, milliseconds(-1)) == eventd::Got::Nothing);
    group.emit(1);
    CHECK(live.next(row, milliseconds(10'000)) == eventd::Got::Row);
    CHECK(row.find("n")->as<int64_t>() != nullptr);
    CHECK(row.find("m") == nullptr);
}

TEST_CASE(
    "client library: pages and a subscription give every event once, across a killed queryd") {
    const RunningGroup group;
    group.emit(500);
    eventd::Client client(group.socket());
    int64_t cursor = 0;
    int64_t seen = 0;
    for (bool complete = false; !complete;) {
        const eventd::EventPage page = client.readFrom(cursor, 100);
        CHECK(page.events.size() <= 100);
        for (const eventd::StoredEvent& event : page.events) {
            REQUIRE(event.id > cursor);
            cursor = event.id;
            seen += event.type == "load.event" ? 1 : 0;
            CHECK(event.boot.size() == 38);
        }
        cursor = page.next;
        complete = page.complete;
    }
    CHECK(seen == 500);
    eventd::Subscription events = client.subscribeFrom(cursor);
    eventd::StoredEvent event;
    CHECK_FALSE(events.next(event, std::chrono::milliseconds(20)));
    group.emit(3);
    for (int64_t i = 0; i < 3; ++i) {
        REQUIRE(events.next(event, std::chrono::seconds(10)));
        CHECK(event.type == "load.event");
        CHECK(event.process.size() == 38);
        CHECK(event.sequence.has_value());
        cursor = event.id;
    }
    group.killQueryd();
    CHECK(kindOf([&] { events.next(event); }) == eventd::ErrorKind::Gone);
    CHECK(kindOf([&] { client.query("LOGS"); }) == eventd::ErrorKind::Gone);
    group.emit(1);
    eventd::Client again(group.socket());
    eventd::Subscription rest = again.subscribeFrom(cursor);
    REQUIRE(rest.next(event, std::chrono::seconds(10)));
    CHECK(event.id > cursor);
    CHECK(event.type == "load.event");
}

TEST_CASE("client library: errors say what to do") {
    const RunningGroup group;
    eventd::Client client(group.socket());
    CHECK(kindOf([&] { client.query("EVENTS TAEK 3"); }) == eventd::ErrorKind::Invalid);
    CHECK(kindOf([&] { client.explain("nothing"); }) == eventd::ErrorKind::Invalid);
    CHECK(kindOf([&] { client.readFrom(1'000'000'000); }) == eventd::ErrorKind::Invalid);
    CHECK(kindOf([] { eventd::Client("/nowhere/rpc.sock"); }) == eventd::ErrorKind::NotFound);
    CHECK(kindOf([] { eventd::Client(std::string(200, 'a')); }) == eventd::ErrorKind::Failed);
    std::string text;
    try {
        client.query("EVENTS TAEK 3");
    } catch (const eventd::Error& error) {
        text = error.what();
    }
    CHECK(text.starts_with("unexpected \"3\" at line 1"));
    // The connection is none the worse for it.
    eventd::Row row;
    CHECK(client.query("EVENTS COUNT").next(row));
}
