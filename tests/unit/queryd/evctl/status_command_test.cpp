#include "queryd/evctl/status_command.h"

#include "common/config/socket_paths.h"
#include "tests/support/fake_clock.h"
#include "tests/support/scripted_rpc_server.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <atomic>

using evd::base::ErrorKind;

namespace {

// Tells the status so many times; then it fails in that way.
class Session final : public evd::schema::Session::Server {
  public:
    Session(int good_looks, kj::Exception failure)
        : good_looks_(good_looks), failure_(kj::mv(failure)) {}
    kj::Promise<void> status(StatusContext) override {
        return good_looks_-- > 0 ? kj::Promise<void>(kj::READY_NOW)
                                 : kj::Promise<void>(kj::cp(failure_));
    }

  private:
    int good_looks_;
    kj::Exception failure_;
};

}  // namespace

TEST_CASE("status: a watch comes back after the group was restarted, until it may not look") {
    const evd::test::TemporaryDirectory folder;
    const auto sockets = evd::config::socketPathsBeside(folder / "query.sock");
    std::atomic<size_t> connections = 0;
    const evd::test::ScriptedRpcServer server(sockets.rpc, [&](size_t turn, kj::Timer&) {
        ++connections;
        return turn == 0 ? kj::heap<Session>(1, KJ_EXCEPTION(DISCONNECTED, "restarted"))
                         : kj::heap<Session>(0, KJ_EXCEPTION(FAILED, "[denied] not you"));
    });
    const auto arguments =
        evd::evctl::parseArguments(std::vector<std::string>{"status", "--watch"}).value();
    const evd::test::FakeClock clock;
    const evd::base::Fd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    evd::evctl::OutputStream output(nowhere.get());
    const auto ended = evd::evctl::runStatus({arguments, sockets, clock, output});
    REQUIRE_FALSE(ended.ok());
    CHECK(ended.error().kind == ErrorKind::Denied);
    CHECK(connections == 2);
}

TEST_CASE("status: jsonl is a line for each part of the group, json one array of them") {
    for (const auto& [format, expected] :
         {std::pair{"jsonl", "{\"queries_running\":0,\"queries_streaming\":0}\n"},
          {"json", "[\n{\"queries_running\":0,\"queries_streaming\":0}\n]\n"}}) {
        CAPTURE(format);
        const evd::test::TemporaryDirectory folder;
        const auto sockets = evd::config::socketPathsBeside(folder / "query.sock");
        const evd::test::ScriptedRpcServer server(sockets.rpc, [](size_t, kj::Timer&) {
            return kj::heap<Session>(1, KJ_EXCEPTION(FAILED, "asked twice"));
        });
        const auto arguments =
            evd::evctl::parseArguments(std::vector<std::string>{"status", "-f", format}).value();
        const evd::test::FakeClock clock;
        const evd::base::Fd file(
            ::open((folder / "output").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        evd::evctl::OutputStream output(file.get());
        REQUIRE(evd::evctl::runStatus({arguments, sockets, clock, output}).ok());
        CHECK(evd::test::readTextFile(folder / "output") == expected);
    }
}
