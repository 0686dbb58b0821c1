// evd_fuzz_links: evd_sandbox_supervisor evd_common_ipc evd_common_base evd_fuzz_support
//
// A child that an attacker has taken over, at its supervisor's end of the control connection: what
// it answers to start, heartbeat, configure and drain, and what it asks for itself (Supervisor).

#include "sandbox/supervisor/child_service.h"
#include "tests/fuzz/support/rpc_door.h"

#include <capnp/supervise.capnp.h>
#include <fcntl.h>

namespace {

namespace ipc = evd::ipc;
namespace supervisor = evd::supervisor;
namespace test = evd::test;
namespace wire = evd::wire;
using supervisor::Program;

// Keeps nothing; the broker's own limits have their tests.
class Requests final : public supervisor::ChildRequests {
  public:
    evd::base::Result<void> park(Program, std::string, evd::base::Fd fd) override {
        EVD_CHECK(fd.valid(), "what is parked is a descriptor");
        return {};
    }
    void unpark(Program, std::string_view) override {}
    std::vector<wire::ProcessStatus> groupStatus() override {
        wire::ProcessStatus store;
        store.name = "store";
        store.measures = {{"rows", 7}};
        return {store};
    }
};

class Supervisor {
  public:
    void run(std::span<const uint8_t> bytes) {
        auto [ours, scripted] = test::RpcDoor::ends();
        const uint8_t kind = bytes.empty() ? uint8_t{0} : bytes[0];
        supervisor::ProgramSpec spec{.program = Program::Kmesd, .name = "eventd-kmesd"};
        spec.may_park = (kind & 1) != 0;
        spec.sees_group = (kind & 2) != 0;
        spec.sees_security = (kind & 4) != 0;
        {
            supervisor::ChildConnection child(door_.io(), {1, std::move(ours), {}}, spec,
                                              requests_);
            auto asked = ask(child).eagerlyEvaluate(nullptr);
            door_.run(std::move(scripted), bytes.subspan(bytes.empty() ? 0 : 1));
        }
        door_.io().waitScope.poll();
        door_.checkDescriptors();
    }

  private:
    // All that a supervisor says in a life.
    kj::Promise<void> ask(supervisor::ChildConnection& child) {
        std::vector<supervisor::NamedFd> descriptors;
        descriptors.push_back({"store", evd::base::Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))});
        auto started = child.start(std::move(descriptors), params());
        auto beats = child.heartbeat();
        const auto pass = [](kj::Exception&&) {};
        return started.then([](auto&&) {}, pass)
            .then([beats = kj::mv(beats)]() mutable { return kj::mv(beats).ignoreResult(); })
            .then([] {}, pass)
            .then([&child] { return child.configure(params().settings); })
            .then([] {}, pass)
            .then([&child] { return child.heartbeat().ignoreResult(); })
            .then([] {}, pass)
            .then([&child] { return child.drain(/*has_successor=*/true); })
            .then([] {}, pass);
    }
    static ipc::StartParams params() {
        ipc::StartParams params;
        params.settings = evd::config::Settings::defaults();
        params.resume = {{3, 77}};
        params.admin_gids = {1, 2};
        return params;
    }

    test::RpcDoor door_{
        {capnp::Schema::from<evd::schema::Supervisor>(), capnp::Schema::from<evd::schema::Child>(),
         capnp::Schema::from<evd::schema::FdCarrier>()},
        {"", "ring.0", "ring.1", "store"}};
    Requests requests_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static auto* const supervisor = std::make_unique<Supervisor>().release();
    supervisor->run({data, size});
    return 0;
}
