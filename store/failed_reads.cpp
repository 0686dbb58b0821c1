#include "store/failed_reads.h"

namespace evd::store {

bool FailedReads::failed(int64_t now_ns) {
    since_ns_ = since_ns_.value_or(now_ns);
    ++failures_;
    return failures_ >= kFailuresMin && now_ns - *since_ns_ >= kPatienceNs;
}

void FailedReads::forget() {
    since_ns_.reset();
    failures_ = 0;
}

}  // namespace evd::store
