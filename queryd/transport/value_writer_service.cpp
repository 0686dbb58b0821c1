#include "queryd/transport/value_writer_service.h"

#include "common/wire/msgpack.h"

#include <algorithm>
#include <string_view>

namespace evd::queryd {

namespace {

using base::ErrorKind;
using base::fail;
using wire::MsgpackKind;

// Texts of ours need not end in NUL, which capnp::Text::Reader would ask for.
void copyText(std::string_view text, capnp::Text::Builder out) {
    std::copy(text.begin(), text.end(), out.begin());
}

void copyBytes(std::string_view bytes, schema::Value::Builder out) {
    auto data = out.initBytes(static_cast<unsigned>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), data.begin());
}

base::Result<void> writeValue(wire::MsgpackReader& reader, uint32_t depth_left,
                              schema::Value::Builder out);

base::Result<void> writeContainer(const wire::MsgpackToken& token, wire::MsgpackReader& reader,
                                  uint32_t depth_left, schema::Value::Builder out) {
    if (depth_left == 0) {
        return fail(ErrorKind::Invalid, "a record is nested too deeply");
    }
    if (token.kind == MsgpackKind::Array) {
        for (auto item : out.initList(token.count)) {
            EVD_TRY(writeValue(reader, depth_left - 1, item));
        }
        return {};
    }
    for (auto entry : out.initMap(token.count)) {
        EVD_TRY(writeValue(reader, depth_left - 1, entry.initKey()));
        EVD_TRY(writeValue(reader, depth_left - 1, entry.initValue()));
    }
    return {};
}

base::Result<void> writeValue(wire::MsgpackReader& reader, uint32_t depth_left,
                              schema::Value::Builder out) {
    const auto read = reader.next();
    if (!read.ok()) {
        return read.error();
    }
    const auto& token = read.value();
    switch (token.kind) {
        case MsgpackKind::Nil:
            out.setNil();
            break;
        case MsgpackKind::Boolean:
            out.setBoolean(token.boolean);
            break;
        case MsgpackKind::Int:
            out.setInt(token.int_value);
            break;
        case MsgpackKind::Uint:
            out.setUint(token.uint_value);
            break;
        case MsgpackKind::Float:
            out.setFloat(token.float_value);
            break;
        case MsgpackKind::Text:
            copyText(token.bytes, out.initText(static_cast<unsigned>(token.bytes.size())));
            break;
        case MsgpackKind::Bytes:
        case MsgpackKind::Extension:
            copyBytes(token.bytes, out);
            break;
        case MsgpackKind::Array:
        case MsgpackKind::Map:
            return writeContainer(token, reader, depth_left, out);
    }
    return {};
}

}  // namespace

base::Result<void> writeRecord(std::span<const uint8_t> msgpack_map,
                               schema::ResultRecord::Builder out) {
    // Checks every length first, so that no count from the bytes sizes a list it cannot fill.
    wire::MsgpackReader checked(msgpack_map);
    EVD_TRY(checked.skip());
    wire::MsgpackReader reader(msgpack_map);
    const auto head = reader.next();
    if (!head.ok() || head.value().kind != MsgpackKind::Map) {
        return fail(ErrorKind::Invalid, "a record is not a map");
    }
    for (auto field : out.initFields(head.value().count)) {
        const auto name = reader.next();
        if (!name.ok() || name.value().kind != MsgpackKind::Text) {
            return fail(ErrorKind::Invalid, "a record has a field whose name is not text");
        }
        copyText(name.value().bytes,
                 field.initName(static_cast<unsigned>(name.value().bytes.size())));
        EVD_TRY(writeValue(reader, wire::kMsgpackDepthMax, field.initValue()));
    }
    return {};
}

}  // namespace evd::queryd
