#include "common/bus/bus.h"

#include "common/base/socket.h"
#include "common/base/text.h"

#include "tests/support/forked_end.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

namespace evd::bus {
namespace {

using std::chrono::milliseconds;

constexpr int kTriesMax = 500;  // of 10 ms each: a hung machine fails the test, a slow one does not

std::unique_ptr<Subscriber> listenOn(const base::Fd& listening, const std::string& path) {
    auto copy = listening.duplicate();
    REQUIRE(copy);
    auto subscriber = Subscriber::listen(std::move(copy).value(), path, "commit");
    REQUIRE(subscriber);
    return std::move(subscriber).value();
}

// Tells until it is heard; a connection is made in the background, so the first tries may be lost.
bool isHeard(Publisher& publisher, Subscriber& subscriber, std::string_view text) {
    for (int tries = 0; tries < kTriesMax; ++tries) {
        publisher.publish("commit", base::asBytes(text));
        const auto message = subscriber.receive(milliseconds(10));
        if (message && base::asText(*message) == text) {
            return true;
        }
    }
    return false;
}

class Fixture {
  public:
    Fixture() : path(directory / "n.sock") {
        auto made = base::listenUnix(path, SOCK_STREAM, 0600, 16);
        REQUIRE(made);
        listening = std::move(made).value();
    }
    std::unique_ptr<Publisher> publisher() const {
        auto made = Publisher::connect(path);
        REQUIRE(made);
        return std::move(made).value();
    }

    test::TemporaryDirectory directory;
    std::string path;
    base::Fd listening;
};

TEST_CASE("bus: what is told is heard") {
    const Fixture fixture;
    const auto subscriber = listenOn(fixture.listening, fixture.path);
    const auto publisher = fixture.publisher();
    CHECK(isHeard(*publisher, *subscriber, "one"));
    CHECK(isHeard(*publisher, *subscriber, ""));
}

TEST_CASE("bus: another topic is not heard") {
    const Fixture fixture;
    const auto subscriber = listenOn(fixture.listening, fixture.path);
    const auto publisher = fixture.publisher();
    REQUIRE(isHeard(*publisher, *subscriber, "one"));
    publisher->publish("health", base::asBytes("no"));
    publisher->publish("commit", base::asBytes("yes"));
    for (auto message = subscriber->receive(milliseconds(1000)); message;
         message = subscriber->receive(milliseconds(1000))) {
        CHECK(base::asText(*message) != "no");
        if (base::asText(*message) == "yes") {
            return;
        }
    }
    FAIL("the message behind the other topic was not heard");
}

TEST_CASE("bus: a teller that starts before its listener is heard once there is one") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "n.sock";
    auto publisher = Publisher::connect(path);
    REQUIRE(publisher);
    publisher.value()->publish("commit", base::asBytes("lost"));
    auto listening = base::listenUnix(path, SOCK_STREAM, 0600, 16);
    REQUIRE(listening);
    const auto subscriber = listenOn(listening.value(), path);
    CHECK(isHeard(*publisher.value(), *subscriber, "one"));
}

TEST_CASE("bus: a listener that restarts on the same socket is found again") {
    const Fixture fixture;
    const auto publisher = fixture.publisher();
    for (const char* text : {"one", "two", "three"}) {
        const auto subscriber = listenOn(fixture.listening, fixture.path);
        CHECK(isHeard(*publisher, *subscriber, text));
    }
}

TEST_CASE("bus: a teller that restarts is heard again") {
    const Fixture fixture;
    const auto subscriber = listenOn(fixture.listening, fixture.path);
    for (const char* text : {"one", "two", "three"}) {
        const auto publisher = fixture.publisher();
        CHECK(isHeard(*publisher, *subscriber, text));
    }
}

TEST_CASE("bus: telling never waits, with no listener and with one that does not listen") {
    const Fixture fixture;
    const auto publisher = fixture.publisher();
    const std::vector<uint8_t> message(1000, 1);
    for (int count = 0; count < 3 * kBusMessagesHeldMax; ++count) {
        publisher->publish("commit", message);
    }
    const auto subscriber = listenOn(fixture.listening, fixture.path);
    REQUIRE(isHeard(*publisher, *subscriber, "one"));
    for (int count = 0; count < 20 * kBusMessagesHeldMax; ++count) {
        publisher->publish("commit", message);
    }
    CHECK(subscriber->receive(milliseconds(1000)));
}

TEST_CASE("bus: nothing is received when nothing is told") {
    const Fixture fixture;
    const auto subscriber = listenOn(fixture.listening, fixture.path);
    CHECK_FALSE(subscriber->receive(milliseconds(1)));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// A sanitizer has an address space of its own.

TEST_CASE("exhaustion: a bus that cannot have its threads ends the process in order") {
    constexpr size_t kStackBytes = 64 << 20;
    for (const int stacks : {0, 1}) {
        CAPTURE(stacks);
        const auto end = test::endOfFork([&] {
            pthread_attr_t attributes;
            ::pthread_attr_init(&attributes);
            ::pthread_attr_setstacksize(&attributes, kStackBytes);
            (void)::pthread_setattr_default_np(&attributes);
            test::limitAddresses(static_cast<size_t>(stacks) * kStackBytes + kStackBytes / 2);
            (void)Publisher::connect("nowhere");
        });
        CHECK(end.exitedWith(1));
        REQUIRE(end.writes.size() == 1);
        CHECK(end.writes[0].find(stacks == 0
                                     ? "cannot make the thread bus-reaper"
                                     : "cannot make the thread bus-io") != std::string::npos);
    }
}

#endif

}  // namespace
}  // namespace evd::bus
