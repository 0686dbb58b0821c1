#pragma once

#include "common/base/result.h"
#include "queryd/exec/answer_window.h"
#include "queryd/exec/database_survey.h"
#include "queryd/exec/reading_plan.h"
#include "queryd/exec/store_readers.h"
#include "queryd/exec/top_records.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace evd::queryd {

// What an answer is made of once its databases have been looked at. All of it outlives who reads.
struct SurveyedAnswer {
    StoreReaders& readers;
    const RecordPlan& plan;
    const RowSelection& selection;
    std::span<const DatabaseFile> databases;
    std::span<const DatabaseSurvey> surveys;  // one per database
    const RunControl& control;
};

// A request for one part's rows, with what the survey has found out about them.
ScanRequest requestOf(const SurveyedAnswer& answer, const ReadingPart& part);

// An answer whose hits are all found first and then sorted.
//
// Reads every database with the pool's help, as reading_plan.h says, and holds the records or, of
// an answer by time with too many of them, where they lie (TopRecordsTask). On the question's
// thread.
class SortedHits {
  public:
    explicit SortedHits(const SurveyedAnswer& answer) : answer_(answer) {}

    // bytes_max: of one task's records, before it keeps positions. False: even these were too
    // many, nothing is found.
    base::Result<bool> find(uint64_t bytes_max);
    base::Result<void> send(AnswerWindow& window);
    // What was found, in order; only where bytes_max was no limit.
    std::vector<SortedRecord*> records();

  private:
    static TopRecordsTask& top(const std::unique_ptr<ShardTask>& task) {
        return static_cast<TopRecordsTask&>(*task);
    }
    base::Result<void> sendByPosition(AnswerWindow& window);

    const SurveyedAnswer answer_;
    std::vector<std::unique_ptr<ShardTask>> tasks_;
};

}  // namespace evd::queryd
