#pragma once

#include "common/base/result.h"
#include "queryd/exec/answer_window.h"
#include "queryd/exec/memory_budget.h"
#include "queryd/exec/record_row.h"
#include "queryd/exec/record_scan.h"
#include "queryd/exec/store_readers.h"

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace evd::queryd {

// Where a hit lies, with what an answer by time is sorted by.
struct HitPosition {
    int64_t timestamp = 0;
    int64_t id = 0;
    size_t database = 0;  // index of the file
    bool operator==(const HitPosition&) const = default;
};

inline constexpr uint64_t kPositionsMax = 256 * 1024;  // of one task: 6 MiB
// A hit that is looked up costs about this many times as much as a row that is walked.
inline constexpr uint64_t kLookUpShare = 16;

// How many hits among the rows of a range of ids are worth being looked up one by one; with more
// of them, walking all rows by time is quicker. Pure.
uint64_t positionsMax(const IdRange& ids);

// The order of an answer by time: ties go by id descending, then by the database.
bool comesBefore(ScanOrder order, const HitPosition& left, const HitPosition& right);
void sortPositions(ScanOrder order, std::vector<HitPosition>& positions);

// Sends the records of an answer by time whose hits are known and sorted but too large to be held
// together.
//
// Takes away from the answer that some tens of thousands of hits in a large store would otherwise
// be found by walking all of it by time. Reads pages of at most kLookUpPageRows, and kPageBytesMax
// of each database, with one look-up per hit, each page in a snapshot of its own, so that a client
// that reads slowly holds none; what retention has deleted meanwhile is left out. Memory is one
// page, taken from the budget: Busy above it. On the question's thread; what it is made of outlives
// it.
inline constexpr size_t kLookUpPageRows = 128;
class HitLookUp {
  public:
    HitLookUp(StoreReaders& readers, const RecordPlan& plan, const RowSelection& selection,
              const RunControl& control);

    base::Result<void> send(std::span<const DatabaseFile> databases,
                            std::span<const HitPosition> positions, AnswerWindow& window);

  private:
    struct PageRow {
        const HitPosition* position;
        bool is_read = false;
        std::vector<uint8_t> bytes;  // none: it is gone
    };

    base::Result<void> readPage(std::span<const DatabaseFile> databases);
    base::Result<void> readRows(db::Connection& connection, size_t database);
    base::Result<void> sendRead(AnswerWindow& window);

    StoreReaders& readers_;
    const RecordPlan& plan_;
    const RowSelection& selection_;
    RunControl control_;
    RecordRow row_;
    MemoryShare memory_;
    std::deque<PageRow> page_;
};

}  // namespace evd::queryd
