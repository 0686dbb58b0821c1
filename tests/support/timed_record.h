#pragma once

#include "tests/support/msgpack_from_hex.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace evd::test {

// A record of an answer that has a time and a text and nothing else.
inline std::vector<uint8_t> recordAt(int64_t time_ns, std::string_view text) {
    return msgpackOf([&](wire::MsgpackWriter& w) {
        w.mapHeader(2);
        w.text("timestamp");
        w.integer(time_ns);
        w.text("message");
        w.text(text);
    });
}

}  // namespace evd::test
