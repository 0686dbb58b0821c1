#include "queryd/exec/record_answer.h"

#include "queryd/exec/answer_window.h"
#include "queryd/exec/context_lines.h"
#include "queryd/exec/database_survey.h"
#include "queryd/exec/group_task.h"
#include "queryd/exec/reading_plan.h"
#include "queryd/exec/record_merge.h"
#include "queryd/exec/result_rows.h"
#include "queryd/exec/top_records.h"
#include "queryd/exec/visible_fields.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace evd::queryd {

namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kFewRowsMin = 1000;              // a smaller TAKE is likely to be found soon
constexpr uint64_t kFewBytesMax = 8 * 1024 * 1024;  // of one task, before it keeps positions

// How many rows of one database can matter.
uint64_t rowsMax(const RecordPlan& plan) {
    uint64_t rows = kNoLimit;
    if (plan.take && !__builtin_add_overflow(plan.skip, *plan.take, &rows)) {
        return rows;
    }
    return kNoLimit;
}

bool isByTimeAlone(const RecordPlan& plan) {
    return plan.sort.empty() ||
           (plan.sort.size() == 1 &&
            plan.fields[plan.sort.front().field].column == &plan.table->time());
}

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
            EVD_TRY(takeSurveys(SurveyTask::Count::Share, newestPage()));
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
                            newestPage()));
        const bool sorts = isQuickerSorted();
        if (sorts) {
            EVD_TRY(answerSorted(kFewBytesMax));
        }
        return sorts && !too_many_ ? base::Result<void>() : answerByTime();
    }

    // Whether a database might have an index that finds the few rows there are.
    bool mayUseIndex() const {
        return plan_.name_pattern || !plan_.on_name.empty() || plan_.sight != nullptr ||
               !indexTerms(plan_).empty();
    }

    // How many of the newest hits of a database may be enough; 0: they do not begin the answer.
    uint64_t newestPage() const {
        const bool begins = isNewestFirst(plan_) && rowsMax(plan_) <= kFewRowsMin;
        return begins ? rowsMax(plan_) : 0;
    }

    bool isQuickerSorted() const {
        std::vector<const DatabaseSurvey*> asked;  // those that have something
        for (const DatabaseSurvey& survey : surveys_) {
            if (survey.last_id && !isOutside(plan_, survey)) {
                asked.push_back(&survey);
            }
        }
        if (newestPage() != 0) {
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

    ScanOrder timeOrder() const {
        const bool ascending = !plan_.sort.empty() && !plan_.sort.front().descending;
        return ascending ? ScanOrder::OldestFirst : ScanOrder::NewestFirst;
    }

    base::Result<void> answerByTime() {
        const ScanOrder order = timeOrder();
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

    ScanRequest requestOf(const RecordPlan& plan, const ReadingPart& part) const {
        ScanRequest request{plan, selection_, part.order};
        request.ids = part.ids;
        request.time = part.time;
        request.names = &surveys_[part.database].names;
        request.index = surveys_[part.database].index ? &*surveys_[part.database].index : nullptr;
        request.control = control_;
        return request;
    }

    // Nothing is sent when a task found more than it could keep: too_many_ then says so.
    base::Result<void> answerSorted(uint64_t bytes_max) {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        EVD_TRY(findTop(plan_, bytes_max, tasks));
        bool by_position = false;
        for (const auto& task : tasks) {
            too_many_ = too_many_ || topOf(task).gaveUp();
            by_position = by_position || topOf(task).keptPositions();
        }
        if (too_many_) {
            return {};
        }
        return by_position ? sendByPosition(tasks) : sendSorted(recordsOf(tasks));
    }

    static TopRecordsTask& topOf(const std::unique_ptr<ShardTask>& task) {
        return static_cast<TopRecordsTask&>(*task);
    }

    base::Result<void> sendByPosition(const std::vector<std::unique_ptr<ShardTask>>& tasks) {
        std::vector<HitPosition> positions;
        for (const auto& task : tasks) {
            auto& top = topOf(task);
            positions.insert(positions.end(), top.positions().begin(), top.positions().end());
            top.positions() = {};
            for (const SortedRecord& record : top.records()) {
                positions.push_back({record.timestamp, record.id, record.database});
            }
            top.records() = {};
        }
        sortPositions(timeOrder(), positions);
        return HitLookUp(readers_, plan_, selection_, control_)
            .send(databases_, positions, window_);
    }

    base::Result<void> findTop(const RecordPlan& plan, uint64_t bytes_max,
                               std::vector<std::unique_ptr<ShardTask>>& tasks) {
        const bool is_newest = newestPage() != 0;
        const ThreadSharing sharing = is_newest ? ThreadSharing() : readers_.sharing();
        for (ReadingPart part : planReading(plan, surveys_, sharing)) {
            const DatabaseSurvey& survey = surveys_[part.database];
            const TimeOrderWay way = is_newest ? newestWay(survey) : TimeOrderWay::SortAll;
            if (way == TimeOrderWay::Walk) {
                part.order = ScanOrder::NewestFirst;
            }
            const ScanRequest request = requestOf(plan, part);
            const uint64_t positions_max = is_newest ? 0 : positionsMax(part.ids);
            TopRecordsTask::Part top{plan,          request,   rowsMax(plan),
                                     part.database, bytes_max, positions_max};
            top.newest = way == TimeOrderWay::NewestHits ? &*survey.newest : nullptr;
            tasks.push_back(std::make_unique<TopRecordsTask>(top, databases_[part.database],
                                                             readers_.memory()));
        }
        return runTasks(readers_, control_, tasks);
    }

    std::vector<SortedRecord*> recordsOf(const std::vector<std::unique_ptr<ShardTask>>& tasks) {
        std::vector<SortedRecord*> records;
        for (const auto& task : tasks) {
            for (SortedRecord& record : topOf(task).records()) {
                records.push_back(&record);
            }
        }
        const RecordOrder order(plan_);
        std::sort(records.begin(), records.end(),
                  [&](const SortedRecord* left, const SortedRecord* right) {
                      return order.comesBefore(*left, *right);
                  });
        return records;
    }

    base::Result<void> sendSorted(const std::vector<SortedRecord*>& records) {
        for (const SortedRecord* record : records) {
            if (window_.isFull()) {
                break;
            }
            if (!window_.skipsNext()) {
                EVD_TRY(window_.send(record->bytes));
            }
        }
        return {};
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
        std::vector<std::unique_ptr<ShardTask>> tasks;
        EVD_TRY(findTop(found, kNoLimit, tasks));
        for (const SortedRecord* record : recordsOf(tasks)) {
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

    base::Result<void> answerAggregation() {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        for (const ReadingPart& part : planReading(plan_, surveys_, readers_.sharing())) {
            const ScanRequest request = requestOf(plan_, part);
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
    bool too_many_ = false;
};

}  // namespace

base::Result<StreamCursors> answerRecords(StoreReaders& readers, const RecordPlan& plan,
                                          const std::vector<DatabaseFile>& databases,
                                          const RunControl& control, RecordSink& sink) {
    return RecordAnswer(readers, plan, databases, control, sink).run();
}

}  // namespace evd::queryd
