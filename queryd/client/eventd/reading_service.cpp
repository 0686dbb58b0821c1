#include "queryd/client/eventd/reading_service.h"

namespace eventd {

namespace {

using evd::schema::ResultRecord;

constexpr size_t kGuidBytes = 16;

std::string textOf(capnp::Text::Reader text) {
    return std::string(text.begin(), text.size());
}

Value::Bytes bytesOf(capnp::Data::Reader bytes) {
    return Value::Bytes(bytes.begin(), bytes.end());
}

// Microsoft order: the first three fields of a GUID stand the other way round.
std::string guidText(capnp::Data::Reader bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    static constexpr int kOrder[kGuidBytes] = {3, 2, 1,  0,  5,  4,  7,  6,
                                               8, 9, 10, 11, 12, 13, 14, 15};
    if (bytes.size() != kGuidBytes) {
        return "";
    }
    std::string text = "{";
    for (size_t i = 0; i < kGuidBytes; ++i) {
        const uint8_t byte = bytes[static_cast<size_t>(kOrder[i])];
        text += i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
        text += kDigits[byte >> 4];
        text += kDigits[byte & 0xF];
    }
    return text + "}";
}

Value readValue(evd::schema::Value::Reader in, uint32_t depth_left);

Value::List readList(capnp::List<evd::schema::Value>::Reader in, uint32_t depth_left) {
    Value::List items;
    items.reserve(in.size());
    for (const auto item : in) {
        items.push_back(readValue(item, depth_left));
    }
    return items;
}

Value::Map readMap(capnp::List<evd::schema::Value::Entry>::Reader in, uint32_t depth_left) {
    Value::Map entries;
    entries.reserve(in.size());
    for (const auto entry : in) {
        entries.push_back(
            {readValue(entry.getKey(), depth_left), readValue(entry.getValue(), depth_left)});
    }
    return entries;
}

Value readValue(evd::schema::Value::Reader in, uint32_t depth_left) {
    using Kind = evd::schema::Value::Which;
    switch (in.which()) {
        case Kind::NIL:
            return {};
        case Kind::BOOLEAN:
            return {in.getBoolean()};
        case Kind::INT:
            return {in.getInt()};
        case Kind::UINT:
            return {in.getUint()};
        case Kind::FLOAT:
            return {in.getFloat()};
        case Kind::TEXT:
            return {textOf(in.getText())};
        case Kind::BYTES:
            return {bytesOf(in.getBytes())};
        case Kind::LIST:
            return depth_left == 0 ? Value() : Value{readList(in.getList(), depth_left - 1)};
        case Kind::MAP:
            return depth_left == 0 ? Value() : Value{readMap(in.getMap(), depth_left - 1)};
    }
    return {};
}

StoredEvent readEvent(evd::schema::StoredEvent::Reader in) {
    StoredEvent event;
    event.id = in.getId();
    event.boot = guidText(in.getBootId());
    event.timestamp_ns = in.getTimestamp();
    event.type = textOf(in.getType());
    if (in.getCpu() >= 0) {
        event.cpu = in.getCpu();
    }
    if (in.getSequence() != 0) {
        event.sequence = in.getSequence();
    }
    if (in.getOriginClass() >= 0) {
        event.origin_class = in.getOriginClass();
    }
    event.effective_token = guidText(in.getEffectiveToken());
    event.true_token = guidText(in.getTrueToken());
    event.process = guidText(in.getProcess());
    event.payload = bytesOf(in.getPayload());
    return event;
}

}  // namespace

std::vector<Row> readRows(capnp::List<ResultRecord>::Reader records) {
    std::vector<Row> rows;
    rows.reserve(records.size());
    for (const auto record : records) {
        Row row;
        row.fields.reserve(record.getFields().size());
        for (const auto field : record.getFields()) {
            row.fields.push_back(
                {textOf(field.getName()), readValue(field.getValue(), kValueDepthMax)});
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<StoredEvent> readEvents(capnp::List<evd::schema::StoredEvent>::Reader events) {
    std::vector<StoredEvent> all;
    all.reserve(events.size());
    for (const auto event : events) {
        all.push_back(readEvent(event));
    }
    return all;
}

}  // namespace eventd
