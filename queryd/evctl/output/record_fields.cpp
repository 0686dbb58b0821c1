#include "queryd/evctl/output/record_fields.h"

#include "common/wire/msgpack.h"
#include "queryd/evctl/output/field_value.h"

namespace evd::evctl {

base::Result<void> readFields(std::span<const uint8_t> record, std::vector<FieldView>& fields) {
    fields.clear();
    wire::MsgpackReader reader(record);
    const auto head = reader.next();
    if (!head.ok() || head.value().kind != wire::MsgpackKind::Map) {
        return base::fail(base::ErrorKind::Invalid, "a record is not a map");
    }
    for (uint32_t i = 0; i < head.value().count; ++i) {
        wire::MsgpackReader ahead = reader;
        const auto key = ahead.next();
        EVD_TRY(reader.skip());
        const size_t from = reader.offset();
        EVD_TRY(reader.skip());
        if (key.ok() && key.value().kind == wire::MsgpackKind::Text) {
            fields.push_back({key.value().bytes, record.subspan(from, reader.offset() - from)});
        }
    }
    return {};
}

std::optional<int64_t> timeOf(std::span<const uint8_t> record, std::vector<FieldView>& fields) {
    if (!readFields(record, fields).ok()) {
        return std::nullopt;
    }
    const FieldView* time = findField(fields, "timestamp");
    return time == nullptr ? std::nullopt : integerOf(time->value);
}

const FieldView* findField(std::span<const FieldView> fields, std::string_view name) {
    for (const FieldView& field : fields) {
        if (field.name == name) {
            return &field;
        }
    }
    return nullptr;
}

}  // namespace evd::evctl
