#include "queryd/exec/record_row.h"

#include "common/base/guid.h"
#include "common/base/text.h"
#include "common/wire/msgpack_path.h"

namespace evd::queryd {

RowSelection RowSelection::of(const RecordPlan& plan, bool whole_records) {
    RowSelection selection;
    const RecordTable& table = *plan.table;
    selection.add(table.time());
    selection.add(table.nameColumn());
    // What may be seen of a record hangs on all of its fields.
    bool needs_payload = (whole_records || plan.sight != nullptr) && table.has_payload;
    for (const TableColumn& column : table.columns) {
        if (whole_records) {
            selection.add(column);
        }
    }
    for (const PlanField& field : plan.fields) {
        if (field.column != nullptr) {
            selection.add(*field.column);
        } else {
            needs_payload = true;
        }
    }
    if (needs_payload) {
        selection.addPayload();
    }
    return selection;
}

RowSelection RowSelection::ofConditions(const RecordPlan& plan, bool with_name, bool by_record) {
    RowSelection selection;
    if (with_name || plan.sight != nullptr) {
        selection.add(plan.table->nameColumn());
    }
    for (const Condition& condition : plan.on_row) {
        selection.addFieldsOf(plan, condition);
    }
    for (const std::vector<Condition>* conditions : {&plan.on_column, &plan.on_bounds}) {
        for (const Condition& condition : by_record ? *conditions : std::vector<Condition>()) {
            selection.addFieldsOf(plan, condition);
        }
    }
    const bool needs_payload =
        selection.payload_index_ >= 0 || (by_record && plan.table->has_payload);
    if (needs_payload) {
        selection.addPayload();  // behind all columns
    }
    return selection;
}

void RowSelection::addFieldsOf(const RecordPlan& plan, const Condition& condition) {
    const bool has_field =
        condition.kind == Condition::Kind::Compare || condition.kind == Condition::Kind::During;
    if (has_field) {
        const PlanField& field = plan.fields[condition.field];
        if (field.column != nullptr) {
            add(*field.column);
        } else {
            addPayload();
        }
    }
    for (const Condition& child : condition.children) {
        addFieldsOf(plan, child);
    }
}

void RowSelection::addPayload() {
    payload_index_ = static_cast<int>(order_.size()) + 1;
}

void RowSelection::add(const TableColumn& column) {
    int& index = index_[column.index];
    if (index < 0) {
        order_.push_back(&column);
        index = static_cast<int>(order_.size());
    }
}

std::string RowSelection::sqlColumns() const {
    std::string columns = "id";
    for (const TableColumn* column : order_) {
        columns += base::cat(",", column->name);
    }
    return payload_index_ >= 0 ? columns + ",payload" : columns;
}

RecordRow::RecordRow(const RecordPlan& plan, const RowSelection& selection)
    : plan_(plan), selection_(selection), slots_(plan.fields.size()) {
    if (plan.sight != nullptr) {
        visible_ = std::make_unique<VisibleRecord>(*plan.sight, *plan.table);
    }
}

void RecordRow::load(const db::RowView& row) {
    view_ = &row;
    ++row_;
}

Value RecordRow::field(size_t index) {
    return slotOf(index).value;
}

bool RecordRow::hasField(size_t index) {
    return slotOf(index).is_there;
}

const RecordRow::Slot& RecordRow::slotOf(size_t index) {
    Slot& slot = slots_[index];
    if (slot.row == row_) {
        return slot;
    }
    const PlanField& field = plan_.fields[index];
    slot = {row_, shows(field), Value()};
    if (slot.is_there && field.column != nullptr) {
        slot.value = column(*field.column);
    } else if (slot.is_there) {
        const auto found = wire::findPath(payload(), field.name);
        slot.is_there = found.has_value();
        slot.value = found ? valueOf(*found) : Value();
    }
    return slot;
}

Value RecordRow::moment(size_t index) {
    return column(*plan_.fields[index].column);
}

Value RecordRow::column(const TableColumn& column) {
    const int index = selection_.indexOf(column);
    EVD_CHECK(index >= 0, "a column that was not selected");
    switch (view_->columnKind(index)) {
        case db::ColumnKind::Null:
            return {};
        case db::ColumnKind::Integer:
            return column.kind == ColumnKind::Boolean
                       ? Value::ofBoolean(view_->columnInteger(index) != 0)
                       : Value::ofInt(view_->columnInteger(index));
        case db::ColumnKind::Float:
            return Value::ofFloat(view_->columnFloat(index));
        case db::ColumnKind::Text:
            return Value::ofText(view_->columnText(index));
        case db::ColumnKind::Blob:
            return guidValue(column, view_->columnBlob(index));
    }
    return {};
}

Value RecordRow::guidValue(const TableColumn& column, std::span<const uint8_t> bytes) {
    const auto guid = base::guidFromBytes(bytes);
    if (!guid || column.kind != ColumnKind::Guid) {
        return Value::ofBytes(base::asText(bytes));
    }
    std::string& text = guid_texts_[column.index];
    text = base::formatGuid(guid.value());
    return Value::ofText(text);
}

std::span<const uint8_t> RecordRow::payload() const {
    const int index = selection_.payloadIndex();
    EVD_CHECK(index >= 0, "the payload was not selected");
    return view_->columnBlob(index);
}

VisibleRecord& RecordRow::look() {
    if (looked_at_ != row_) {
        visible_->look(column(plan_.table->nameColumn()).bytes, [this] { return payload(); });
        looked_at_ = row_;
    }
    return *visible_;
}

bool RecordRow::isVisible() {
    return !visible_ || look().isVisible();
}

bool RecordRow::shows(const TableColumn& column) {
    return !visible_ || look().shows(column);
}

bool RecordRow::shows(const PlanField& field) {
    return !visible_ ||
           (field.column != nullptr ? look().shows(*field.column) : look().shows(field.name));
}

std::vector<wire::PayloadField> RecordRow::shownFields() {
    return visible_ ? look().shownFields(payload()) : wire::listFields(payload());
}

}  // namespace evd::queryd
