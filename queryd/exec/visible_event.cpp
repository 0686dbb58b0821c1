#include "queryd/exec/visible_event.h"

#include "common/base/guid.h"
#include "common/base/text.h"
#include "common/db/schema.h"
#include "common/wire/stored_event.h"
#include "queryd/plan/event_table.h"

#include <algorithm>
#include <array>

namespace evd::queryd {

namespace {

// The columns in the order of db::kEventColumns.
enum Column {
    Id,
    Boot,
    Timestamp,
    Cpu,
    Sequence,
    OriginClass,
    Type,
    Effective,
    True,
    Process,
    Payload
};

// What they are called in the language.
constexpr std::array<std::string_view, Payload> kNames = {"",
                                                          "boot_id",
                                                          "timestamp",
                                                          "cpu_id",
                                                          "sequence",
                                                          "origin_class",
                                                          "event_type",
                                                          "effective_token_guid",
                                                          "true_token_guid",
                                                          "process_guid"};

bool isInteger(const db::RowView& row, int column) {
    return row.columnKind(column) == db::ColumnKind::Integer;
}

}  // namespace

VisibleEvent::VisibleEvent(const Sight* sight) {
    if (sight != nullptr) {
        visible_.emplace(*sight, eventTable());
    }
}

bool VisibleEvent::take(const db::RowView& row) {
    if (visible_) {
        visible_->look(row.columnText(Type), [&row] { return row.columnBlob(Payload); });
    }
    return !visible_ || visible_->isVisible();
}

bool VisibleEvent::shows(int column) const {
    return !visible_ ||
           visible_->shows(*findColumn(eventTable(), kNames.at(static_cast<size_t>(column))));
}

bool VisibleEvent::isWanted(const CpuFilter* filter, const db::RowView& row) const {
    if (filter == nullptr) {
        return true;
    }
    if (!isInteger(row, Cpu) || !isInteger(row, Sequence) ||
        row.columnInteger(Cpu) != filter->cpu ||
        static_cast<uint64_t>(row.columnInteger(Sequence)) <= filter->after_sequence) {
        return false;
    }
    const auto boot = row.columnBlob(Boot);
    return std::ranges::equal(boot, filter->boot.bytes) && shows(Boot) && shows(Cpu) &&
           shows(Sequence);
}

void VisibleEvent::writeInteger(const db::RowView& row, int column,
                                std::vector<uint8_t>& out) const {
    wire::MsgpackWriter writer(out);
    if (isInteger(row, column) && shows(column)) {
        writer.integer(row.columnInteger(column));
    } else {
        writer.nil();
    }
}

// Nothing of a wrong length gets out, whoever has put it in.
void VisibleEvent::writeGuid(const db::RowView& row, int column, std::vector<uint8_t>& out) const {
    wire::MsgpackWriter writer(out);
    const auto bytes = row.columnBlob(column);
    if (bytes.size() == sizeof(base::Guid::bytes) && shows(column)) {
        writer.bytes(bytes);
    } else if (column == Boot) {
        writer.bytes(base::Guid().bytes);
    } else {
        writer.nil();
    }
}

void VisibleEvent::writePayload(const db::RowView& row, std::vector<uint8_t>& out) const {
    wire::MsgpackWriter writer(out);
    if (row.columnKind(Payload) != db::ColumnKind::Blob) {
        return writer.nil();
    }
    const auto payload = row.columnBlob(Payload);
    if (!visible_ || !visible_->isPart()) {
        return writer.bytes(payload);
    }
    const auto fields = visible_->shownFields(payload);
    if (fields.empty()) {
        return writer.nil();
    }
    std::vector<uint8_t> left;
    wire::MsgpackWriter map(left);
    map.mapHeader(static_cast<uint32_t>(fields.size()));
    for (const wire::PayloadField& field : fields) {
        map.text(field.name);
        map.raw(field.value);
    }
    writer.bytes(left);
}

void VisibleEvent::write(const db::RowView& row, std::vector<uint8_t>& out) const {
    wire::MsgpackWriter writer(out);
    writer.arrayHeader(wire::kStoredEventFields);
    writer.integer(row.columnInteger(Id));
    writeGuid(row, Boot, out);
    writer.integer(shows(Timestamp) ? row.columnInteger(Timestamp) : 0);
    writeInteger(row, Cpu, out);
    writeInteger(row, Sequence, out);
    writeInteger(row, OriginClass, out);
    writer.text(shows(Type) ? base::toUtf8(row.columnText(Type)) : "");
    writeGuid(row, Effective, out);
    writeGuid(row, True, out);
    writeGuid(row, Process, out);
    writePayload(row, out);
}

}  // namespace evd::queryd
