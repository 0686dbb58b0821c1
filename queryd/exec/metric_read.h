#pragma once

#include "common/base/result.h"
#include "common/wire/metric_window.h"
#include "queryd/exec/memory_budget.h"
#include "queryd/exec/metric_functions.h"
#include "queryd/exec/metric_rollups.h"
#include "queryd/exec/metric_samples.h"
#include "queryd/exec/metric_series.h"
#include "queryd/exec/run_control.h"
#include "queryd/exec/shard_tasks.h"
#include "queryd/plan/metric_plan.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace evd::queryd {

// What is wanted of a series.
enum class ReadGoal {
    Latest,    // the newest samples, as many as the latest value needs
    Samples,   // as they are, to be merged with those of another database
    Compared,  // as many of them as tell where the newest one satisfies the plan's comparison
    Points,    // transformed
    Windowed,  // and folded over time
};

// How far the reads of one task go before they take turns. Samples of one time lie close together,
// whatever their series: reads that keep step find their pages in SQLite's cache, one after the
// other would each bring in all of them again.
struct ReadStep {
    static constexpr uint32_t kRows = 32;  // of the first read, whose last time the others take
    int64_t until_ns = std::numeric_limits<int64_t>::max();
    bool is_bounded = true;  // false: the only read goes on to its end
};

// Reads one series in one database, in slices: from samples to what is wanted of it.
//
// Samples that the question's conditions refuse are not there for any function (Spec §8.6), nor for
// the pair that begins before the range. Where rollups stand for windows, only what they leave is
// read; where they say how all samples of a stretch compare, its first sample is (Spec §8.5). A
// slice goes on where the one before it ended, in a new snapshot; memory is the result's, taken
// from the share that slice() is given, always the same. Lives on one thread at a time; plan and
// series outlive it.
class SeriesRead {
  public:
    // range is what is read: the question's, or more where older samples stand for a series.
    SeriesRead(const MetricPlan& plan, const MetricSeries& series, int64_t series_id, ReadGoal goal,
               const TimeRange& range);

    // Paused: out of time, or at the end of the step, which the first read of a step decides.
    // Errors are the database's; trouble of the question's own is kept for failure().
    base::Result<ScanEnd> slice(SampleStatements& statements, const RunControl& control,
                                int64_t pause_at_ns, ReadStep& step, MemoryShare& memory);
    const base::Result<void>& failure() const { return failure_; }

    // The same of a part of the time; and, of parts that slice() has finished, whether the later
    // one begins with the sample that this one ended with (metric_split.h).
    std::unique_ptr<SeriesRead> part(const TimeRange& range) const;
    bool isFinished() const { return is_finished_; }
    bool fits(const SeriesRead& later) const;

    // The same from outside, for whoever reads many series at once (metric_scan.h): every sample of
    // the range in the order of time, then the end. Only where no rollups stand for windows.
    static bool canBeScanned(const MetricPlan& plan, ReadGoal goal) {
        const bool may_have_rollups = goal == ReadGoal::Windowed && plan.rollup;
        return goal != ReadGoal::Latest && goal != ReadGoal::Compared && !may_have_rollups;
    }
    base::Result<void> beginScan(SampleStatements& statements);
    // Instead of beginScan, for a read that takes the later rows of a series while another one
    // takes the earlier: it has nothing before it until that one joins it. Only of what is no
    // window.
    static bool canBeJoined(ReadGoal goal) {
        return goal == ReadGoal::Samples || goal == ReadGoal::Points;
    }
    std::unique_ptr<SeriesRead> continuation() const;
    base::Result<void> continueScan();
    // Both have finished their scans: puts what the other one has behind this. False: the other's
    // samples do not all come later, and neither is of use.
    bool join(SeriesRead& later);
    // False: it is older than one before it, and nothing has been taken.
    bool takeScanned(const SampleRow& row);
    void finishScan();
    // As if nothing had been read; what was counted in the share is given back.
    void restart(MemoryShare& memory);
    // Whether there is memory for what is held by now; failure() otherwise.
    bool account(MemoryShare& memory);

    int64_t seriesId() const { return series_id_; }
    const TimeRange& range() const { return range_; }

    // Points and Windowed: the result. Otherwise the samples, oldest first, those of histograms
    // without a percentile as NaN.
    std::vector<MetricPoint>& points() { return points_; }
    // Samples: the one that starts the first pair.
    const std::optional<MetricPoint>& before() const { return before_; }

  private:
    // What is read in one go: the time, and whether its first sample is enough.
    struct Segment {
        TimeRange time;
        bool only_first = false;
    };

    bool isPairwise() const;
    base::Result<void> begin(SampleStatements& statements);
    base::Result<std::vector<Segment>> segmentsToRead(SampleStatements& statements);
    base::Result<void> beginSegment(SampleStatements& statements);
    void beginFold();
    void takeSample(const MetricPoint& sample);
    void endSegment();
    base::Result<void> finish(SampleStatements& statements);
    base::Result<void> readLatest(SampleStatements& statements);
    base::Result<std::optional<MetricPoint>> sampleBefore(SampleStatements& statements,
                                                          int64_t before_ns);
    bool accepts(const SampleRow& row);
    MetricPoint pointOfSample(const SampleRow& row) const;
    base::Result<void> pointsOfWindows(SampleStatements& statements);
    base::Result<void> divideByTime(SampleStatements& statements,
                                    std::vector<wire::WindowValue>& windows) const;

    const MetricPlan& plan_;
    const MetricSeries& series_;
    const int64_t series_id_;
    const ReadGoal goal_;
    const TimeRange range_;
    const std::optional<uint32_t> percent_;
    SampleFields fields_;
    size_t accounted_ = 0;  // of the share

    bool begun_ = false;
    bool is_finished_ = false;
    bool in_segment_ = false;
    std::vector<Segment> segments_;  // what is left to read, the next one last
    SamplePosition position_;
    std::optional<RollupCover> cover_;
    std::optional<SeriesFold> fold_;             // Points, Windowed without rollups
    std::optional<wire::WindowFold> part_fold_;  // the segment between rollups
    std::vector<wire::WindowValue> windows_;     // of segments between rollups
    std::optional<MetricPoint> before_;
    // Of a scan: its first time, and the samples that join() needs; the last one of any read.
    std::optional<int64_t> first_ns_;
    std::optional<MetricPoint> first_taken_;
    std::optional<MetricPoint> last_taken_;
    std::vector<MetricPoint> points_;
    base::Result<void> failure_;
};

}  // namespace evd::queryd
