#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <span>
#include <string>

namespace evd::queryd {

inline constexpr uint32_t kRequestKeysMax = 64;

// The body of a request frame (Spec §8.8), msgpack:
//
//    { "query": text, "watch": boolean?, "limit_ms": integer >= 1?, "explain": boolean?,
//      any other key: ignored }
struct QueryRequest {
    std::string query;
    bool watch = false;
    uint64_t limit_ms = 0;  // 0: not given
    bool explain = false;
};

// Judges the bytes that a stranger sent as a request. Exactly one map of at most kRequestKeysMax
// pairs; a key twice (Ruling Q12), a missing or non-text `query`, and bytes behind the map are
// Invalid, with a sentence for the sender. Pure; any thread.
base::Result<QueryRequest> parseQueryRequest(std::span<const uint8_t> body);

}  // namespace evd::queryd
