#pragma once

#include "queryd/exec/database_survey.h"
#include "queryd/exec/record_scan.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <span>
#include <vector>

namespace evd::queryd {

// One task's share of reading everything that may be in an answer.
struct ReadingPart {
    size_t database = 0;  // index of the survey
    ScanOrder order = ScanOrder::ById;
    IdRange ids;
    TimeRange time;
};

inline constexpr uint64_t kFewRowsMin = 1000;  // a smaller TAKE is likely to be found soon

// How many rows of one database can matter; the greatest number: all.
uint64_t rowsMax(const RecordPlan& plan);

// Whether nothing but time decides the order of the answer, and which of its two orders that is.
bool isByTimeAlone(const RecordPlan& plan);
ScanOrder timeOrder(const RecordPlan& plan);

// Whether the answer begins with the newest record, in the order of ScanOrder::NewestFirst.
bool isNewestFirst(const RecordPlan& plan);

// How many of the newest hits of a database may be enough; 0: they do not begin the answer.
uint64_t newestPage(const RecordPlan& plan);

// The quickest way through one database when its order does not matter: by an index, on names or on
// another field, where it leaves out most, by time where the range does, and otherwise the rows as
// they lie.
ScanOrder quickestOrder(const RecordPlan& plan, const DatabaseSurvey& survey);

// The range in `count` parts of like width. Pure; count is at least 1, the range is not empty.
std::vector<IdRange> splitIds(const IdRange& ids, uint64_t count);

// Who reads what: databases that cannot matter are left out, and where there are fewer of them than
// threads can be kept busy with, large ones are split by id, so that one big database is read by
// all threads at once. Each part has snapshots of its own, and yet they are one answer: no part
// goes beyond the last id of the survey, at or below it nothing is committed later or changed, and
// what retention deletes meanwhile may be missing in any answer that takes a while. Pure.
std::vector<ReadingPart> planReading(const RecordPlan& plan,
                                     std::span<const DatabaseSurvey> surveys,
                                     const ThreadSharing& sharing);

}  // namespace evd::queryd
