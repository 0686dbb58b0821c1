#pragma once

#include "common/base/result.h"
#include "common/wire/metric_window.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace evd::queryd {

// What the store says its stable id is: everything at or below it is committed or will never be, as
// long as that store lives. Answers over the same connection are of the same store.
struct StableId {
    int64_t id = 0;
    uint64_t connection = 0;  // 0: none
    bool operator==(const StableId&) const = default;
};

// What queryd may tell the store: which fields questions filter by, which windows of metrics they
// ask for, and that an administrator wants an index; and what it asks. Any thread.
class StoreControl {
  public:
    virtual ~StoreControl() = default;
    // A question filters by these fields. Never waits; dropped when the store does not listen.
    virtual void filtered(const std::vector<std::string>& fields) = 0;
    // A question about metrics asks for windows that a rollup of this kind would answer (Spec
    // §7.4). Never waits; dropped when the store does not listen.
    virtual void rollupAsked(wire::RollupFunction function, uint32_t window_seconds) = 0;
    // EVENTS INDEX: waits for the store's answer, at most until the deadline or until cancelled.
    // Errors: Invalid (the field cannot be indexed), Busy (not now).
    virtual base::Result<void> index(const std::string& field, int64_t deadline_monotonic_ns,
                                     const std::atomic<bool>* cancelled) = 0;
    // Waits like index(). Busy when the store is away.
    virtual base::Result<StableId> stableId(int64_t /*deadline_monotonic_ns*/,
                                            const std::atomic<bool>* /*cancelled*/) {
        return base::fail(base::ErrorKind::Unsupported, "there is no store to ask");
    }
};

}  // namespace evd::queryd
