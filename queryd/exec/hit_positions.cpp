#include "queryd/exec/hit_positions.h"

#include "queryd/exec/read_snapshot.h"
#include "queryd/exec/record_statement.h"
#include "queryd/exec/record_stream.h"
#include "queryd/exec/row_encoder.h"

#include <algorithm>

namespace evd::queryd {

uint64_t positionsMax(const IdRange& ids) {
    const uint64_t width = static_cast<uint64_t>(ids.last) - static_cast<uint64_t>(ids.after);
    return std::min(kPositionsMax, width / kLookUpShare);
}

bool comesBefore(ScanOrder order, const HitPosition& left, const HitPosition& right) {
    if (left.timestamp != right.timestamp) {
        return (left.timestamp < right.timestamp) == (order == ScanOrder::OldestFirst);
    }
    return left.id != right.id ? left.id > right.id : left.database < right.database;
}

void sortPositions(ScanOrder order, std::vector<HitPosition>& positions) {
    std::sort(positions.begin(), positions.end(),
              [order](const HitPosition& left, const HitPosition& right) {
                  return comesBefore(order, left, right);
              });
}

HitLookUp::HitLookUp(StoreReaders& readers, const RecordPlan& plan, const RowSelection& selection,
                     const RunControl& control)
    : readers_(readers),
      plan_(plan),
      selection_(selection),
      control_(control),
      row_(plan, selection),
      memory_(readers.memory()) {
    control_.step = "records by id";
}

base::Result<void> HitLookUp::send(std::span<const DatabaseFile> databases,
                                   std::span<const HitPosition> positions, AnswerWindow& window) {
    size_t next = 0;
    while ((next < positions.size() || !page_.empty()) && !window.isFull()) {
        for (; next < positions.size() && page_.size() < kLookUpPageRows; ++next) {
            if (!window.skipsNext()) {
                page_.push_back({&positions[next], false, {}});
            }
        }
        EVD_TRY(readPage(databases));
        EVD_TRY(sendRead(window));
    }
    return {};
}

// From each database the first of its rows that are missing, as many as there is room for; so the
// page's first row is always among them.
base::Result<void> HitLookUp::readPage(std::span<const DatabaseFile> databases) {
    for (size_t database = 0; database < databases.size(); ++database) {
        const bool is_wanted = std::ranges::any_of(page_, [database](const PageRow& row) {
            return !row.is_read && row.position->database == database;
        });
        if (!is_wanted) {
            continue;
        }
        const auto read = readers_.read(
            databases[database], control_,
            [&](db::Connection& connection) { return readRows(connection, database); });
        if (!read) {
            return read.error();
        }
        if (read.value() == StoreReaders::ReadEnd::LeftOut) {
            for (PageRow& row : page_) {
                row.is_read = row.is_read || row.position->database == database;
            }
        }
    }
    return {};
}

// Goes on after what it had read when it is run again.
base::Result<void> HitLookUp::readRows(db::Connection& connection, size_t database) {
    const ReadSnapshot snapshot(connection);
    EVD_TRY(snapshot.begun());
    auto statement = connection.prepare(lookUpSql(plan_, selection_));
    if (!statement) {
        return statement.error();
    }
    size_t held = 0;
    for (PageRow& row : page_) {
        if (row.position->database != database) {
            continue;
        }
        if (!row.is_read) {
            statement.value()->reset();
            statement.value()->bindInteger(1, row.position->id);
            const auto there = statement.value()->step();
            if (!there) {
                return there.error();
            }
            row.is_read = true;
            if (there.value()) {
                row_.load(*statement.value());
                encodeRecord(plan_, row_, row.bytes);
            }
        }
        held += row.bytes.size();
        if (held > kPageBytesMax) {
            return {};
        }
    }
    return {};
}

base::Result<void> HitLookUp::sendRead(AnswerWindow& window) {
    size_t held = 0;
    for (const PageRow& row : page_) {
        held += row.bytes.size();
    }
    EVD_TRY(memory_.grow(held));
    while (!page_.empty() && page_.front().is_read) {
        if (!page_.front().bytes.empty() && !window.isFull()) {
            EVD_TRY(window.send(page_.front().bytes));
        }
        page_.pop_front();
    }
    memory_.shrink(held);
    return {};
}

}  // namespace evd::queryd
