// A question takes up to three steps: which series, their samples, and (rarely) one series again.
// The last is for several series of which only one turns out to have anything to say: it passes
// through as it is (Ruling M2), which for a window means its samples and not combined values.

#include "queryd/exec/metric_answer.h"

#include "common/db/store_files.h"
#include "queryd/exec/metric_combine.h"
#include "queryd/exec/metric_records.h"
#include "queryd/exec/metric_scan_parts.h"
#include "queryd/exec/metric_split.h"
#include "queryd/exec/metric_task.h"
#include "queryd/exec/time_ranges.h"
#include "queryd/exec/visible_series.h"

#include <algorithm>
#include <cmath>

namespace evd::queryd {

namespace {

constexpr size_t kTasksPerDatabase = 4;  // few: the reads of one share pages (ReadStep)

// The samples of a series that several databases hold, in the order of (time, database).
std::vector<MetricPoint> mergeSamples(std::span<const std::unique_ptr<SeriesRead>> parts) {
    std::vector<MetricPoint> samples;
    for (const auto& part : parts) {
        samples.insert(samples.end(), part->points().begin(), part->points().end());
    }
    sortByTime(samples);
    return samples;
}

std::optional<MetricPoint> latestBefore(std::span<const std::unique_ptr<SeriesRead>> parts) {
    std::optional<MetricPoint> latest;
    for (const auto& part : parts) {
        const auto& before = part->before();
        if (before && (!latest || before->timestamp_ns >= latest->timestamp_ns)) {
            latest = before;
        }
    }
    return latest;
}

class MetricAnswer {
  public:
    MetricAnswer(StoreReaders& readers, const MetricPlan& plan,
                 const std::vector<DatabaseFile>& databases, int64_t staleness_ns,
                 const RunControl& control, RecordSink& sink)
        : readers_(readers),
          plan_(plan),
          databases_(databases),
          staleness_ns_(staleness_ns),
          control_(control),
          sink_(sink),
          memory_(readers.memory()) {}

    base::Result<void> run() {
        EVD_TRY(select());
        EVD_TRY(checkSeriesFields(plan_, series_));
        EVD_TRY(checkTypes(plan_, series_));
        if (series_.empty()) {
            return {};
        }
        const bool passes_through = plan_.per_series || series_.size() == 1;
        const ReadGoal goal = plan_.latest     ? ReadGoal::Latest
                              : passes_through ? ReadGoal::Windowed
                                               : ReadGoal::Points;
        EVD_TRY(read(allSeries(), goal));
        if (plan_.per_series) {
            for (size_t i = 0; i < series_.size(); ++i) {
                results_.push_back({series_[i], true, std::move(points_[i])});
            }
        } else {
            EVD_TRY(plan_.latest ? combineLatestValues() : combine(passes_through));
        }
        return sendRecords(plan_, results_, control_, readers_.memory(), sink_);
    }

  private:
    base::Result<void> select() {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        for (size_t i = 0; i < databases_.size(); ++i) {
            tasks.push_back(
                std::make_unique<SelectTask>(databases_[i], i, plan_, readers_.memory()));
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        size_t held = 0;
        for (const auto& task : tasks) {
            for (MetricSeries& one : static_cast<SelectTask&>(*task).series()) {
                held += one.heldBytes() + sizeof(SeriesRead) + sizeof(SeriesPoints);
                series_.push_back(std::move(one));
            }
        }
        EVD_TRY(memory_.grow(held));
        arrangeSeries(series_);
        points_.resize(series_.size());
        return {};
    }

    std::vector<size_t> allSeries() const {
        std::vector<size_t> all(series_.size());
        for (size_t i = 0; i < all.size(); ++i) {
            all[i] = i;
        }
        return all;
    }

    TimeRange rangeOf(ReadGoal goal) const {
        TimeRange range = plan_.time;
        // Samples from before SINCE stand for their series (Ruling M2).
        if (goal == ReadGoal::Points) {
            range.since_ns = earlierBy(range.since_ns, staleness_ns_);
        }
        return range;
    }

    // Fills points_ of these series with what the goal makes of them.
    base::Result<void> read(const std::vector<size_t>& wanted, ReadGoal goal) {
        const TimeRange range = rangeOf(goal);
        std::vector<std::vector<std::unique_ptr<SeriesRead>>> reads(wanted.size());
        std::vector<std::vector<SeriesRead*>> by_database(databases_.size());
        for (size_t i = 0; i < wanted.size(); ++i) {
            const MetricSeries& one = series_[wanted[i]];
            const bool is_split = one.parts.size() > 1;
            const bool merges_samples = is_split && goal != ReadGoal::Latest;
            for (const SeriesPart& part : one.parts) {
                reads[i].push_back(std::make_unique<SeriesRead>(
                    plan_, one, part.id, merges_samples ? ReadGoal::Samples : goal, range));
                by_database[part.database].push_back(reads[i].back().get());
            }
        }
        if (SeriesRead::canBeScanned(plan_, goal)) {
            EVD_TRY(scan(by_database, goal));
        }
        if (wanted.size() == 1 && reads.front().size() == 1) {
            EVD_TRY(
                readDivided(series_[wanted.front()], *reads.front().front(), goal, by_database));
        }
        EVD_TRY(runReads(by_database));
        for (size_t i = 0; i < wanted.size(); ++i) {
            points_[wanted[i]] = resultOf(reads[i], goal);
        }
        return {};
    }

    base::Result<void> runReads(const std::vector<std::vector<SeriesRead*>>& by_database) {
        auto tasks = makeTasks(by_database);
        EVD_TRY(runTasks(readers_, control_, tasks));
        // What the reads held is now held here.
        for (auto& task : tasks) {
            finished_.push_back(std::move(task));
        }
        return {};
    }

    // A lone series of a long time by several threads; it is left where that is no use.
    base::Result<void> readDivided(const MetricSeries& whole_series, SeriesRead& whole,
                                   ReadGoal goal,
                                   std::vector<std::vector<SeriesRead*>>& by_database) {
        const auto ranges = seriesParts(plan_, goal, whole.range(), readers_.sharing().threads);
        const size_t database = whole_series.parts.front().database;
        if (ranges.size() == 1 || by_database[database].empty()) {
            return {};
        }
        SplitSeriesRead split(whole, ranges);
        std::vector<std::vector<SeriesRead*>> parts(by_database.size());
        parts[database] = split.parts();
        EVD_TRY(runReads(parts));
        if (split.join()) {
            by_database[database].clear();
        }
        return {};
    }

    // Reads what is quicker to read from one end of a database to the other; the rest is left.
    base::Result<void> scan(std::vector<std::vector<SeriesRead*>>& by_database, ReadGoal goal) {
        std::vector<std::unique_ptr<ShardTask>> surveys;
        for (size_t i = 0; i < databases_.size(); ++i) {
            surveys.push_back(std::make_unique<MetricScanSurvey>(databases_[i], by_database[i]));
        }
        EVD_TRY(runTasks(readers_, control_, surveys));
        std::vector<std::unique_ptr<ShardTask>> tasks;
        std::vector<MetricScanParts> scans;
        for (size_t i = 0; i < databases_.size(); ++i) {
            const auto& survey = static_cast<const MetricScanSurvey&>(*surveys[i]);
            if (survey.isWorthIt()) {
                const ThreadSharing sharing =
                    SeriesRead::canBeJoined(goal) ? readers_.sharing() : ThreadSharing();
                scans.emplace_back(i, databases_[i], survey.rowids(), sharing, by_database[i]);
                scans.back().makeTasks(control_, readers_.memory(), tasks);
            }
        }
        EVD_TRY(runTasks(readers_, control_, tasks));
        for (MetricScanParts& scan : scans) {
            by_database[scan.database()] = scan.join();
        }
        for (auto& task : tasks) {
            finished_.push_back(std::move(task));
        }
        return {};
    }

    std::vector<std::unique_ptr<ShardTask>> makeTasks(
        const std::vector<std::vector<SeriesRead*>>& by_database) {
        std::vector<std::unique_ptr<ShardTask>> tasks;
        for (size_t i = 0; i < databases_.size(); ++i) {
            const auto& reads = by_database[i];
            const size_t share = (reads.size() + kTasksPerDatabase - 1) / kTasksPerDatabase;
            for (size_t from = 0; from < reads.size(); from += share) {
                const size_t to = std::min(from + share, reads.size());
                std::vector<SeriesRead*> some(reads.begin() + static_cast<ptrdiff_t>(from),
                                              reads.begin() + static_cast<ptrdiff_t>(to));
                tasks.push_back(std::make_unique<MetricTask>(databases_[i], control_,
                                                             std::move(some), readers_.memory()));
            }
        }
        return tasks;
    }

    std::vector<MetricPoint> resultOf(std::vector<std::unique_ptr<SeriesRead>>& parts,
                                      ReadGoal goal) const {
        if (goal == ReadGoal::Latest) {
            return latestOf(mergeSamples(parts));
        }
        if (parts.size() == 1) {
            return std::move(parts.front()->points());
        }
        SeriesFold fold(plan_, goal == ReadGoal::Points ? SeriesFold::Shape::Points
                                                        : SeriesFold::Shape::Windowed);
        if (const auto before = latestBefore(parts)) {
            fold.startFrom(*before);
        }
        for (const MetricPoint& sample : mergeSamples(parts)) {
            if (!std::isnan(sample.value)) {
                fold.add(sample);
            }
        }
        return fold.finish();
    }

    // The latest value (Ruling M3): of the newest sample, or of the newest pair.
    std::vector<MetricPoint> latestOf(const std::vector<MetricPoint>& samples) const {
        if (samples.empty() || std::isnan(samples.back().value)) {
            return {};
        }
        SeriesFold fold(plan_, SeriesFold::Shape::Points);
        const bool needs_pair = plan_.transform && !percentOf(plan_.transform);
        if (!needs_pair) {
            return {samples.back()};
        }
        for (const MetricPoint& sample : samples) {
            fold.add(sample);
        }
        const auto points = fold.finish();
        return points.empty() ? points : std::vector<MetricPoint>{points.back()};
    }

    base::Result<void> combineLatestValues() {
        std::vector<MetricPoint> latest;
        for (const SeriesPoints& points : points_) {
            latest.insert(latest.end(), points.begin(), points.end());
        }
        std::vector<MetricPoint> combined;
        if (!latest.empty()) {
            combined.push_back(combineLatest(latest, function(), staleness_ns_));
        }
        results_.push_back(combinedSeries(std::move(combined)));
        return {};
    }

    base::Result<void> combine(bool passes_through) {
        std::vector<size_t> speaking;
        size_t count = 0;
        for (size_t i = 0; i < points_.size(); ++i) {
            count += points_[i].size();
            if (!points_[i].empty()) {
                speaking.push_back(i);
            }
        }
        std::vector<MetricPoint> combined;
        if (passes_through) {
            combined = std::move(points_.front());
        } else if (speaking.size() == 1) {
            EVD_TRY(read(speaking, ReadGoal::Windowed));
            combined = std::move(points_[speaking.front()]);
        } else {
            EVD_TRY(memory_.grow(2 * count * sizeof(MetricPoint)));  // the result, and what waits
            combined = combineOverTime(points_, function(), plan_.time.since_ns, staleness_ns_);
            combined = plan_.window ? foldPoints(combined, *plan_.window) : std::move(combined);
        }
        results_.push_back(combinedSeries(std::move(combined)));
        return {};
    }

    SeriesFunction function() const { return plan_.aggregate.value_or(SeriesFunction::Avg); }

    // What all series have in common is what the result is called.
    ResultSeries combinedSeries(std::vector<MetricPoint> points) const {
        ResultSeries result;
        result.identity.name = series_.front().name;
        result.identity.type = series_.front().type;
        result.identity.shows = commonFields(series_);
        for (const MetricSeries& one : series_) {
            if (one.name != series_.front().name) {
                result.identity.name = plan_.name_pattern;
            }
            result.has_type = result.has_type && one.type == series_.front().type;
        }
        result.points = std::move(points);
        return result;
    }

    StoreReaders& readers_;
    const MetricPlan& plan_;
    const std::vector<DatabaseFile>& databases_;
    const int64_t staleness_ns_;
    const RunControl& control_;
    RecordSink& sink_;
    MemoryShare memory_;
    std::vector<MetricSeries> series_;
    std::vector<SeriesPoints> points_;  // of each series
    std::vector<std::unique_ptr<ShardTask>> finished_;
    std::vector<ResultSeries> results_;
};

}  // namespace

base::Result<std::vector<DatabaseFile>> metricDatabases(const std::string& metric_store_path) {
    if (metric_store_path.empty()) {
        return std::vector<DatabaseFile>();
    }
    return databasesOf(db::discoverSingleStore(metric_store_path), "metric");
}

base::Result<void> answerMetric(StoreReaders& readers, const MetricPlan& plan,
                                const std::vector<DatabaseFile>& databases, int64_t staleness_ns,
                                const RunControl& control, RecordSink& sink) {
    return MetricAnswer(readers, plan, databases, staleness_ns, control, sink).run();
}

}  // namespace evd::queryd
