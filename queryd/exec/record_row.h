#pragma once

#include "common/db/sqlite.h"
#include "queryd/exec/condition_eval.h"
#include "queryd/exec/visible_record.h"
#include "queryd/plan/record_plan.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace evd::queryd {

// Which columns of the table a question needs, and where they stand in its statement. The id is
// always the first, and in a statement that gives records timestamp is the second.
class RowSelection {
  public:
    // Every column, or only those of the plan's fields and the name column.
    static RowSelection of(const RecordPlan& plan, bool whole_records);

    // The id and what the conditions per row need; the name too, where it is judged per row; and
    // all that it takes to say what of a record may be seen, where that differs (by_record).
    static RowSelection ofConditions(const RecordPlan& plan, bool with_name, bool by_record);

    std::string sqlColumns() const;
    int indexOf(const TableColumn& column) const { return index_[column.index]; }
    int payloadIndex() const { return payload_index_; }  // -1: not read

  private:
    RowSelection() { index_.fill(-1); }
    void add(const TableColumn& column);
    void addFieldsOf(const RecordPlan& plan, const Condition& condition);
    void addPayload();

    std::array<int, kTableColumnsMax> index_{};
    std::vector<const TableColumn*> order_;
    int payload_index_ = -1;
};

// The record that a row holds, field by field, each taken out once and only when asked
// for.
//
// Values point into the statement's row or into this object and die with the next load(). Payload
// fields follow Ruling Q9 through wire::findPath; a payload that is no msgpack has none (Ruling
// K5). Where the plan has a sight, a field that the caller may not see is missing (Ruling A5);
// column() and timestamp() are what the row holds. One thread; plan and selection outlive it.
class RecordRow final : public FieldSource {
  public:
    RecordRow(const RecordPlan& plan, const RowSelection& selection);

    void load(const db::RowView& row);

    int64_t id() const { return view_->columnInteger(0); }
    int64_t timestamp() const { return view_->columnInteger(1); }
    Value field(size_t index) override;
    // Whether the record has the field and the caller may see it. Header fields are there even when
    // they are NULL; one of the payload may be missing, and may be there and nil.
    bool hasField(size_t index);
    Value moment(size_t index) override;
    Value column(const TableColumn& column);
    std::span<const uint8_t> payload() const;

    // What the caller may see: anything of it, and this.
    bool isVisible();
    bool shows(const TableColumn& column);
    // Of the payload, in its order.
    std::vector<wire::PayloadField> shownFields();

  private:
    struct Slot {
        uint64_t row = 0;  // the load that filled it
        bool is_there = false;
        Value value;
    };

    Value guidValue(const TableColumn& column, std::span<const uint8_t> bytes);
    const Slot& slotOf(size_t index);
    bool shows(const PlanField& field);
    VisibleRecord& look();

    const RecordPlan& plan_;
    const RowSelection& selection_;
    std::unique_ptr<VisibleRecord> visible_;  // where the plan has a sight
    uint64_t looked_at_ = 0;                  // the load that it has looked at
    const db::RowView* view_ = nullptr;
    uint64_t row_ = 0;
    std::vector<Slot> slots_;
    std::array<std::string, kTableColumnsMax> guid_texts_;
};

}  // namespace evd::queryd
