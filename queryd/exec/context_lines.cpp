#include "queryd/exec/context_lines.h"

#include "common/base/text.h"
#include "queryd/exec/record_statement.h"
#include "queryd/exec/row_encoder.h"

#include <utility>

namespace evd::queryd {

namespace {

constexpr uint32_t kHitsBetweenChecks = 16;
constexpr size_t kIdBytes = 64;  // what an id costs in the set

// One side's neighbours of a hit: of its own name, nearest first.
std::string neighboursSql(const RecordTable& table, bool before) {
    const std::string_view name = table.nameColumn().name;
    return base::cat("SELECT id FROM ", table.name, " WHERE ", name, "=(SELECT ", name, " FROM ",
                     table.name, " WHERE id=?1) AND id", before ? "<" : ">", "?1 AND id<=?2",
                     " ORDER BY id ", before ? "DESC" : "ASC", " LIMIT ?3");
}

}  // namespace

ContextLines::ContextLines(StoreReaders& readers, const RecordPlan& plan, const RunControl& control)
    : readers_(readers),
      plan_(plan),
      control_(control),
      selection_(RowSelection::of(plan, !plan.select)),
      memory_(readers.memory()) {
    control_.step = "lines around";
}

base::Result<void> ContextLines::read(const DatabaseFile& file, size_t database, int64_t last_id,
                                      std::span<const int64_t> hits,
                                      std::vector<SortedRecord>& records) {
    last_id_ = last_id;
    next_hit_ = 0;
    auto read = readers_.read(file, control_, [&](db::Connection& connection) {
        auto collected = collectIds(connection, hits);
        return collected && full_ ? readRecords(connection, database, records) : collected;
    });
    ids_.clear();
    memory_.shrink(std::exchange(ids_counted_, 0) * kIdBytes);
    return read ? full_ : base::Result<void>(read.error());
}

base::Result<void> ContextLines::collectIds(db::Connection& connection,
                                            std::span<const int64_t> hits) {
    auto before = connection.prepare(neighboursSql(*plan_.table, /*before=*/true));
    auto after = connection.prepare(neighboursSql(*plan_.table, /*before=*/false));
    if (!before || !after) {
        return before ? after.error() : before.error();
    }
    for (; next_hit_ < hits.size(); ++next_hit_) {
        if (next_hit_ % kHitsBetweenChecks == 0 && control_.shouldStop()) {
            return control_.stopError();
        }
        ids_.insert(hits[next_hit_]);
        for (db::Statement* side : {before.value().get(), after.value().get()}) {
            side->reset();
            side->bindInteger(1, hits[next_hit_]);
            side->bindInteger(2, last_id_);
            side->bindInteger(3, static_cast<int64_t>(plan_.context_lines));
            for (auto row = side->step(); !row || row.value(); row = side->step()) {
                if (!row) {
                    return row.error();
                }
                ids_.insert(side->columnInteger(0));
            }
        }
        full_ = memory_.grow((ids_.size() - ids_counted_) * kIdBytes);
        if (!full_) {
            return {};  // read() ends with it; as an error of the database it would be tried again
        }
        ids_counted_ = ids_.size();
    }
    return {};
}

base::Result<void> ContextLines::readRecords(db::Connection& connection, size_t database,
                                             std::vector<SortedRecord>& records) {
    auto statement = connection.prepare(lookUpSql(plan_, selection_));
    if (!statement) {
        return statement.error();
    }
    RecordRow row(plan_, selection_);
    while (!ids_.empty()) {
        statement.value()->reset();
        statement.value()->bindInteger(1, *ids_.begin());
        auto there = statement.value()->step();
        if (!there) {
            return there.error();
        }
        if (there.value()) {  // retention may have been quicker
            row.load(*statement.value());
        }
        if (there.value() && row.isVisible()) {
            records.push_back(recordOf(row, database));
            full_ = memory_.grow(heldBytes(records.back()));
            if (!full_) {
                return {};
            }
        }
        ids_.erase(ids_.begin());
    }
    return {};
}

SortedRecord ContextLines::recordOf(RecordRow& row, size_t database) const {
    SortedRecord record;
    for (const PlanSort& sort : plan_.sort) {
        record.keys.emplace_back(row.field(sort.field));
    }
    record.timestamp = row.timestamp();
    record.id = row.id();
    record.database = database;
    encodeRecord(plan_, row, record.bytes);
    record.bytes.shrink_to_fit();
    return record;
}

}  // namespace evd::queryd
