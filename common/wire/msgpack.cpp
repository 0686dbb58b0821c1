#include "common/wire/msgpack.h"

#include "common/base/text.h"
#include "common/wire/msgpack_head.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace evd::wire {

namespace {

using base::ErrorKind;

constexpr uint64_t kAllButSign = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

int64_t signExtend(uint64_t number, uint8_t number_bytes) {
    const unsigned unused_bits = 64 - 8U * number_bytes;
    return static_cast<int64_t>(number << unused_bits) >> unused_bits;
}

void setNumber(const MsgpackHead& head, MsgpackToken& token) {
    if (head.kind == MsgpackKind::Float) {
        token.float_value =
            head.number_bytes == 4
                ? static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(head.number)))
                : std::bit_cast<double>(head.number);
    } else if (head.is_signed) {
        token.int_value = signExtend(head.number, head.number_bytes);
    } else if (head.number > kAllButSign) {
        token.uint_value = head.number;
    } else {
        token.kind = MsgpackKind::Int;
        token.int_value = static_cast<int64_t>(head.number);
    }
}

bool isText(const uint8_t* at, size_t count) {
    return base::isUtf8(base::asText({at, count}));
}

}  // namespace

base::Result<MsgpackToken> MsgpackReader::next() {
    MsgpackHead head;
    if (!parseMsgpackHead(bytes_.data() + offset_, bytes_.size() - offset_, head)) {
        return base::fail(ErrorKind::Invalid,
                          base::cat("msgpack is cut short or malformed at byte ", offset_));
    }
    MsgpackToken token;
    token.kind = head.kind;
    switch (head.kind) {
        case MsgpackKind::Nil:
            break;
        case MsgpackKind::Boolean:
            token.boolean = head.first == 0xC3;
            break;
        case MsgpackKind::Int:
        case MsgpackKind::Uint:
        case MsgpackKind::Float:
            setNumber(head, token);
            break;
        case MsgpackKind::Array:
        case MsgpackKind::Map:
            token.count = static_cast<uint32_t>(head.number);
            break;
        case MsgpackKind::Text:
        case MsgpackKind::Bytes:
        case MsgpackKind::Extension:
            token.extension_type = head.extension_type;
            token.bytes = base::asText(
                bytes_.subspan(offset_ + head.head_bytes, static_cast<size_t>(head.content_bytes)));
            break;
    }
    offset_ += head.head_bytes + static_cast<size_t>(head.content_bytes);
    return token;
}

base::Result<void> MsgpackReader::skip(uint32_t depth_max) {
    if (!walkMsgpack(bytes_, offset_, depth_max, [](const uint8_t*, size_t) { return true; })) {
        return base::fail(ErrorKind::Invalid, base::cat("the msgpack value at byte ", offset_,
                                                        " is malformed or too deep"));
    }
    return {};
}

base::Result<void> validateMsgpack(std::span<const uint8_t> bytes, uint32_t depth_max) {
    // The kernel's counter starts at 1 and must be below the maximum to enter a non-empty
    // container, so a maximum of n admits n - 1 of them (peios-abi §1.3).
    const uint32_t capped = std::min(depth_max, kMsgpackDepthCap);
    const uint32_t containers_max = capped == 0 ? 0 : capped - 1;
    size_t offset = 0;
    if (!walkMsgpack(bytes, offset, containers_max, isText)) {
        return base::fail(ErrorKind::Invalid, "not a valid msgpack value");
    }
    if (offset != bytes.size()) {
        return base::fail(ErrorKind::Invalid,
                          base::cat("bytes follow the msgpack value that ends at ", offset));
    }
    return {};
}

}  // namespace evd::wire
