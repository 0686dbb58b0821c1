#include "queryd/evctl/output/field_value.h"

#include "common/wire/msgpack.h"

#include <cmath>

namespace evd::evctl {

namespace {

// As msgpack writes them.
constexpr uint8_t kNil = 0xC0;
constexpr uint8_t kTrue = 0xC3;
constexpr uint8_t kOne = 0x01;

}  // namespace

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

std::optional<int64_t> integerOf(std::span<const uint8_t> value) {
    const auto token = wire::MsgpackReader(value).next();
    return token.ok() && token.value().kind == wire::MsgpackKind::Int
               ? std::optional(token.value().int_value)
               : std::nullopt;
}

std::optional<std::string_view> textOf(std::span<const uint8_t> value) {
    const auto token = wire::MsgpackReader(value).next();
    return token.ok() && token.value().kind == wire::MsgpackKind::Text
               ? std::optional(token.value().bytes)
               : std::nullopt;
}

bool isNil(std::span<const uint8_t> value) {
    return value.size() == 1 && value[0] == kNil;
}

bool isTrue(std::span<const uint8_t> value) {
    return value.size() == 1 && (value[0] == kTrue || value[0] == kOne);
}

}  // namespace evd::evctl
