#pragma once

#include "collector/ingest/reject_reason.h"
#include "common/base/text.h"
#include "tests/support/msgpack_json.h"

#include <doctest/doctest.h>
#include <cstdint>
#include <string_view>
#include <vector>

namespace evd::test {

using Bytes = std::vector<uint8_t>;

// A datagram from JSON, in the conventions of msgpack_json.h.
inline Bytes datagram(std::string_view json) {
    auto bytes = msgpackOfJson(json);
    REQUIRE_MESSAGE(bytes.ok(), json);
    return std::move(bytes).value();
}

inline Bytes bytesOf(std::string_view text) {
    return {text.begin(), text.end()};
}

// How often the one reason was met, when there is no other; the total negated when there is.
inline int64_t only(const collector::RejectCounts& rejects, collector::Reject reason) {
    const auto count = static_cast<int64_t>(rejects.of(reason));
    const auto total = static_cast<int64_t>(rejects.total());
    return count == total ? count : -total;
}

}  // namespace evd::test
