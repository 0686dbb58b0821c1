// evd_fuzz_links: evd_queryd_evctl

// `evctl emit`: any text as JSON. What is taken must be msgpack that KMES takes, and must read back
// as a JSON text that gives the same msgpack again.

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "common/wire/msgpack_json.h"
#include "queryd/evctl/json_payload.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto payload = evd::evctl::payloadFromJson(evd::base::asText({data, size}));
    if (!payload.ok()) {
        EVD_CHECK(!payload.error().text.empty(), "a refusal without a reason");
        return 0;
    }
    EVD_CHECK(evd::wire::validateMsgpack(payload.value(), 32).ok(), "KMES would refuse this");
    std::string sorted;
    evd::wire::appendJson(payload.value(), sorted);
    const auto again = evd::evctl::payloadFromJson(sorted);
    EVD_CHECK(again.ok(), "our own JSON is not JSON");
    std::string sorted_again;
    evd::wire::appendJson(again.value(), sorted_again);
    EVD_CHECK(sorted == sorted_again, "a value changed on its way");
    return 0;
}
