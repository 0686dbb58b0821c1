// Runs a real child process under runProgram() and plays its supervisor over the control socket.

#include "common/ipc/program_service.h"

#include "common/base/socket.h"
#include "common/ipc/convert.h"
#include "common/ipc/door_limits.h"
#include "common/ipc/fd_carrier.h"
#include "tests/support/captured_stderr.h"
#include "tests/support/forked_end.h"
#include "tests/support/longest_message.h"

#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <cstdlib>

namespace ipc = evd::ipc;
namespace schema = evd::schema;
namespace wire = evd::wire;
using evd::base::Fd;

namespace {

constexpr size_t kHoardBytes = 1 << 20;
constexpr size_t kManyMeasures = 200'000;  // an answer of more than kHoardBytes

// Writes one byte into the descriptor it is given at start, parks it at heartbeat time. With a
// descriptor "famine" its measures are many, and no memory is left to answer with them.
class EchoProgram final : public ipc::Program {
  public:
    kj::Promise<std::vector<wire::ResumePoint>> start(ipc::StartParams params,
                                                      ipc::SupervisorLink& supervisor,
                                                      kj::AsyncIoContext&) override {
        if (params.settings.number("MaxBatchSize") == 100) {
            ipc::throwError({evd::base::ErrorKind::Denied, "not with that setting"});
        }
        const char byte = params.restart ? 'r' : 'f';
        (void)!::write(edge_.get(), &byte, 1);
        return supervisor.park("edge", std::move(edge_)).then([] {
            return std::vector<wire::ResumePoint>{{3, 77}};
        });
    }
    void takeFd(std::string name, Fd fd) override {
        if (name == "edge") {
            edge_ = std::move(fd);
        } else if (name == "famine") {
            famine_ = true;
        }
    }
    void configure(const evd::config::Settings& settings) override {
        batch_size_ = static_cast<int64_t>(settings.number("MaxBatchSize"));
    }
    kj::Promise<void> drain() override { return kj::READY_NOW; }
    std::vector<wire::Measure> measures() override {
        if (famine_) {
            std::vector<wire::Measure> many(kManyMeasures);
            evd::test::limitAddresses(0);
            // Nor is there room that earlier tests have freed. Atomic, because a compiler leaves
            // out what nobody looks at.
            std::atomic<void*> hoarded = nullptr;
            do {
                hoarded = std::malloc(kHoardBytes);
            } while (hoarded != nullptr);
            return many;
        }
        return {{"batch_size", batch_size_}};
    }

  private:
    Fd edge_;
    bool famine_ = false;
    int64_t batch_size_ = 0;
};

class ParkingSupervisor final : public schema::Supervisor::Server {
  public:
    explicit ParkingSupervisor(Fd& parked) : parked_(parked) {}
    kj::Promise<void> park(ParkContext context) override {
        return ipc::receiveFd(context.getParams().getFd()).then([this](Fd fd) {
            parked_ = std::move(fd);
        });
    }

  private:
    Fd& parked_;
};

struct Child {
    pid_t pid = -1;
    Fd control;
};

Child spawn() {
    auto pair = evd::base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    const pid_t pid = ::fork();
    if (pid == 0) {
        pair.value().left.reset();
        ::dup2(pair.value().right.get(), ipc::kControlFd);
        EchoProgram program;
        ::_exit(ipc::runProgram(program));
    }
    return {pid, std::move(pair.value().left)};
}

int exitStatus(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A fresh event loop and connection per test.
struct Conversation {
    explicit Conversation(Child& child)
        : io(kj::setupAsyncIo()),
          stream(io.lowLevelProvider->wrapUnixSocketFd(
              child.control.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP)),
          client(*stream, ipc::kChildDoor.descriptors_max),
          remote(client.bootstrap().castAs<schema::Child>()) {}

    void give(const char* name, Fd fd) {
        auto request = remote.takeFdRequest();
        request.setName(name);
        request.setFd(ipc::carryFd(std::move(fd)));
        request.send().ignoreResult().wait(io.waitScope);
    }

    kj::Promise<std::vector<wire::ResumePoint>> start(Fd& parked, uint64_t batch_size) {
        auto settings = evd::config::Settings::defaults();
        settings.set("MaxBatchSize", batch_size);
        auto request = remote.startRequest();
        auto params = request.initParams();
        ipc::writeSettings(settings,
                           params.initSettings(static_cast<unsigned>(settings.values().size())));
        const evd::base::Guid boot{};
        params.setBootId(capnp::Data::Reader(boot.bytes.data(), boot.bytes.size()));
        params.setSupervisor(kj::heap<ParkingSupervisor>(parked));
        params.setRestart(true);
        return request.send().then(
            [](auto&& response) { return ipc::readResume(response.getResult().getResume()); });
    }

    kj::AsyncIoContext io;
    kj::Own<kj::AsyncCapabilityStream> stream;
    capnp::TwoPartyClient client;
    schema::Child::Client remote;
};

}  // namespace

TEST_CASE("program: a child takes fds, starts, reports, parks, drains and exits 0") {
    Child child = spawn();
    auto pipe_pair = evd::base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pipe_pair.ok());
    Fd parked;
    {
        Conversation talk(child);
        talk.give("edge", std::move(pipe_pair.value().left));
        const auto resume = talk.start(parked, 500).wait(talk.io.waitScope);
        REQUIRE(resume.size() == 1);
        CHECK(resume[0] == wire::ResumePoint{3, 77});
        char byte = 0;
        CHECK(::read(pipe_pair.value().right.get(), &byte, 1) == 1);
        CHECK(byte == 'r');
        CHECK(parked.valid());
        const auto report = talk.remote.heartbeatRequest().send().wait(talk.io.waitScope);
        CHECK(ipc::readMeasures(report.getMeasures()).value().front().name == "batch_size");
        talk.remote.drainRequest().send().ignoreResult().wait(talk.io.waitScope);
    }
    CHECK(exitStatus(child.pid) == 0);
}

TEST_CASE("program: a refused start carries its kind and text, and the child ends with 1") {
    Child child = spawn();
    Fd parked;
    {
        Conversation talk(child);
        const auto failure =
            kj::runCatchingExceptions([&]() { talk.start(parked, 100).wait(talk.io.waitScope); });
        KJ_IF_MAYBE (exception, failure) {
            CHECK(ipc::toError(*exception).kind == evd::base::ErrorKind::Denied);
            CHECK(ipc::toError(*exception).text == "not with that setting");
        } else {
            FAIL("start was not refused");
        }
    }
    CHECK(exitStatus(child.pid) == 1);
}

TEST_CASE("program: a message of its supervisor has the length of kSupervisorCaller at most") {
    Child child = spawn();
    {
        evd::test::RawRpcPeer peer(std::move(child.control));
        CHECK(evd::test::takesAtMost(peer, 16U << 20));
    }
    CHECK(exitStatus(child.pid) == 1);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// A sanitizer has an allocator of its own.

TEST_CASE("exhaustion: a child without memory for a message ends, and does not refuse the call") {
    evd::test::CapturedStderr captured;
    Child child = spawn();
    auto pipe_pair = evd::base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pipe_pair.ok());
    {
        Conversation talk(child);
        talk.give("famine", std::move(pipe_pair.value().left));
        const auto failure = kj::runCatchingExceptions(
            [&]() { talk.remote.heartbeatRequest().send().wait(talk.io.waitScope); });
        KJ_IF_MAYBE (exception, failure) {
            CHECK(exception->getType() == kj::Exception::Type::DISCONNECTED);
        } else {
            FAIL("measures that there was no memory for were told");
        }
    }
    CHECK(exitStatus(child.pid) == 1);
    REQUIRE(captured.writes() ==
            std::vector<std::string>{"eventd: error: no memory is left, ending\n"});
}

#endif

TEST_CASE("program: a child whose supervisor vanishes ends by itself") {
    Child child = spawn();
    child.control.reset();
    CHECK(exitStatus(child.pid) == 1);
}
