#pragma once

#include "common/db/sqlite.h"
#include "queryd/exec/condition_eval.h"
#include "queryd/plan/event_plan.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace evd::queryd {

// Which columns of the events table a question needs, and where they stand in its statement. id and
// timestamp are always the first two.
class EventSelection {
  public:
    // Every column, or only those of the plan's fields and event_type.
    static EventSelection of(const EventPlan& plan, bool whole_records);

    std::string sqlColumns() const;
    int indexOf(EventColumn column) const { return index_[static_cast<size_t>(column)]; }
    int payloadIndex() const { return payload_index_; }  // -1: not read

  private:
    void add(EventColumn column);

    std::array<int, kEventFieldCount> index_{};
    std::vector<EventColumn> order_;
    int payload_index_ = -1;
};

// The event that a statement stands on, field by field, each taken out once and only when asked
// for.
//
// Values point into the statement's row or into this object and die with the next load(). Payload
// fields follow Ruling Q9 through wire::findPath; a payload that is no msgpack has none (Ruling
// K5). One thread; plan and selection outlive it.
class EventRow final : public FieldSource {
  public:
    EventRow(const EventPlan& plan, const EventSelection& selection);

    void load(const db::Statement& statement);

    int64_t id() const { return id_; }
    int64_t timestamp() const { return timestamp_; }
    Value field(size_t index) override;
    Value column(EventColumn column);
    std::span<const uint8_t> payload() const;

  private:
    struct Slot {
        uint64_t row = 0;  // the load that filled it
        Value value;
    };

    Value guidValue(EventColumn column, std::span<const uint8_t> bytes);
    Value fieldUncached(const PlanField& field);

    const EventPlan& plan_;
    const EventSelection& selection_;
    const db::Statement* statement_ = nullptr;
    int64_t id_ = 0;
    int64_t timestamp_ = 0;
    uint64_t row_ = 0;
    std::vector<Slot> slots_;
    std::array<std::string, kEventFieldCount> guid_texts_;
};

}  // namespace evd::queryd
