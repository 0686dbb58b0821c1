#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/exec/index_choice.h"
#include "queryd/exec/record_scan.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::queryd {

// The newest of what an index finds, without looking at the rest.
//
// An index on a field has the rows of one value in the order of their ids (Spec §3.3 fixes what it
// is made of), which is nearly the order of time, but not quite: commits may overtake one another,
// clocks are set back. So the newest hits by id are read, and then every row that has a lower id
// and is newer all the same, which the index on time has side by side. Together these hold the
// first records of a newest-first answer, exactly, and what they cost depends on how dense the hits
// are and not on how many there are.

// Searches that together find every hit, and where a page of the newest of them begins.
struct NewestHits {
    IndexChoice choice;   // its rows are not counted
    int64_t from_id = 0;  // of the hit with which the page is full
    uint64_t page = 0;
};

// What is known of the hits in one database.
struct HitEstimate {
    std::optional<uint64_t> all;         // how many there are, if they are few
    std::optional<uint64_t> ids_beside;  // ids that are above the page's beginning
    uint64_t page = 0;
};

enum class TimeOrderWay {
    SortAll,     // read all hits and sort them
    NewestHits,  // see above
    Walk,        // the rows by time, each judged, until there are enough
};

// What a row costs by each of the ways, in steps through an index. A hit is looked up anywhere in
// the table; rows by time lie side by side, but all of them are looked at.
inline constexpr uint64_t kHitCost = 200;
inline constexpr uint64_t kWalkedRowCost = 20;

// The cheapest way to the first records of a newest-first answer. Pure.
TimeOrderWay chooseTimeOrderWay(const HitEstimate& hits);

// With how many hits in all sorting them is not worth it any more: nobody has to count further.
uint64_t sortedHitsMax(const HitEstimate& hits);

// The search for names that are listed, through their index.
IndexSearch searchOfNames(const RecordTable& table, const NameChoice& names);

// Where the page of the rarest part begins; nothing when a part has fewer hits than that: these
// are quickly sorted. Looks at that many entries of the index for each value, whatever there is.
base::Result<std::optional<NewestHits>> findNewestHits(
    db::Connection& connection, const RecordTable& table,
    std::span<const std::vector<IndexSearch>> parts, const IdRange& ids, uint64_t page);

// Reads what may be among the first records of a newest-first answer, page by page.
//
// The caller runs slice() until it has finished, then next(), until that says that nothing is left.
// Hits that do not count for other reasons make the pages grow; where that comes to more than is
// quickly read, what is left is walked by time. A plain value; hits outlive it.
class NewestHitsScan {
  public:
    NewestHitsScan(const ScanRequest& request, const NewestHits& hits);

    base::Result<ScanEnd> slice(db::Connection& connection, RowConsumer& consumer) {
        return scanRecords(connection, request_, position_, consumer);
    }
    // Goes on to what has to be read next; false: nothing. `floor` is the time of the last record
    // of the answer, once that has as many as are wanted: what is older does not matter any more,
    // nor, of the same time, what has a lower id.
    base::Result<bool> next(db::Connection& connection, std::optional<int64_t> floor);
    ScanOrder order() const { return request_.order; }

  private:
    base::Result<bool> takeOlderHits(db::Connection& connection);
    base::Result<bool> beginsBeforeRange(db::Connection& connection) const;
    void takeRowsBeside(ScanOrder order, int64_t since_ns);

    const NewestHits& hits_;
    const IdRange ids_;  // of the whole
    ScanRequest request_;
    ScanPosition position_;
    uint64_t page_;
    uint64_t hits_read_;
};

}  // namespace evd::queryd
