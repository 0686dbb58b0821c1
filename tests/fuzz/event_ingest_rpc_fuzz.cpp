// evd_fuzz_links: evd_store evd_common_ipc evd_common_base evd_fuzz_support
//
// A collector that an attacker has taken over, at the store's door for events (EventIngest,
// EventSink): whatever it says in whatever order, the store answers or hangs up, and when it is
// gone everything it began has ended.

#include "tests/fuzz/support/rpc_door.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/store/event_bytes.h"
#include "tests/unit/store/ingest_host.h"

#include <capnp/ingest.capnp.h>

namespace {

namespace schema = evd::schema;
namespace store = evd::store;
namespace test = evd::test;

std::vector<std::string> words() {
    std::vector<std::string> all = {"", "x"};
    std::vector<uint8_t> bytes;
    for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
        test::appendEvent(bytes, {0, sequence});
        all.emplace_back(bytes.begin(), bytes.end());
    }
    bytes.clear();
    test::appendEvent(bytes, {1, 1});
    all.emplace_back(bytes.begin(), bytes.end());
    return all;
}

class Store {
  public:
    Store()
        : door_({capnp::Schema::from<schema::EventIngest>(),
                 capnp::Schema::from<schema::EventSink>()},
                words()),
          host_(folder_ / "events", clock_, door_.io().unixEventPort) {}

    void run(std::span<const uint8_t> bytes) {
        auto [served, scripted] = test::RpcDoor::ends();
        {
            const store::CollectorConnection connection(std::move(served), host_,
                                                        *door_.io().lowLevelProvider);
            door_.run(std::move(scripted), bytes);
        }
        door_.turnUntil([this] { return host_.eventStore().isIdle(); }, "the store never rests");
        door_.checkDescriptors();
    }

  private:
    test::TemporaryDirectory folder_;
    evd::base::SystemClock clock_;
    test::RpcDoor door_;
    store::IngestHostDouble host_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static auto* const store = std::make_unique<Store>().release();  // as long as the process
    store->run({data, size});
    return 0;
}
