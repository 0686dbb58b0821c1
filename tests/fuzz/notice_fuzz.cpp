// evd_fuzz_links: evd_common_ipc
#include "common/base/check.h"
#include "common/ipc/notice.h"

// A bus message: whatever it holds, decoding refuses it or yields a notice that survives a round
// trip.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto decoded = evd::ipc::decodeCommitNotice({data, size});
    if (decoded) {
        const auto again =
            evd::ipc::decodeCommitNotice(evd::ipc::encodeCommitNotice(decoded.value()));
        EVD_CHECK(again.ok() && again.value().last_id == decoded.value().last_id,
                  "a decoded notice encodes to itself");
    }
    return 0;
}
