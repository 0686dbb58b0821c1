#include "queryd/exec/row_encoder.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "common/wire/msgpack_path.h"

namespace evd::queryd {

namespace {

using Bytes = std::vector<uint8_t>;

// Answers how many fields it has written.
uint32_t encodePayload(const RecordTable& table, RecordRow& row, Bytes& out) {
    wire::MsgpackWriter writer(out);
    uint32_t pairs = 0;
    for (const wire::PayloadField& field : row.shownFields()) {
        if (findColumn(table, field.name) != nullptr || !base::isUtf8(field.name)) {
            continue;  // a header field of that name stands already; no text, no name
        }
        writer.text(field.name);
        encodeValue(valueOf(field.value), out);
        ++pairs;
    }
    return pairs;
}

void encodeWhole(const RecordTable& table, RecordRow& row, Bytes& out) {
    wire::MsgpackWriter writer(out);
    const size_t opened_at = writer.openMap();
    uint32_t pairs = 0;
    for (const TableColumn& column : table.columns) {
        if (row.shows(column)) {
            writer.text(column.name);
            encodeValue(row.column(column), out);
            ++pairs;
        }
    }
    pairs += table.has_payload ? encodePayload(table, row, out) : 0;
    writer.setMapCount(opened_at, pairs);
}

void encodeSelected(const RecordPlan& plan, RecordRow& row, Bytes& out) {
    wire::MsgpackWriter writer(out);
    const size_t opened_at = writer.openMap();
    uint32_t pairs = 0;
    for (const size_t index : *plan.select) {
        if (row.hasField(index)) {
            writer.text(plan.fields[index].name);
            encodeValue(row.field(index), out);
            ++pairs;
        }
    }
    writer.setMapCount(opened_at, pairs);
}

}  // namespace

void encodeRecord(const RecordPlan& plan, RecordRow& row, Bytes& out) {
    if (plan.select) {
        encodeSelected(plan, row, out);
    } else {
        encodeWhole(*plan.table, row, out);
    }
}

void encodeText(std::string_view text, Bytes& out) {
    wire::MsgpackWriter writer(out);
    if (base::isUtf8(text)) {
        writer.text(text);
    } else {
        writer.bytes(base::asBytes(text));
    }
}

void encodeValue(const Value& value, Bytes& out) {
    wire::MsgpackWriter writer(out);
    switch (value.kind) {
        case Value::Kind::Null:
            return writer.nil();
        case Value::Kind::Boolean:
            return writer.boolean(value.boolean);
        case Value::Kind::Int:
            return writer.integer(value.int_value);
        case Value::Kind::Uint:
            return writer.unsignedInteger(value.uint_value);
        case Value::Kind::Float:
            return writer.floating(value.float_value);
        case Value::Kind::Text:
            return encodeText(value.bytes, out);
        case Value::Kind::Bytes:
            return writer.bytes(base::asBytes(value.bytes));
        case Value::Kind::Extension:
        case Value::Kind::Array:
        case Value::Kind::Map:
            break;
    }
    const auto raw = base::asBytes(value.bytes);
    if (wire::validateMsgpack(raw, wire::kMsgpackDepthMax).ok()) {
        writer.raw(raw);
    } else {
        writer.bytes(raw);
    }
}

}  // namespace evd::queryd
