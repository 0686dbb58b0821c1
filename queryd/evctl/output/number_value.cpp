#include "queryd/evctl/output/number_value.h"

#include "common/wire/msgpack.h"

#include <cmath>

namespace evd::evctl {

std::optional<double> numberOf(std::span<const uint8_t> value) {
    wire::MsgpackReader reader(value);
    const auto token = reader.next();
    if (!token.ok()) {
        return std::nullopt;
    }
    switch (token.value().kind) {
        case wire::MsgpackKind::Int:
            return static_cast<double>(token.value().int_value);
        case wire::MsgpackKind::Uint:
            return static_cast<double>(token.value().uint_value);
        case wire::MsgpackKind::Float:
            return std::isfinite(token.value().float_value)
                       ? std::optional(token.value().float_value)
                       : std::nullopt;
        case wire::MsgpackKind::Nil:
        case wire::MsgpackKind::Boolean:
        case wire::MsgpackKind::Text:
        case wire::MsgpackKind::Bytes:
        case wire::MsgpackKind::Array:
        case wire::MsgpackKind::Map:
        case wire::MsgpackKind::Extension:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace evd::evctl
