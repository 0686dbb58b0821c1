// The library against a server that plays its part badly, or against a machine that has run out.

#include <eventd/client.h>

#include "common/base/fd.h"
#include "common/base/socket.h"
#include "tests/support/scripted_rpc_server.h"
#include "tests/support/temporary_directory.h"

#include <capnp/query.capnp.h>
#include <dirent.h>
#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <functional>
#include <memory>

namespace schema = evd::schema;
using eventd::ErrorKind;
using eventd::Got;

namespace {

constexpr auto kPatience = std::chrono::seconds(10);

// A struct where a list should be, in the only parameter of the first method.
template <typename Receiver>
kj::Promise<void> sendBroken(typename Receiver::Client receiver) {
    auto request = receiver.typelessRequest(capnp::typeId<Receiver>(), 0, nullptr);
    auto parameters = request.initAsAnyStruct(/*dataWordCount=*/0, /*pointerCount=*/1);
    (void)parameters.getPointerSection()[0].initAsAnyStruct(1, 0);
    return request.send().ignoreResult();
}

// What a server does with a question: given where its answer goes, and a timer.
using Answers = std::function<kj::Promise<void>(schema::ResultSink::Client, kj::Timer&)>;

class Store final : public schema::EventStore::Server {
  public:
    explicit Store(kj::TaskSet& tasks) : tasks_(tasks) {}  // which outlives it
    kj::Promise<void> subscribeFrom(SubscribeFromContext context) override {
        class Held final : public schema::Subscription::Server {};
        tasks_.add(sendBroken<schema::EventReceiver>(context.getParams().getReceiver()));
        context.getResults().setSubscription(kj::heap<Held>());
        return kj::READY_NOW;
    }

  private:
    kj::TaskSet& tasks_;
};

class Session final : public schema::Session::Server {
  public:
    Session(kj::TaskSet::ErrorHandler& errors, kj::Timer& timer, const Answers& answers)
        : tasks_(errors), timer_(timer), answers_(answers) {}
    kj::Promise<void> query(QueryContext context) override {
        class Held final : public schema::RunningQuery::Server {};
        tasks_.add(answers_(context.getParams().getSink(), timer_));
        context.getResults().setRunning(kj::heap<Held>());
        return kj::READY_NOW;
    }
    kj::Promise<void> eventStore(EventStoreContext context) override {
        context.getResults().setStore(kj::heap<Store>(tasks_));
        return kj::READY_NOW;
    }

  private:
    kj::TaskSet tasks_;
    kj::Timer& timer_;
    const Answers& answers_;
};

// A server at a path, with these answers to questions.
class Server final : public kj::TaskSet::ErrorHandler {
  public:
    explicit Server(Answers answers = {}) : answers_(std::move(answers)) {}

    evd::test::TemporaryDirectory folder;
    std::string path = folder / "rpc.sock";

    void taskFailed(kj::Exception&&) override {}  // the client has gone

  private:
    Answers answers_;
    evd::test::ScriptedRpcServer server_{path, [this](size_t, kj::Timer& timer) {
                                             return kj::heap<Session>(*this, timer, answers_);
                                         }};
};

size_t openDescriptors() {
    DIR* const folder = ::opendir("/proc/self/fd");
    REQUIRE(folder != nullptr);
    size_t count = 0;
    while (::readdir(folder) != nullptr) {
        ++count;
    }
    (void)::closedir(folder);
    return count;
}

// Whether a client can be made now. What cannot be is told as an Error, and nothing else.
bool connects(const std::string& path, ErrorKind& kind) {
    try {
        const eventd::Client client(path);
        return true;
    } catch (const eventd::Error& error) {
        kind = error.kind();
        return false;
    }
}

}  // namespace

TEST_CASE("client: an answer that cannot be read ends with an error, and not never") {
    const Server server([](schema::ResultSink::Client sink, kj::Timer&) {
        return sendBroken<schema::ResultSink>(kj::mv(sink));
    });
    eventd::Client client(server.path);
    auto answer = client.query("EVENTS");
    eventd::Row row;
    CHECK_THROWS_WITH_AS(answer.next(row, kPatience), doctest::Contains("cannot be read"),
                         eventd::Error);
}

TEST_CASE("client: so does a subscription") {
    const Server server;
    eventd::Client client(server.path);
    auto subscription = client.subscribeFrom(0);
    eventd::StoredEvent event;
    CHECK_THROWS_WITH_AS(subscription.next(event, kPatience), doctest::Contains("cannot be read"),
                         eventd::Error);
}

TEST_CASE("client: who has all the patience there is waits") {
    const Server server([](schema::ResultSink::Client sink, kj::Timer& timer) {
        return timer.afterDelay(20 * kj::MILLISECONDS).then([sink = kj::mv(sink)]() mutable {
            return sink.endRequest().send().ignoreResult();
        });
    });
    eventd::Client client(server.path);
    auto answer = client.query("EVENTS");
    eventd::Row row;
    CHECK(answer.next(row, std::chrono::milliseconds::max()) == Got::End);
}

TEST_CASE("client: without descriptors there is an error, and nothing left behind") {
    const evd::test::TemporaryDirectory folder;
    const auto listening = evd::base::listenUnix(folder / "rpc.sock", SOCK_STREAM, 0600, 64);
    REQUIRE(listening.ok());
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const size_t open_before = openDescriptors();
    const auto first_free =
        static_cast<rlim_t>(evd::base::Fd(::dup(listening.value().get())).get());
    size_t failures = 0;
    for (rlim_t more = 0;; ++more) {
        rlimit few = before;
        few.rlim_cur = first_free + more;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        ErrorKind kind = ErrorKind::Invalid;
        const bool has_connected = connects(folder / "rpc.sock", kind);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
        CHECK(openDescriptors() == open_before);
        if (has_connected) {
            break;
        }
        ++failures;
        CHECK((kind == ErrorKind::Failed || kind == ErrorKind::Busy));
    }
    CHECK(failures > 3);  // the socket, both ends of the pipe, and what the loop needs
}

TEST_CASE("client: without a thread there is an error, and nothing left behind") {
    const evd::test::TemporaryDirectory folder;
    const auto listening = evd::base::listenUnix(folder / "rpc.sock", SOCK_STREAM, 0600, 64);
    REQUIRE(listening.ok());
    const size_t open_before = openDescriptors();
    pthread_attr_t before;
    pthread_attr_t huge;
    REQUIRE(::pthread_getattr_default_np(&before) == 0);
    REQUIRE(::pthread_attr_init(&huge) == 0);
    REQUIRE(::pthread_attr_setstacksize(&huge, size_t{1} << 50) == 0);  // more than there is
    REQUIRE(::pthread_setattr_default_np(&huge) == 0);
    ErrorKind kind = ErrorKind::Invalid;
    const bool has_connected = connects(folder / "rpc.sock", kind);
    REQUIRE(::pthread_setattr_default_np(&before) == 0);
    CHECK_FALSE(has_connected);
    CHECK(kind == ErrorKind::Busy);
    CHECK(openDescriptors() == open_before);
    (void)::pthread_attr_destroy(&huge);
    (void)::pthread_attr_destroy(&before);
}
