// evd_fuzz_links: evd_queryd evd_queryd_transport evd_queryd_access evd_fuzz_support
//
// What a stranger may say on the rpc socket (Session, EventStore and what they hand out), as calls
// and answers of every form and as bytes: it goes through a real connection into the real service
// with real sessions; only the engine answers from memory. One connection per input.

#include "common/base/clock.h"
#include "queryd/session.h"
#include "queryd/transport/rpc_service.h"
#include "tests/fuzz/support/rpc_door.h"
#include "tests/support/fake_query_engine.h"
#include "tests/support/temporary_directory.h"

#include <capnp/query.capnp.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <cstdint>
#include <memory>

namespace {

using evd::queryd::Caller;

constexpr size_t kInputBytesMax = 65'536;

class AnyoneIsRoot final : public evd::queryd::Authority {
  public:
    evd::base::Result<Caller> identify(int) const override {
        return Caller{"S-1-5-18", true, true};
    }
};

// The door, made once; inputs come and go as connections.
class Door {
  public:
    Door() : engine_([](const auto&, auto& sink) { return answer(sink); }) {
        auto listening = evd::base::listenUnix(path_, SOCK_STREAM, 0600, 16);
        EVD_CHECK(listening.ok(), "the fuzzer's socket could not be made");
        service_ = std::make_unique<evd::queryd::RpcService>(
            std::move(listening).value(), authority_, sessions_,
            []() -> kj::Promise<std::vector<evd::wire::ProcessStatus>> {
                return std::vector<evd::wire::ProcessStatus>();
            },
            door_.io(), evd::queryd::RpcLimits{});
    }

    void knock(const uint8_t* data, size_t size) {
        auto visitor = evd::base::connectUnix(path_, SOCK_STREAM);
        EVD_CHECK(visitor.ok(), "the fuzzer could not connect to itself");
        door_.turnUntil([this] { return service_->connections() > 0; }, "nobody opens");
        door_.run(std::move(visitor).value(), {data, size});
        door_.turnUntil([this] { return service_->connections() == 0; },
                        "a connection outlived its client");
        bool is_quiet = false;
        auto quiet = service_->whenQuiet().then([&is_quiet] { is_quiet = true; });
        quiet = quiet.eagerlyEvaluate(nullptr);
        door_.turnUntil([&is_quiet] { return is_quiet; }, "an answer outlived its client");
        door_.checkDescriptors();
    }

  private:
    static evd::base::Result<void> answer(evd::queryd::RecordSink& sink) {
        const std::vector<uint8_t> record = {0x81, 0xA1, 'n', 0x01};
        EVD_TRY(sink.record(record));
        return sink.initialComplete();
    }

    evd::test::RpcDoor door_{{capnp::Schema::from<evd::schema::Session>(),
                              capnp::Schema::from<evd::schema::EventStore>(),
                              capnp::Schema::from<evd::schema::RunningQuery>(),
                              capnp::Schema::from<evd::schema::Subscription>(),
                              capnp::Schema::from<evd::schema::ResultSink>(),
                              capnp::Schema::from<evd::schema::EventReceiver>()},
                             {"EVENTS", "STREAM", "BAD", "", std::string(16, 'b')}};
    evd::test::TemporaryDirectory folder_;
    std::string path_ = folder_ / "rpc.sock";
    evd::base::SystemClock clock_;
    AnyoneIsRoot authority_;
    evd::test::FakeQueryEngine engine_;
    evd::queryd::Admission admission_{{}};
    evd::queryd::Sessions sessions_{engine_, admission_, clock_, 30'000};
    std::unique_ptr<evd::queryd::RpcService> service_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static auto* const door =
        std::make_unique<Door>().release();  // lives as long as the process, like the real one
    if (size <= kInputBytesMax) {
        door->knock(data, size);
    }
    return 0;
}
