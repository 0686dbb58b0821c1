// evd_fuzz_links: evd_queryd_access
// A list of SIDs that parses is as long as it says.

#include "common/base/check.h"
#include "queryd/access/kernel_token.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto list = evd::queryd::parseSidList({data, size});
    if (list.ok()) {
        size_t bytes = 4;
        for (const auto& entry : list.value()) {
            bytes += 8 + entry.sid.size();
        }
        EVD_CHECK(bytes == size, "nothing is left over");
    }
    return 0;
}
