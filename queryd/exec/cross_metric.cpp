// Two readings: the newest sample of each series before the range, because that is what stands at
// its beginning, then the samples in the range. Series that speak for themselves are read a few at
// a time, so that only their ranges are kept, and by their rollups where those decide (Spec §7.4);
// series that are combined must be there all at once, and have no rollups in common.

#include "queryd/exec/cross_metric.h"

#include "common/base/text.h"
#include "queryd/exec/condition_eval.h"
#include "queryd/exec/cross_existence.h"
#include "queryd/exec/metric_answer.h"
#include "queryd/exec/metric_combine.h"
#include "queryd/exec/metric_task.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace evd::queryd {

namespace {

constexpr size_t kSeriesAtOnce = 64;
constexpr size_t kReadsPerTask = 16;

Condition comparisonOf(const CrossCondition& condition) {
    Condition comparison;
    comparison.op = condition.op;
    comparison.values = {condition.limit};
    return comparison;
}

MetricPlan planOf(const CrossCondition& condition, std::shared_ptr<const Sight> sight) {
    MetricPlan plan;
    plan.sight = std::move(sight);
    plan.name_pattern = condition.subject;
    plan.per_series = condition.per_series;
    for (const PlanField& label : condition.labels) {
        plan.fields.push_back({label.name, MetricField::Kind::Label});
    }
    plan.on_series = condition.on_labels;
    plan.compared = comparisonOf(condition);
    return plan;
}

class MetricRangesReader {
  public:
    MetricRangesReader(StoreReaders& readers, const CrossCondition& condition,
                       std::shared_ptr<const Sight> sight, const TimeRange& range,
                       const CrossMetricLimits& limits, const RunControl& control,
                       std::vector<DatabaseFile> databases)
        : readers_(readers),
          condition_(condition),
          plan_(planOf(condition, std::move(sight))),
          range_(range),
          limits_(limits),
          control_(control),
          databases_(std::move(databases)) {}

    base::Result<TimeRanges> run() {
        EVD_TRY(select());
        if (condition_.per_series || series_.size() < 2) {
            EVD_TRY(readEach());
        } else {
            EVD_TRY(readCombined());
        }
        return std::move(all_);
    }

  private:
    base::Result<void> select() {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        for (size_t i = 0; i < databases_.size(); ++i) {
            tasks.push_back(
                std::make_unique<SelectTask>(databases_[i], i, plan_, readers_.memory()));
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        for (const auto& task : tasks) {
            for (MetricSeries& one : static_cast<SelectTask&>(*task).series()) {
                if (one.shows.value && one.shows.timestamp) {
                    series_.push_back(std::move(one));
                }
            }
        }
        arrangeSeries(series_);
        for (const MetricSeries& one : series_) {
            if (one.type == wire::MetricType::Histogram) {
                return base::fail(base::ErrorKind::Invalid,
                                  base::cat(wordOf(one),
                                            " is a histogram, which a condition on METRIC cannot "
                                            "compare with a number"));
            }
        }
        return {};
    }

    // The time before the range in which the sample may lie that stands at its beginning.
    TimeRange before() const {
        return {earlierBy(range_.since_ns, limits_.lookback_ns), range_.since_ns};
    }

    base::Result<void> readEach() {
        for (size_t from = 0; from < series_.size(); from += kSeriesAtOnce) {
            const std::span some(series_.data() + from,
                                 std::min(kSeriesAtOnce, series_.size() - from));
            std::vector<SeriesPoints> older;
            std::vector<SeriesPoints> points;
            const auto held_older = read(some, ReadGoal::Latest, before(), older);
            if (!held_older) {
                return held_older.error();
            }
            const auto held = read(some, ReadGoal::Compared, range_, points);
            if (!held) {
                return held.error();
            }
            for (size_t i = 0; i < some.size(); ++i) {
                if (!older[i].empty()) {
                    points[i].insert(points[i].begin(), older[i].back());
                }
                EVD_TRY(add(points[i]));
            }
        }
        return {};
    }

    base::Result<void> readCombined() {
        std::vector<SeriesPoints> older;
        const auto held_older = read(series_, ReadGoal::Latest, before(), older);
        if (!held_older) {
            return held_older.error();
        }
        // The last moment before the range at which the series come to a value together.
        std::optional<int64_t> last;
        for (const SeriesPoints& points : older) {
            if (!points.empty()) {
                last =
                    std::max(last.value_or(points.back().timestamp_ns), points.back().timestamp_ns);
            }
        }
        const int64_t since = last.value_or(range_.since_ns);
        std::vector<SeriesPoints> points;
        const auto held = read(series_, ReadGoal::Samples,
                               {earlierBy(since, limits_.staleness_ns), range_.until_ns}, points);
        if (!held) {
            return held.error();
        }
        size_t count = 0;
        for (const SeriesPoints& one : points) {
            count += one.size();
        }
        MemoryShare memory(readers_.memory());
        EVD_TRY(memory.grow(2 * count * sizeof(MetricPoint)));  // the result, and what waits
        return add(combineOverTime(points, SeriesFunction::Avg, since, limits_.staleness_ns));
    }

    base::Result<void> add(const std::vector<MetricPoint>& points) {
        all_ = all_.unitedWith(rangesWhere(condition_, points, range_));
        return all_.count() <= kCrossRangesMax ? base::Result<void>() : tooManyRanges();
    }

    using Tasks = std::vector<std::unique_ptr<ShardTask>>;

    // The points of each series in the order of time; what is returned holds their memory.
    base::Result<Tasks> read(std::span<const MetricSeries> some, ReadGoal goal,
                             const TimeRange& range, std::vector<SeriesPoints>& points) {
        std::vector<std::vector<std::unique_ptr<SeriesRead>>> reads(some.size());
        std::vector<std::vector<SeriesRead*>> by_database(databases_.size());
        for (size_t i = 0; i < some.size(); ++i) {
            for (const SeriesPart& part : some[i].parts) {
                reads[i].push_back(
                    std::make_unique<SeriesRead>(plan_, some[i], part.id, goal, range));
                by_database[part.database].push_back(reads[i].back().get());
            }
        }
        Tasks tasks;
        for (size_t i = 0; i < databases_.size(); ++i) {
            for (size_t from = 0; from < by_database[i].size(); from += kReadsPerTask) {
                const auto begin = by_database[i].begin() + static_cast<ptrdiff_t>(from);
                const size_t count = std::min(kReadsPerTask, by_database[i].size() - from);
                tasks.push_back(std::make_unique<MetricTask>(
                    databases_[i], control_,
                    std::vector<SeriesRead*>(begin, begin + static_cast<ptrdiff_t>(count)),
                    readers_.memory()));
            }
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        points.resize(some.size());
        for (size_t i = 0; i < some.size(); ++i) {
            for (const auto& part : reads[i]) {
                points[i].insert(points[i].end(), part->points().begin(), part->points().end());
            }
            if (reads[i].size() > 1) {
                sortByTime(points[i]);
            }
        }
        return tasks;
    }

    StoreReaders& readers_;
    const CrossCondition& condition_;
    const MetricPlan plan_;
    const TimeRange range_;
    const CrossMetricLimits limits_;
    const RunControl& control_;
    const std::vector<DatabaseFile> databases_;
    std::vector<MetricSeries> series_;
    TimeRanges all_;
};

}  // namespace

TimeRanges rangesWhere(const CrossCondition& condition, std::span<const MetricPoint> points,
                       const TimeRange& range) {
    const Condition comparison = comparisonOf(condition);
    TimeRanges all;
    for (size_t i = 0; i < points.size(); ++i) {
        if (compareValue(comparison, Value::ofFloat(points[i].value))) {
            const int64_t next =
                i + 1 < points.size() ? points[i + 1].timestamp_ns : range.until_ns;
            all.append(
                {std::max(points[i].timestamp_ns, range.since_ns), std::min(next, range.until_ns)});
        }
    }
    return all;
}

base::Result<TimeRanges> readMetricRanges(StoreReaders& readers,
                                          const std::string& metric_store_path,
                                          const CrossCondition& condition,
                                          std::shared_ptr<const Sight> sight,
                                          const TimeRange& range, const CrossMetricLimits& limits,
                                          const RunControl& control) {
    auto databases = metricDatabases(metric_store_path);
    if (!databases) {
        return databases.error();
    }
    return MetricRangesReader(readers, condition, std::move(sight), range, limits, control,
                              std::move(databases).value())
        .run();
}

}  // namespace evd::queryd
