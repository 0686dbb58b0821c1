// A read is a list of segments of time. Without rollups there is one, the range; with them there
// are the gaps they leave, each of which is folded into windows of the rollups' own size, so that
// rows and folded windows can be put side by side and then composed. For pairs every segment begins
// with the sample before it. Samples that are compared with a limit are left out in stretches where
// rollups know the outcome, all but the first, which ends what was true before it.

#include "queryd/exec/metric_read.h"

#include "common/wire/histogram.h"
#include "queryd/exec/known_stretches.h"

#include <algorithm>
#include <cmath>

namespace evd::queryd {

namespace {

using wire::RollupFunction;

constexpr uint32_t kRowsBetweenChecks = 1024;
constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();

bool isEmpty(const TimeRange& range) {
    return range.since_ns >= range.until_ns;
}

}  // namespace

SeriesRead::SeriesRead(const MetricPlan& plan, const MetricSeries& series, int64_t series_id,
                       ReadGoal goal, const TimeRange& range)
    : plan_(plan),
      series_(series),
      series_id_(series_id),
      goal_(goal),
      range_{std::max(range.since_ns, plan.bounds.since_ns),
             std::min(range.until_ns, plan.bounds.until_ns)},
      percent_(percentOf(plan.transform)),
      fields_(plan, series) {}

bool SeriesRead::isPairwise() const {
    return plan_.transform && !percent_;
}

base::Result<ScanEnd> SeriesRead::slice(SampleStatements& statements, const RunControl& control,
                                        int64_t pause_at_ns, ReadStep& step, MemoryShare& memory) {
    if (!begun_) {
        EVD_TRY(begin(statements));
        begun_ = true;
    }
    while (!segments_.empty()) {
        if (!in_segment_) {
            EVD_TRY(beginSegment(statements));
            in_segment_ = true;
        }
        EVD_TRY(statements.scan(series_id_, position_, segments_.back().time.until_ns));
        const bool decides = step.is_bounded && step.until_ns == kTimeMax;
        SampleRow row;
        for (uint32_t taken = 1;; ++taken) {
            auto stepped = statements.next(row);
            if (!stepped) {
                return stepped.error();
            }
            if (!stepped.value()) {
                break;
            }
            if (row.timestamp_ns >= step.until_ns) {
                return ScanEnd::Paused;
            }
            position_ = {row.timestamp_ns, row.rowid};
            if (accepts(row)) {
                last_taken_ = pointOfSample(row);
                takeSample(*last_taken_);
                if (segments_.back().only_first) {
                    break;
                }
            }
            if (decides && taken == ReadStep::kRows && row.timestamp_ns < kTimeMax) {
                step.until_ns = row.timestamp_ns + 1;
            }
            if (taken % kRowsBetweenChecks == 0) {
                if (!account(memory)) {
                    return ScanEnd::Finished;
                }
                if (control.clock->monotonicNs() >= pause_at_ns || control.shouldStop()) {
                    return ScanEnd::Paused;
                }
            }
        }
        endSegment();
        if (!account(memory)) {
            return ScanEnd::Finished;
        }
        // Segments may be many and hold little.
        if (!segments_.empty() &&
            (control.clock->monotonicNs() >= pause_at_ns || control.shouldStop())) {
            return ScanEnd::Paused;
        }
    }
    EVD_TRY(finish(statements));
    (void)account(memory);  // failure() tells
    is_finished_ = true;
    return ScanEnd::Finished;
}

std::unique_ptr<SeriesRead> SeriesRead::part(const TimeRange& range) const {
    return std::make_unique<SeriesRead>(plan_, series_, series_id_, goal_, range);
}

bool SeriesRead::fits(const SeriesRead& later) const {
    const auto& last = last_taken_ ? last_taken_ : before_;
    const auto& next = later.before_;
    return !isPairwise() || (!last && !next) ||
           (last && next && last->timestamp_ns == next->timestamp_ns && last->value == next->value);
}

base::Result<void> SeriesRead::begin(SampleStatements& statements) {
    if (isEmpty(range_)) {
        return {};
    }
    if (goal_ == ReadGoal::Latest) {
        return readLatest(statements);
    }
    if (goal_ == ReadGoal::Windowed && plan_.rollup && series_.parts.size() == 1) {
        auto cover = findRollups(statements.connection(), series_id_, plan_);
        if (!cover) {
            return cover.error();
        }
        cover_ = std::move(cover).value();
    }
    auto segments = segmentsToRead(statements);
    if (!segments) {
        return segments.error();
    }
    segments_ = std::move(segments).value();
    std::reverse(segments_.begin(), segments_.end());
    return {};
}

// In the order of time.
base::Result<std::vector<SeriesRead::Segment>> SeriesRead::segmentsToRead(
    SampleStatements& statements) {
    std::vector<Segment> segments;
    if (cover_) {
        for (const TimeRange& part : uncovered(range_, *cover_)) {
            segments.push_back({part});
        }
        return segments;
    }
    int64_t from = range_.since_ns;
    if (goal_ == ReadGoal::Compared && series_.parts.size() == 1) {
        auto known = knownStretches(statements.connection(), series_id_, *plan_.compared, range_);
        if (!known) {
            return known.error();
        }
        for (const TimeRange& stretch : known.value()) {
            if (from < stretch.since_ns) {
                segments.push_back({{from, stretch.since_ns}});
            }
            segments.push_back({stretch, /*only_first=*/true});
            from = stretch.until_ns;
        }
    }
    if (from < range_.until_ns) {
        segments.push_back({{from, range_.until_ns}});
    }
    return segments;
}

base::Result<void> SeriesRead::beginSegment(SampleStatements& statements) {
    const TimeRange& segment = segments_.back().time;
    position_ = SamplePosition{segment.since_ns, std::numeric_limits<int64_t>::min()};
    beginFold();
    if (!isPairwise()) {
        return {};
    }
    auto before = sampleBefore(statements, segment.since_ns);
    if (!before || !before.value()) {
        return before ? base::Result<void>() : before.error();
    }
    before_ = before.value();
    if (part_fold_) {
        part_fold_->startFrom(before_->timestamp_ns, before_->value);
    } else if (fold_) {
        fold_->startFrom(*before_);
    }
    return {};
}

void SeriesRead::beginFold() {
    if (cover_) {
        part_fold_.emplace(cover_->function, cover_->window_ns, windows_);
    } else if ((goal_ == ReadGoal::Points || goal_ == ReadGoal::Windowed) && !fold_) {
        fold_.emplace(plan_, goal_ == ReadGoal::Points ? SeriesFold::Shape::Points
                                                       : SeriesFold::Shape::Windowed);
    }
}

void SeriesRead::takeSample(const MetricPoint& sample) {
    if (part_fold_) {
        part_fold_->add(sample.timestamp_ns, sample.value);
    } else if (!fold_) {
        points_.push_back(sample);
    } else if (!std::isnan(sample.value)) {
        fold_->add(sample);
    }
}

void SeriesRead::endSegment() {
    if (part_fold_) {
        part_fold_->finish();
        part_fold_.reset();
    }
    segments_.pop_back();
    in_segment_ = false;
}

base::Result<void> SeriesRead::finish(SampleStatements& statements) {
    if (cover_) {
        return pointsOfWindows(statements);
    }
    if (fold_) {
        points_ = fold_->finish();
        fold_.reset();
    }
    return {};
}

// The newest sample decides; a pair needs all of the two newest times (Ruling M3, M4).
base::Result<void> SeriesRead::readLatest(SampleStatements& statements) {
    const size_t times_max = isPairwise() ? 2 : 1;
    size_t times = 0;
    points_.clear();  // of an attempt that failed
    EVD_TRY(statements.scanBack(series_id_, range_.until_ns, range_.since_ns));
    for (SampleRow row;;) {
        auto stepped = statements.next(row);
        if (!stepped) {
            return stepped.error();
        }
        if (!stepped.value()) {
            break;
        }
        if (!accepts(row)) {
            continue;
        }
        times += points_.empty() || points_.back().timestamp_ns != row.timestamp_ns ? 1 : 0;
        const bool only_newest = !isPairwise() && !points_.empty();
        if (times > times_max || only_newest) {
            break;
        }
        points_.push_back(pointOfSample(row));
    }
    std::reverse(points_.begin(), points_.end());
    return {};
}

base::Result<std::optional<MetricPoint>> SeriesRead::sampleBefore(SampleStatements& statements,
                                                                  int64_t before_ns) {
    EVD_TRY(statements.scanBack(series_id_, before_ns, plan_.bounds.since_ns));
    for (SampleRow row;;) {
        auto stepped = statements.next(row);
        if (!stepped) {
            return stepped.error();
        }
        if (!stepped.value()) {
            return std::optional<MetricPoint>();
        }
        if (accepts(row)) {
            return std::optional(pointOfSample(row));
        }
    }
}

bool SeriesRead::accepts(const SampleRow& row) {
    if (plan_.on_sample.empty()) {
        return true;
    }
    const bool is_histogram = series_.type == wire::MetricType::Histogram;
    fields_.setSample(row.timestamp_ns, is_histogram ? std::nullopt : std::optional(row.value));
    return std::all_of(plan_.on_sample.begin(), plan_.on_sample.end(),
                       [this](const Condition& condition) { return holds(condition, fields_); });
}

MetricPoint SeriesRead::pointOfSample(const SampleRow& row) const {
    if (!percent_) {
        return {row.timestamp_ns, row.value};
    }
    const auto histogram = wire::readHistogram(row.histogram);
    const auto value = histogram ? percentileOf(histogram.value(), *percent_) : std::nullopt;
    return {row.timestamp_ns, value.value_or(std::nan(""))};
}

base::Result<void> SeriesRead::pointsOfWindows(SampleStatements& statements) {
    std::vector<wire::WindowValue> parts;
    parts.reserve(cover_->rows.size() + windows_.size());
    std::merge(cover_->rows.begin(), cover_->rows.end(), windows_.begin(), windows_.end(),
               std::back_inserter(parts),
               [](const wire::WindowValue& left, const wire::WindowValue& right) {
                   return left.window_start_ns < right.window_start_ns;
               });
    std::vector<wire::WindowValue> composed;
    if (cover_->window_ns == plan_.window->duration_ns) {
        composed = std::move(parts);
    } else {
        wire::composeWindows(cover_->function, plan_.window->duration_ns, parts, composed);
    }
    if (plan_.rollup->function != cover_->function) {
        EVD_TRY(divideByTime(statements, composed));
    }
    for (const wire::WindowValue& window : composed) {
        points_.push_back(pointOf(window, isMeanOfDeltas(plan_)));
    }
    cover_.reset();
    return {};
}

// Rates out of deltas: over the time from the last sample before a window to the last one in it.
// Samples between two windows that have values end no pair, so they are of the earlier one's last
// moment, and that stands for them.
base::Result<void> SeriesRead::divideByTime(SampleStatements& statements,
                                            std::vector<wire::WindowValue>& windows) const {
    constexpr int64_t kTimeMin = std::numeric_limits<int64_t>::min();
    const int64_t window_ns = plan_.window->duration_ns;
    std::optional<int64_t> from;
    for (wire::WindowValue& window : windows) {
        const int64_t begin = std::max(window.window_start_ns, range_.since_ns);
        int64_t end = range_.until_ns;
        if (window.window_start_ns <= range_.until_ns - window_ns) {
            end = window.window_start_ns + window_ns;
        }
        if (!from) {
            auto earlier = statements.lastTime(series_id_, begin, kTimeMin);
            auto first = statements.firstTime(series_id_, begin, end);
            if (!earlier || !first) {
                return !earlier ? earlier.error() : first.error();
            }
            from = earlier.value() ? earlier.value() : first.value();
        }
        auto last = statements.lastTime(series_id_, end, begin);
        if (!last) {
            return last.error();
        }
        if (from && last.value()) {
            window.value = wire::ratePerSecond(
                window.value, static_cast<uint64_t>(*last.value()) - static_cast<uint64_t>(*from));
            from = last.value();
        }
    }
    return {};
}

bool SeriesRead::account(MemoryShare& memory) {
    size_t held = points_.capacity() * sizeof(MetricPoint) +
                  windows_.capacity() * sizeof(wire::WindowValue) +
                  segments_.capacity() * sizeof(Segment) + (fold_ ? fold_->heldBytes() : 0);
    held += cover_ ? cover_->rows.capacity() * sizeof(wire::WindowValue) : 0;
    if (held > accounted_) {
        failure_ = memory.grow(held - accounted_);
        accounted_ = failure_.ok() ? held : accounted_;
    }
    return failure_.ok();
}

}  // namespace evd::queryd
