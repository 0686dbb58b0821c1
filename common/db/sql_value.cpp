#include "common/db/sql_value.h"

#include "common/base/guid.h"
#include "common/base/text.h"
#include "common/wire/msgpack_json.h"
#include "common/wire/msgpack_path.h"

#include <cmath>

namespace evd::db {

namespace {

constexpr std::string_view kPathRoot = "$.";

SqlValue integerValue(int64_t number) {
    SqlValue value;
    value.kind = SqlValue::Kind::Integer;
    value.integer = number;
    return value;
}

SqlValue floatValue(double number) {
    SqlValue value;
    if (!std::isnan(number)) {  // SQLite has none and would store NULL
        value.kind = SqlValue::Kind::Float;
        value.floating = number;
    }
    return value;
}

SqlValue bytesValue(SqlValue::Kind kind, std::string_view bytes) {
    SqlValue value;
    value.kind = kind;
    value.bytes = bytes;
    return value;
}

SqlValue ownValue(SqlValue::Kind kind, std::string own) {
    SqlValue value;
    value.kind = kind;
    value.own = std::move(own);
    return value;
}

SqlValue valueOf(const wire::MsgpackToken& token, std::span<const uint8_t> raw) {
    switch (token.kind) {
        case wire::MsgpackKind::Nil:
            return {};
        case wire::MsgpackKind::Boolean:
            return integerValue(token.boolean ? 1 : 0);
        case wire::MsgpackKind::Int:
            return integerValue(token.int_value);
        case wire::MsgpackKind::Uint:
            return floatValue(static_cast<double>(token.uint_value));
        case wire::MsgpackKind::Float:
            return floatValue(token.float_value);
        case wire::MsgpackKind::Text:
            return bytesValue(SqlValue::Kind::Text, token.bytes);
        case wire::MsgpackKind::Bytes:
            return bytesValue(SqlValue::Kind::Blob, token.bytes);
        case wire::MsgpackKind::Array:
        case wire::MsgpackKind::Map:
        case wire::MsgpackKind::Extension:
            return bytesValue(SqlValue::Kind::Blob, base::asText(raw));
    }
    return {};
}

}  // namespace

SqlValue msgpackExtract(std::span<const uint8_t> payload, std::string_view path) {
    if (!path.starts_with(kPathRoot)) {
        return {};
    }
    const auto raw = wire::findPath(payload, path.substr(kPathRoot.size()));
    if (!raw) {
        return {};
    }
    const auto token = wire::MsgpackReader(*raw).next();
    return token ? valueOf(token.value(), *raw) : SqlValue{};
}

SqlValue msgpackToJson(std::span<const uint8_t> payload) {
    wire::MsgpackReader reader(payload);
    if (payload.size() > kJsonPayloadBytesMax || !reader.skip() || !reader.atEnd()) {
        return {};
    }
    std::string json;
    wire::appendJson(payload, json);
    return ownValue(SqlValue::Kind::Text, std::move(json));
}

SqlValue guidText(std::span<const uint8_t> bytes) {
    const auto guid = base::guidFromBytes(bytes);
    return guid ? ownValue(SqlValue::Kind::Text, base::formatGuid(guid.value())) : SqlValue{};
}

SqlValue guidBlob(std::string_view text) {
    const auto guid = base::parseGuid(text);
    return guid ? ownValue(SqlValue::Kind::Blob, std::string(base::asText(guid.value().bytes)))
                : SqlValue{};
}

}  // namespace evd::db
