#pragma once

#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/kmes/event_header.h"
#include "store/insert_sql.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace evd::store {

// One row of the events table. Views: type and payload must live until the next flush().
struct EventRow {
    int64_t id = 0;
    int64_t timestamp_ns = 0;
    std::optional<uint16_t> cpu;
    std::string_view type;
    std::span<const uint8_t> payload;  // empty becomes NULL (Spec §3.1, Ruling K5)
    std::optional<kmes::EventHeader>
        header;  // nothing for synthetic records: their columns are NULL
};

// Inserts rows into events with prepared statements of kRowsPerInsert rows, and single ones for the
// rest (Spec §2.4, prepared statements).
//
// Takes the batching of statements away from the writer. Payload and type are bound where they lie,
// in the sender's message; nothing is copied or re-encoded. Rows are held back until a statement is
// full, so flush() must come before the commit. On one thread, within one transaction at a time;
// must not outlive its connection. After an error nothing that was held back is kept.
class EventInserter {
  public:
    static base::Result<std::unique_ptr<EventInserter>> prepare(db::Connection& connection,
                                                                const base::Guid& boot_id);
    base::Result<void> add(const EventRow& row);
    base::Result<void> flush();
    void discard() { held_ = 0; }

  private:
    EventInserter(const base::Guid& boot_id, std::unique_ptr<db::Statement> many,
                  std::unique_ptr<db::Statement> single);

    void bindRow(db::Statement& statement, size_t slot, const EventRow& row);

    const base::Guid boot_id_;
    const std::unique_ptr<db::Statement> many_;
    const std::unique_ptr<db::Statement> single_;
    std::array<EventRow, kRowsPerInsert> rows_;
    size_t held_ = 0;
};

// Column values are signed in SQLite; what does not fit is clamped (Ruling S11).
int64_t clampToInteger(uint64_t value);

}  // namespace evd::store
