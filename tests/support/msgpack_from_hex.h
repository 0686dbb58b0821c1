#pragma once

#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace evd::test {

// The bytes that the hex digits say; spaces are for the reader of the test.
inline std::vector<uint8_t> bytesFromHex(std::string_view hex) {
    std::string digits;
    for (const char letter : hex) {
        if (letter != ' ') {
            digits += letter;
        }
    }
    return base::decodeHex(digits).value();
}

// A msgpack value written by a function.
inline std::vector<uint8_t> msgpackOf(const std::function<void(wire::MsgpackWriter&)>& write) {
    std::vector<uint8_t> out;
    wire::MsgpackWriter writer(out);
    write(writer);
    return out;
}

}  // namespace evd::test
