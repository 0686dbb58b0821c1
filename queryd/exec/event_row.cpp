#include "queryd/exec/event_row.h"

#include "common/base/guid.h"
#include "common/base/text.h"
#include "common/wire/msgpack_path.h"

namespace evd::queryd {

EventSelection EventSelection::of(const EventPlan& plan, bool whole_records) {
    EventSelection selection;
    selection.index_.fill(-1);
    selection.order_ = {EventColumn::Timestamp};
    selection.index_[static_cast<size_t>(EventColumn::Timestamp)] = 1;
    selection.add(EventColumn::EventType);
    bool needs_payload = whole_records;
    for (const EventColumnSpec& spec : eventColumns()) {
        if (whole_records) {
            selection.add(spec.column);
        }
    }
    for (const PlanField& field : plan.fields) {
        if (field.column) {
            selection.add(*field.column);
        } else {
            needs_payload = true;
        }
    }
    if (needs_payload) {
        selection.payload_index_ = static_cast<int>(selection.order_.size()) + 1;
    }
    return selection;
}

void EventSelection::add(EventColumn column) {
    int& index = index_[static_cast<size_t>(column)];
    if (index < 0) {
        order_.push_back(column);
        index = static_cast<int>(order_.size());
    }
}

std::string EventSelection::sqlColumns() const {
    std::string columns = "id";
    for (const EventColumn column : order_) {
        columns += base::cat(",", eventColumnSpec(column).name);
    }
    return payload_index_ >= 0 ? columns + ",payload" : columns;
}

EventRow::EventRow(const EventPlan& plan, const EventSelection& selection)
    : plan_(plan), selection_(selection), slots_(plan.fields.size()) {}

void EventRow::load(const db::Statement& statement) {
    statement_ = &statement;
    id_ = statement.columnInteger(0);
    timestamp_ = statement.columnInteger(1);
    ++row_;
}

Value EventRow::field(size_t index) {
    Slot& slot = slots_[index];
    if (slot.row != row_) {
        slot.value = fieldUncached(plan_.fields[index]);
        slot.row = row_;
    }
    return slot.value;
}

Value EventRow::fieldUncached(const PlanField& field) {
    if (field.column) {
        return column(*field.column);
    }
    const auto found = wire::findPath(payload(), field.name);
    return found ? valueOf(*found) : Value();
}

Value EventRow::column(EventColumn column) {
    const int index = selection_.indexOf(column);
    EVD_CHECK(index >= 0, "a column that was not selected");
    switch (statement_->columnKind(index)) {
        case db::ColumnKind::Null:
            return {};
        case db::ColumnKind::Integer:
            return Value::ofInt(statement_->columnInteger(index));
        case db::ColumnKind::Float:
            return Value::ofFloat(statement_->columnFloat(index));
        case db::ColumnKind::Text:
            return Value::ofText(statement_->columnText(index));
        case db::ColumnKind::Blob:
            return guidValue(column, statement_->columnBlob(index));
    }
    return {};
}

Value EventRow::guidValue(EventColumn column, std::span<const uint8_t> bytes) {
    const auto guid = base::guidFromBytes(bytes);
    if (!guid || eventColumnSpec(column).kind != EventColumnKind::Guid) {
        return Value::ofBytes(base::asText(bytes));
    }
    std::string& text = guid_texts_[static_cast<size_t>(column)];
    text = base::formatGuid(guid.value());
    return Value::ofText(text);
}

std::span<const uint8_t> EventRow::payload() const {
    const int index = selection_.payloadIndex();
    EVD_CHECK(index >= 0, "the payload was not selected");
    return statement_->columnBlob(index);
}

}  // namespace evd::queryd
