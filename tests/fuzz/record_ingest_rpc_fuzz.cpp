// evd_fuzz_links: evd_store evd_common_ipc evd_common_base evd_fuzz_support
//
// An eventd-ingest that an attacker has taken over, at the store's door for logs and metrics
// (RecordIngest). See event_ingest_rpc_fuzz.cpp.

#include "tests/fuzz/support/rpc_door.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/store/record_ingest_host.h"

#include <capnp/ingest.capnp.h>

namespace {

namespace store = evd::store;
namespace test = evd::test;

class Store {
  public:
    Store()
        : door_({capnp::Schema::from<evd::schema::RecordIngest>()},
                {"", std::string(16, 's'), "sshd", "host=a", "a=1,b=2", "load", "\xFF"}),
          host_(folder_.path(), clock_, door_.io().unixEventPort) {}

    void run(std::span<const uint8_t> bytes) {
        auto [served, scripted] = test::RpcDoor::ends();
        {
            const store::RecordIngestConnection connection(std::move(served), host_,
                                                           *door_.io().lowLevelProvider);
            door_.run(std::move(scripted), bytes);
        }
        door_.turnUntil(
            [this] { return host_.logStore().isIdle() && host_.metricStore().isIdle(); },
            "the stores never rest");
        door_.checkDescriptors();
    }

  private:
    test::TemporaryDirectory folder_;
    evd::base::SystemClock clock_;
    test::RpcDoor door_;
    store::RecordIngestHostDouble host_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static auto* const store = std::make_unique<Store>().release();  // as long as the process
    store->run({data, size});
    return 0;
}
