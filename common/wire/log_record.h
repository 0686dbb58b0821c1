#pragma once

#include "common/base/guid.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace evd::wire {

// Origins longer than that cannot be meant; the record is dropped as malformed.
inline constexpr size_t kLogOriginBytesMax = 4096;

// One log record on its way through the group (Spec §4.2).
//
// The text belongs to whatever it was read from - a datagram, a message - and must be copied to
// outlive it: that is what keeps the hot path free of allocations. A value, any thread.
struct LogRecord {
    int64_t timestamp_ns = 0;  // wall; the sender's, or of its receipt
    std::string_view origin;   // not empty, UTF-8
    bool is_error = false;
    std::string_view message;          // UTF-8, may be empty
    std::optional<base::Guid> job_id;  // contracts §5
};

}  // namespace evd::wire
