#include "queryd/exec/record_answer.h"

#include "queryd/exec/answer_window.h"
#include "queryd/exec/context_lines.h"
#include "queryd/exec/database_survey.h"
#include "queryd/exec/group_task.h"
#include "queryd/exec/hit_density.h"
#include "queryd/exec/reading_plan.h"
#include "queryd/exec/record_merge.h"
#include "queryd/exec/result_rows.h"
#include "queryd/exec/sorted_hits.h"
#include "queryd/exec/visible_fields.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace evd::queryd {

namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kFewBytesMax = 8 * 1024 * 1024;  // of one task, before it keeps positions

// Whether conditions decide what is wanted, of a whole answer. Walking the rows as they lie and
// sorting what is found is then several times faster than walking them by time, as long as not much
// is found and time does not narrow the search.
bool isLikelyFew(const RecordPlan& plan) {
    const bool is_filtered = plan.name_pattern || !plan.on_name.empty() ||
                             !plan.on_column.empty() || !plan.on_row.empty() ||
                             plan.sight != nullptr;
    return is_filtered && rowsMax(plan) > kFewRowsMin;
}

class RecordAnswer {
  public:
    RecordAnswer(StoreReaders& readers, const RecordPlan& plan,
                 const std::vector<DatabaseFile>& databases, const RunControl& control,
                 RecordSink& sink)
        : readers_(readers),
          plan_(plan),
          databases_(databases),
          control_(control),
          sink_(sink),
          window_(plan, control, sink),
          selection_(RowSelection::of(
              plan, !plan.select && !plan.aggregation && plan.context_lines == 0)) {}

    base::Result<StreamCursors> run() {
        if (plan_.aggregation) {
            EVD_TRY(takeSurveys(SurveyTask::Count::Share));
            EVD_TRY(answerAggregation());
        } else if (plan_.context_lines != 0) {
            EVD_TRY(takeSurveys(SurveyTask::Count::Share, newestPage(plan_)));
            EVD_TRY(answerWithContext());
        } else if (!isByTimeAlone(plan_)) {
            EVD_TRY(takeSurveys(SurveyTask::Count::Share));
            EVD_TRY(answerSorted(kNoLimit));
        } else {
            EVD_TRY(answerTimeOrder());
        }
        return std::move(cursors_);
    }

  private:
    base::Result<void> takeSurveys(SurveyTask::Count count, uint64_t newest_page = 0) {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        for (const DatabaseFile& file : databases_) {
            const auto last_id = lastIdNow(file);
            if (!last_id) {
                return last_id.error();
            }
            tasks.push_back(
                std::make_unique<SurveyTask>(plan_, count, file, newest_page, last_id.value()));
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        for (const auto& task : tasks) {
            surveys_.push_back(static_cast<const SurveyTask&>(*task).survey());
            noteCursor(task->file(), surveys_.back().last_id);
        }
        return checkFields();
    }

    // Looked up before anything has to wait for its turn: while many ask, events that come in
    // meanwhile would make each question longer, and so each turn later. Nothing: not readable.
    base::Result<std::optional<int64_t>> lastIdNow(const DatabaseFile& file) {
        std::optional<int64_t> last_id;
        RunControl control = control_;
        control.step = "survey";
        const auto read =
            readers_.read(file, control, [&](db::Connection& connection) -> base::Result<void> {
                auto greatest = greatestId(connection, *plan_.table);
                if (!greatest) {
                    return greatest.error();
                }
                last_id = greatest.value();
                return {};
            });
        return read ? base::Result<std::optional<int64_t>>(last_id) : read.error();
    }

    // Ruling A4.
    base::Result<void> checkFields() const {
        for (const DatabaseSurvey& survey : surveys_) {
            if (survey.last_id && survey.refused && !isOutside(plan_, survey)) {
                return refusedField(*survey.refused);
            }
        }
        return {};
    }

    // By time as the index on it has the rows, or found some other way and then sorted.
    base::Result<void> answerTimeOrder() {
        if (!isLikelyFew(plan_) && !mayUseIndex()) {
            return answerByTime();
        }
        EVD_TRY(takeSurveys(isLikelyFew(plan_) ? SurveyTask::Count::Share : SurveyTask::Count::Few,
                            newestPage(plan_)));
        if (!isQuickerSorted()) {
            return answerByTime();
        }
        const auto soon_enough = findsEnoughSoon();
        if (!soon_enough) {
            return soon_enough.error();
        }
        if (soon_enough.value()) {
            return answerByTime();
        }
        const auto sent = answerSorted(kFewBytesMax);
        if (!sent) {
            return sent.error();
        }
        return sent.value() ? base::Result<void>() : answerByTime();
    }

    // Whether hits are so dense that a walk by time has found what is wanted of them before all
    // rows could be read. A sample tells, which is worth it where that may be.
    base::Result<bool> findsEnoughSoon() {
        if (plan_.within != nullptr || newestPage(plan_) != 0) {
            return false;
        }
        std::vector<std::unique_ptr<ShardTask>> tasks;
        uint64_t rows_all = 0;
        for (ReadingPart& part : planReading(plan_, surveys_, ThreadSharing())) {
            if (isFew(surveys_[part.database])) {
                return false;
            }
            rows_all += surveys_[part.database].rowsMax();
            part.order = timeOrder(plan_);
            tasks.push_back(std::make_unique<HitDensityTask>(requestOf(surveyed(), part),
                                                             databases_[part.database]));
        }
        if (!isWalkQuicker({1, 1}, rowsMax(plan_), rows_all)) {
            return false;
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        HitDensity density;
        for (const auto& task : tasks) {
            const HitDensity& sampled = static_cast<const HitDensityTask&>(*task).density();
            density.rows += sampled.rows;
            density.hits += sampled.hits;
        }
        return isWalkQuicker(density, rowsMax(plan_), rows_all);
    }

    // Whether a database might have an index that finds the few rows there are.
    bool mayUseIndex() const {
        return plan_.name_pattern || !plan_.on_name.empty() || plan_.sight != nullptr ||
               !indexTerms(plan_).empty();
    }

    bool isQuickerSorted() const {
        std::vector<const DatabaseSurvey*> asked;  // those that have something
        for (const DatabaseSurvey& survey : surveys_) {
            if (survey.last_id && !isOutside(plan_, survey)) {
                asked.push_back(&survey);
            }
        }
        if (newestPage(plan_) != 0) {
            // The first records of a database are few. Where some databases have to be walked for
            // them, that is no more than the merge would have its streams read.
            return std::ranges::any_of(asked, [](const DatabaseSurvey* survey) {
                return newestWay(*survey) != TimeOrderWay::Walk;
            });
        }
        return std::ranges::all_of(asked, [this](const DatabaseSurvey* survey) {
            return isFew(*survey) || (isLikelyFew(plan_) && !isNarrowTime(plan_, *survey));
        });
    }

    base::Result<void> answerByTime() {
        const ScanOrder order = timeOrder(plan_);
        std::vector<std::unique_ptr<RecordStream>> streams;
        for (const DatabaseFile& file : databases_) {
            const RecordStream::Part part{readers_, plan_,    selection_,
                                          order,    control_, rowsMax(plan_)};
            streams.push_back(std::make_unique<RecordStream>(part, file));
            streams.back()->start();
        }
        RecordMerge merge(streams, order);
        EVD_TRY(merge.begin());
        for (const auto& stream : streams) {
            noteCursor(stream->file(), stream->lastId());
        }
        while (merge.hasHead() && !window_.isFull()) {
            if (!window_.skipsNext()) {
                EVD_TRY(window_.send(merge.headBytes()));
            }
            if (!window_.isFull()) {
                EVD_TRY(merge.pop());
            }
        }
        return {};
    }

    // False: there are too many hits to be sorted, and nothing was sent.
    base::Result<bool> answerSorted(uint64_t bytes_max) {
        SortedHits sorted(surveyed());
        auto found = sorted.find(bytes_max);
        if (found && found.value()) {
            EVD_TRY(sorted.send(window_));
        }
        return found;
    }

    // SORT, SKIP and TAKE choose the hits; what is around them comes on top, in the same order.
    base::Result<void> answerWithContext() {
        std::vector<std::vector<int64_t>> hits(databases_.size());
        EVD_TRY(findHits(hits));
        ContextLines context(readers_, plan_, control_);
        std::vector<SortedRecord> records;
        for (size_t i = 0; i < databases_.size(); ++i) {
            if (!hits[i].empty()) {
                EVD_TRY(context.read(databases_[i], i, *surveys_[i].last_id, hits[i], records));
            }
        }
        const RecordOrder order(plan_);
        std::sort(records.begin(), records.end(),
                  [&](const SortedRecord& left, const SortedRecord& right) {
                      return order.comesBefore(left, right);
                  });
        AnswerWindow everything(RecordPlan(), control_, sink_);
        for (const SortedRecord& record : records) {
            EVD_TRY(everything.send(record.bytes));
        }
        return {};
    }

    // Their ids, by database.
    base::Result<void> findHits(std::vector<std::vector<int64_t>>& hits) {
        RecordPlan found = plan_;
        found.select.emplace();  // their ids are enough
        SortedHits sorted({readers_, found, selection_, databases_, surveys_, control_});
        const auto all = sorted.find(kNoLimit);
        if (!all) {
            return all.error();
        }
        for (const SortedRecord* record : sorted.records()) {
            if (window_.isFull()) {
                break;
            }
            if (!window_.skipsNext()) {
                hits[record->database].push_back(record->id);
                window_.pass();
            }
        }
        return {};
    }

    SurveyedAnswer surveyed() const {
        return {readers_, plan_, selection_, databases_, surveys_, control_};
    }

    base::Result<void> answerAggregation() {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        for (const ReadingPart& part : planReading(plan_, surveys_, readers_.sharing())) {
            const ScanRequest request = requestOf(surveyed(), part);
            tasks.push_back(std::make_unique<GroupTask>(
                GroupTask::Part{plan_, request}, databases_[part.database], readers_.memory()));
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        GroupTable total(*plan_.aggregation, readers_.memory());
        for (const auto& task : tasks) {
            EVD_TRY(total.merge(static_cast<GroupTask&>(*task).table()));
        }
        tasks.clear();
        auto rows = total.rows();
        return rows ? sendResultRows(plan_, rows.value(), window_)
                    : base::Result<void>(rows.error());
    }

    void noteCursor(const DatabaseFile& file, std::optional<int64_t> last_id) {
        cursors_.noteInitial(file.device, file.inode, last_id);
    }

    StoreReaders& readers_;
    const RecordPlan& plan_;
    const std::vector<DatabaseFile>& databases_;
    const RunControl& control_;
    RecordSink& sink_;
    AnswerWindow window_;
    RowSelection selection_;
    std::vector<DatabaseSurvey> surveys_;  // one per database, where the way of answering needs it
    StreamCursors cursors_;
};

}  // namespace

base::Result<StreamCursors> answerRecords(StoreReaders& readers, const RecordPlan& plan,
                                          const std::vector<DatabaseFile>& databases,
                                          const RunControl& control, RecordSink& sink) {
    return RecordAnswer(readers, plan, databases, control, sink).run();
}

}  // namespace evd::queryd
