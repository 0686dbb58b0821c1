#include "queryd/client/value_reader_service.h"

#include "common/wire/msgpack.h"

namespace evd::queryd {

namespace {

std::string_view viewOf(capnp::Text::Reader text) {
    return {text.begin(), text.size()};
}

base::Result<void> appendValue(schema::Value::Reader value, uint32_t depth_left,
                               wire::MsgpackWriter& writer) {
    switch (value.which()) {
        case schema::Value::NIL:
            writer.nil();
            return {};
        case schema::Value::BOOLEAN:
            writer.boolean(value.getBoolean());
            return {};
        case schema::Value::INT:
            writer.integer(value.getInt());
            return {};
        case schema::Value::UINT:
            writer.unsignedInteger(value.getUint());
            return {};
        case schema::Value::FLOAT:
            writer.floating(value.getFloat());
            return {};
        case schema::Value::TEXT:
            writer.text(viewOf(value.getText()));
            return {};
        case schema::Value::BYTES:
            writer.bytes({value.getBytes().begin(), value.getBytes().size()});
            return {};
        case schema::Value::LIST:
        case schema::Value::MAP:
            break;
    }
    if (depth_left == 0) {
        return base::fail(base::ErrorKind::Invalid, "a record is nested too deeply");
    }
    if (value.isList()) {
        const auto items = value.getList();
        writer.arrayHeader(items.size());
        for (const auto item : items) {
            EVD_TRY(appendValue(item, depth_left - 1, writer));
        }
    } else if (value.isMap()) {
        const auto entries = value.getMap();
        writer.mapHeader(entries.size());
        for (const auto entry : entries) {
            EVD_TRY(appendValue(entry.getKey(), depth_left - 1, writer));
            EVD_TRY(appendValue(entry.getValue(), depth_left - 1, writer));
        }
    } else {
        writer.nil();  // a kind of a later version
    }
    return {};
}

}  // namespace

base::Result<void> appendRecord(schema::ResultRecord::Reader record, std::vector<uint8_t>& out) {
    wire::MsgpackWriter writer(out);
    const auto fields = record.getFields();
    writer.mapHeader(fields.size());
    for (const auto field : fields) {
        writer.text(viewOf(field.getName()));
        EVD_TRY(appendValue(field.getValue(), wire::kMsgpackDepthMax, writer));
    }
    return {};
}

}  // namespace evd::queryd
