#include "common/wire/msgpack_number.h"

namespace evd::wire {

std::optional<double> asDouble(const MsgpackToken& token) {
    if (token.kind == MsgpackKind::Float) {
        return token.float_value;
    }
    if (token.kind == MsgpackKind::Int) {
        return static_cast<double>(token.int_value);
    }
    if (token.kind == MsgpackKind::Uint) {
        return static_cast<double>(token.uint_value);
    }
    return std::nullopt;
}

std::optional<uint64_t> asCount(const MsgpackToken& token) {
    if (token.kind == MsgpackKind::Uint) {
        return token.uint_value;
    }
    if (token.kind == MsgpackKind::Int && token.int_value >= 0) {
        return static_cast<uint64_t>(token.int_value);
    }
    return std::nullopt;
}

}  // namespace evd::wire
