// evd_fuzz_links: evd_store evd_common_ipc evd_common_base evd_fuzz_support
//
// A queryd that an attacker has taken over, at the store's door for counts and indexes
// (StoreControl), with the real thread of the index policy behind it. Nothing but counts and fields
// that can be indexed gets that far.

#include "store/control_service.h"
#include "tests/fuzz/support/rpc_door.h"

#include <capnp/store_control.capnp.h>
#include <mutex>

namespace {

namespace store = evd::store;
namespace test = evd::test;

class Store {
  public:
    void run(std::span<const uint8_t> bytes) {
        auto [served, scripted] = test::RpcDoor::ends();
        {
            const store::ControlConnection connection(
                std::move(served), policy_, figures_, clock_, [] { return int64_t{7}; },
                door_.io());
            door_.run(std::move(scripted), bytes);
        }
        check();
        door_.checkDescriptors();
    }

  private:
    void check() {
        const std::lock_guard lock(mutex_);
        for (const auto& wanted : *desired_) {
            EVD_CHECK(store::indexField(wanted.path).ok(),
                      "a field that cannot be indexed is desired");
        }
    }

    evd::base::SystemClock clock_;
    std::mutex mutex_;
    store::DesiredIndexesView desired_;
    store::PolicyThread policy_{{}, nullptr, clock_, [this](store::DesiredIndexesView desired) {
                                    const std::lock_guard lock(mutex_);
                                    desired_ = std::move(desired);
                                }};
    store::ControlFigures figures_;
    test::RpcDoor door_{{capnp::Schema::from<evd::schema::StoreControl>()},
                        {"", "timestamp", "type", "source.name", "a[0].b", "x'); DROP TABLE"}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static auto* const store = std::make_unique<Store>().release();  // as long as the process
    store->run({data, size});
    return 0;
}
