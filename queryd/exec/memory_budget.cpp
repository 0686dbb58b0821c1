#include "queryd/exec/memory_budget.h"

namespace evd::queryd {

bool MemoryBudget::reserve(uint64_t bytes) {
    const uint64_t bytes_max = bytes_max_.load();
    uint64_t used = used_.load();
    do {
        if (bytes > bytes_max || used > bytes_max - bytes) {
            return false;
        }
    } while (!used_.compare_exchange_weak(used, used + bytes));
    return true;
}

base::Result<void> MemoryShare::grow(size_t bytes) {
    const uint64_t wanted = held_ + bytes;
    if (wanted > reserved_) {
        const uint64_t missing = wanted - reserved_;
        const uint64_t step = (missing + kShareStepBytes - 1) / kShareStepBytes * kShareStepBytes;
        if (!budget_->reserve(step)) {
            return base::fail(base::ErrorKind::Busy,
                              "the question needs more memory than MaxQueryMemoryBytes leaves, "
                              "narrow it with SINCE, WHERE or TAKE");
        }
        reserved_ += step;
    }
    held_ = wanted;
    return {};
}

}  // namespace evd::queryd
