#include "common/base/guid.h"

#include "common/base/text.h"

#include <uuid/uuid.h>
#include <algorithm>

namespace evd::base {

namespace {

// Microsoft order and network order differ by the first three fields turned round; the swap is its
// own inverse.
Guid swapOrder(const Guid& guid) {
    Guid swapped = guid;
    auto& b = swapped.bytes;
    std::reverse(b.begin(), b.begin() + 4);
    std::reverse(b.begin() + 4, b.begin() + 6);
    std::reverse(b.begin() + 6, b.begin() + 8);
    return swapped;
}

constexpr size_t kTextBytes = 36;

}  // namespace

std::string formatGuid(const Guid& guid) {
    // Written in place, because several stand in every record that is shown.
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text = "{00000000-0000-0000-0000-000000000000}";
    size_t at = 1;
    for (const uint8_t byte : swapOrder(guid).bytes) {
        at += text[at] == '-' ? 1 : 0;
        text[at++] = kDigits[byte >> 4];
        text[at++] = kDigits[byte & 0xF];
    }
    return text;
}

Result<Guid> parseGuid(std::string_view text) {
    std::string_view body = text;
    if (body.size() == kTextBytes + 2 && body.front() == '{' && body.back() == '}') {
        body = body.substr(1, kTextBytes);
    }
    const auto malformed = [&] { return fail(ErrorKind::Invalid, cat("not a GUID: ", text)); };
    if (body.size() != kTextBytes) {
        return malformed();
    }
    std::string hex;
    for (size_t i = 0; i < body.size(); ++i) {
        const bool dash_place = i == 8 || i == 13 || i == 18 || i == 23;
        if ((body[i] == '-') != dash_place) {
            return malformed();
        }
        if (!dash_place) {
            hex += body[i];
        }
    }
    const auto bytes = decodeHex(hex);
    if (!bytes.ok()) {
        return malformed();
    }
    Guid network;
    std::copy(bytes.value().begin(), bytes.value().end(), network.bytes.begin());
    return swapOrder(network);
}

Result<Guid> guidFromBytes(std::span<const uint8_t> bytes) {
    Guid guid;
    if (bytes.size() != guid.bytes.size()) {
        return fail(ErrorKind::Invalid, cat("a GUID has 16 bytes, not ", bytes.size()));
    }
    std::copy(bytes.begin(), bytes.end(), guid.bytes.begin());
    return guid;
}

Guid randomGuid() {
    Guid network;
    uuid_generate_random(network.bytes.data());
    return swapOrder(network);
}

Guid nameGuid(const Guid& name_space, std::string_view name) {
    const Guid network_space = swapOrder(name_space);
    Guid network;
    uuid_generate_sha1(network.bytes.data(), network_space.bytes.data(), name.data(), name.size());
    return swapOrder(network);
}

}  // namespace evd::base
