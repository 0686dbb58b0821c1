#pragma once

#include "common/db/sqlite.h"
#include "queryd/exec/event_question.h"
#include "queryd/exec/visible_record.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace evd::queryd {

// Rows of an events table, columns as in db::kEventColumns, as events that one caller may see.
//
// A record that may not be seen is not there, a hidden field is missing: nil where StoredEvent has
// such, otherwise zero or the empty text. Of a payload that is shown in part the fields that are
// left stand under their dotted names, in their order. take() takes up a row, the rest speaks of
// it. One thread; the sight outlives it.
class VisibleEvent {
  public:
    // Without a sight everything is seen.
    explicit VisibleEvent(const Sight* sight);

    // False: nothing of it may be seen.
    bool take(const db::RowView& row);
    // Whether the cpu, the boot and the number that the filter speaks of are shown and wanted.
    bool isWanted(const CpuFilter* filter, const db::RowView& row) const;
    // Appends the event as wire::StoredEvent.
    void write(const db::RowView& row, std::vector<uint8_t>& out) const;

  private:
    bool shows(int column) const;
    void writeInteger(const db::RowView& row, int column, std::vector<uint8_t>& out) const;
    void writeGuid(const db::RowView& row, int column, std::vector<uint8_t>& out) const;
    void writePayload(const db::RowView& row, std::vector<uint8_t>& out) const;

    std::optional<VisibleRecord> visible_;
};

}  // namespace evd::queryd
