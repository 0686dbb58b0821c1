// Records of the other store are found the way any question finds them: database by database, by
// the list of names, by the index on names or time, or as they lie. As long as there are few, their
// times are collected and sorted. Where there are many the order of time takes over: then ranges
// grow one after the other, and a range that has seen enough records asks for the newest one that
// still touches it, so that a second with a hundred thousand events costs as much as one with a
// hundred.

#include "queryd/exec/cross_existence.h"

#include "common/base/text.h"
#include "queryd/exec/database_survey.h"
#include "queryd/exec/reading_plan.h"
#include "queryd/plan/event_table.h"
#include "queryd/plan/log_table.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

namespace evd::queryd {

namespace {

constexpr size_t kMomentsMax = 20'000;  // of one task, before the order of time takes over
constexpr size_t kRowsBeforeHop = 64;   // in one range
// For a shorter range, such as the one moment of a stream's batch, rows of names are not counted
// any farther than it takes to see that they are not few.
constexpr int64_t kShortRangeNs = 3600 * base::kNsPerSecond;

Condition compareText(size_t field, CompareOperator op, const std::string& text) {
    Condition condition;
    condition.field = field;
    condition.op = op;
    condition.values = {Constant::ofText(text)};
    return condition;
}

// The question for those records' times.
RecordPlan planOf(const CrossCondition& condition, const TimeRange& range, int64_t half_ns) {
    RecordPlan plan;
    plan.time = {earlierBy(range.since_ns, half_ns), laterBy(range.until_ns, half_ns)};
    plan.time_named = true;
    plan.select.emplace();
    if (condition.kind == CrossCondition::Kind::Event) {
        plan.table = &eventTable();
        plan.name_pattern = condition.subject;
        return plan;
    }
    plan.table = &logTable();
    plan.fields.push_back({"origin", findColumn(logTable(), "origin")});
    plan.on_name.push_back(compareText(0, CompareOperator::Equal, condition.subject));
    plan.on_name.back().is_selector = true;
    if (condition.containing) {
        plan.fields.push_back({"message", findColumn(logTable(), "message")});
        plan.on_row.push_back(compareText(1, CompareOperator::Contains, *condition.containing));
    }
    return plan;
}

// A record that hides its time is none: the condition would tell it.
void requireTime(RecordPlan& plan) {
    Condition is_there;
    is_there.op = CompareOperator::IsNotNull;
    is_there.field = plan.fields.size();
    plan.fields.push_back({std::string(plan.table->time().name), &plan.table->time()});
    plan.on_bounds.push_back(std::move(is_there));
}

// The first row that comes.
class OneMoment final : public RowConsumer {
  public:
    bool take(RecordRow& row) override {
        moment_ = row.timestamp();
        return false;
    }
    const std::optional<int64_t>& moment() const { return moment_; }

  private:
    std::optional<int64_t> moment_;
};

// One database's part, or a part of it.
class ExistenceTask final : public ShardTask, public RowConsumer {
  public:
    ExistenceTask(const ScanRequest& request, int64_t half_ns, size_t database, DatabaseFile file,
                  MemoryBudget& memory)
        : ShardTask(std::move(file)),
          request_(request),
          half_ns_(half_ns),
          database_(database),
          memory_(memory) {}

    base::Result<ScanEnd> slice(db::Connection& connection) override {
        const int64_t slice_end = request_.control.clock->monotonicNs() + kScanSliceNs;
        for (;;) {
            auto end = scanRecords(connection, request_, position_, *this);
            if (!end || end.value() == ScanEnd::Finished || gave_up_ || !failure_.ok()) {
                return end ? base::Result<ScanEnd>(ScanEnd::Finished) : end;
            }
            if (rows_in_range_ > kRowsBeforeHop) {
                EVD_TRY(hop(connection));
            }
            if (request_.control.clock->monotonicNs() >= slice_end) {
                return ScanEnd::Paused;
            }
        }
    }

    base::Result<void> failure() const override { return failure_; }
    bool gaveUp() const { return gave_up_; }
    size_t database() const { return database_; }

    TimeRanges ranges() { return isByTime() ? found_ : TimeRanges::around(moments_, half_ns_); }

    bool take(RecordRow& row) override {
        if (!isByTime()) {
            gave_up_ = moments_.size() == kMomentsMax;
            moments_.push_back(row.timestamp());
            failure_ = memory_.grow(sizeof(int64_t));
            return failure_.ok() && !gave_up_;
        }
        const size_t count = found_.count();
        found_.append(rangeAround(row.timestamp(), half_ns_));
        if (found_.count() == count) {
            return ++rows_in_range_ <= kRowsBeforeHop;
        }
        rows_in_range_ = 1;
        failure_ = count < kCrossRangesMax ? memory_.grow(sizeof(TimeRange)) : tooManyRanges();
        return failure_.ok();
    }

  private:
    bool isByTime() const { return request_.order == ScanOrder::OldestFirst; }

    // Goes on behind the newest record whose range still touches the last one.
    base::Result<void> hop(db::Connection& connection) {
        ScanRequest request = request_;
        request.order = ScanOrder::NewestFirst;
        const int64_t touching =
            laterBy(laterBy(laterBy(position_.timestamp, half_ns_), half_ns_), 2);
        request.time = {position_.timestamp, std::min(request_.time.until_ns, touching)};
        ScanPosition position;
        OneMoment newest;
        for (bool goes_on = true; goes_on && !newest.moment();) {
            auto end = scanRecords(connection, request, position, newest);
            if (!end) {
                return end.error();
            }
            goes_on = end.value() == ScanEnd::Paused;
        }
        rows_in_range_ = 0;
        if (newest.moment() && *newest.moment() > position_.timestamp) {
            found_.append(rangeAround(*newest.moment(), half_ns_));
            // None of the same moment is needed any more.
            position_ = {true, *newest.moment(), std::numeric_limits<int64_t>::min(), 0};
        }
        return {};
    }

    const ScanRequest request_;
    const int64_t half_ns_;
    const size_t database_;
    MemoryShare memory_;
    ScanPosition position_;
    std::vector<int64_t> moments_;
    TimeRanges found_;
    size_t rows_in_range_ = 0;
    bool gave_up_ = false;
    base::Result<void> failure_;
};

class ExistenceReader {
  public:
    ExistenceReader(StoreReaders& readers, const RecordPlan& plan, int64_t half_ns,
                    const RunControl& control, std::vector<DatabaseFile> databases)
        : readers_(readers),
          plan_(plan),
          half_ns_(half_ns),
          control_(control),
          databases_(std::move(databases)),
          selection_(RowSelection::of(plan, /*whole_records=*/false)) {}

    base::Result<TimeRanges> run() {
        EVD_TRY(takeSurveys());
        std::vector<std::unique_ptr<ShardTask>> tasks;
        for (ReadingPart part : planReading(plan_, surveys_, readers_.sharing())) {
            if (part.order == ScanOrder::NewestFirst) {
                part.order = ScanOrder::OldestFirst;
            }
            tasks.push_back(taskOf(part));
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        const std::vector<bool> crowded = crowdedOf(tasks);
        EVD_TRY(unite(tasks, crowded));
        tasks.clear();
        for (size_t i = 0; i < crowded.size(); ++i) {
            if (crowded[i]) {
                addTimeParts(i, tasks);
            }
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        EVD_TRY(unite(tasks, std::vector<bool>(databases_.size(), false)));
        return std::move(all_);
    }

  private:
    base::Result<void> takeSurveys() {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        const bool is_short = laterBy(plan_.time.since_ns, kShortRangeNs) > plan_.time.until_ns;
        const auto count = is_short ? SurveyTask::Count::Few : SurveyTask::Count::Share;
        for (const DatabaseFile& file : databases_) {
            tasks.push_back(std::make_unique<SurveyTask>(plan_, count, file));
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        for (const auto& task : tasks) {
            surveys_.push_back(static_cast<const SurveyTask&>(*task).survey());
        }
        return {};
    }

    std::unique_ptr<ShardTask> taskOf(const ReadingPart& part) {
        ScanRequest request{plan_, selection_, part.order};
        request.ids = part.ids;
        request.time = part.time;
        request.names = &surveys_[part.database].names;
        request.control = control_;
        return std::make_unique<ExistenceTask>(request, half_ns_, part.database,
                                               databases_[part.database], readers_.memory());
    }

    // One database in the order of time, shared among the threads.
    void addTimeParts(size_t database, std::vector<std::unique_ptr<ShardTask>>& tasks) {
        const DatabaseSurvey& survey = surveys_[database];
        const int64_t from = std::max(plan_.time.since_ns, survey.oldest_ns);
        const int64_t until = std::min(plan_.time.until_ns, laterBy(survey.newest_ns, 1));
        const uint64_t width = static_cast<uint64_t>(until) - static_cast<uint64_t>(from);
        const uint64_t step = width / readers_.sharing().threads + 1;
        for (int64_t at = from; at < until;) {
            const bool is_last = static_cast<uint64_t>(until) - static_cast<uint64_t>(at) <= step;
            const int64_t end = is_last ? until : at + static_cast<int64_t>(step);
            tasks.push_back(taskOf({database,
                                    ScanOrder::OldestFirst,
                                    survey.ids(),
                                    {at, is_last ? plan_.time.until_ns : end}}));
            at = end;
        }
    }

    // The databases of which some part has too many records for being sorted.
    std::vector<bool> crowdedOf(const std::vector<std::unique_ptr<ShardTask>>& tasks) const {
        std::vector<bool> crowded(databases_.size(), false);
        for (const auto& task : tasks) {
            const auto& existence = static_cast<const ExistenceTask&>(*task);
            if (existence.gaveUp()) {
                crowded[existence.database()] = true;
            }
        }
        return crowded;
    }

    base::Result<void> unite(const std::vector<std::unique_ptr<ShardTask>>& tasks,
                             const std::vector<bool>& left_out) {
        for (const auto& task : tasks) {
            auto& existence = static_cast<ExistenceTask&>(*task);
            if (!left_out[existence.database()]) {
                all_ = all_.unitedWith(existence.ranges());
            }
        }
        return all_.count() <= kCrossRangesMax ? base::Result<void>() : tooManyRanges();
    }

    StoreReaders& readers_;
    const RecordPlan& plan_;
    const int64_t half_ns_;
    const RunControl& control_;
    const std::vector<DatabaseFile> databases_;
    const RowSelection selection_;
    std::vector<DatabaseSurvey> surveys_;
    TimeRanges all_;
};

}  // namespace

base::Error tooManyRanges() {
    return base::fail(
        base::ErrorKind::Invalid,
        base::cat("the conditions on METRIC, EVENT or LOG hold in more than ", kCrossRangesMax,
                  " separate ranges of time, narrow the question with SINCE and UNTIL"));
}

base::Result<TimeRanges> readExistence(StoreReaders& readers, const CrossCondition& condition,
                                       std::shared_ptr<const Sight> sight, const TimeRange& range,
                                       int64_t half_ns, const RunControl& control) {
    RecordPlan plan = planOf(condition, range, half_ns);
    if (sight != nullptr) {
        requireTime(plan);
        plan.sight = std::move(sight);
    }
    auto databases = readers.databases(plan.table->store);
    if (!databases) {
        return databases.error();
    }
    return ExistenceReader(readers, plan, half_ns, control, std::move(databases).value()).run();
}

}  // namespace evd::queryd
