// The half of SeriesRead that is fed from outside, by a scan over many series (metric_scan.h).

#include "queryd/exec/metric_read.h"

#include <cmath>

namespace evd::queryd {

base::Result<void> SeriesRead::beginScan(SampleStatements& statements) {
    segments_.clear();  // of an attempt that failed
    EVD_TRY(begin(statements));
    return segments_.empty() ? base::Result<void>() : beginSegment(statements);
}

bool SeriesRead::takeScanned(const SampleRow& row) {
    if (row.timestamp_ns < position_.timestamp_ns) {
        return false;
    }
    position_ = {row.timestamp_ns, row.rowid};
    if (!first_ns_) {
        first_ns_ = row.timestamp_ns;
    }
    if (!accepts(row)) {
        return true;
    }
    const MetricPoint sample = pointOfSample(row);
    takeSample(sample);
    if (!std::isnan(sample.value)) {
        last_taken_ = sample;
        if (!first_taken_) {
            first_taken_ = sample;
        }
    }
    return true;
}

void SeriesRead::finishScan() {
    segments_.clear();
    if (fold_) {
        points_ = fold_->finish();
        fold_.reset();
    }
}

std::unique_ptr<SeriesRead> SeriesRead::continuation() const {
    return std::make_unique<SeriesRead>(plan_, series_, series_id_, goal_, range_);
}

base::Result<void> SeriesRead::continueScan() {
    position_ = SamplePosition{range_.since_ns, std::numeric_limits<int64_t>::min()};
    beginFold();
    return {};
}

bool SeriesRead::join(SeriesRead& later) {
    if (later.first_ns_ && first_ns_ && *later.first_ns_ < position_.timestamp_ns) {
        return false;
    }
    std::vector<MetricPoint> between;
    const auto& before = last_taken_ ? last_taken_ : before_;
    if (goal_ == ReadGoal::Points && isPairwise() && before && later.first_taken_) {
        // The pair that begins here and ends there.
        SeriesFold fold(plan_, SeriesFold::Shape::Points);
        fold.startFrom(*before);
        fold.add(*later.first_taken_);
        between = fold.finish();
    }
    points_.reserve(points_.size() + between.size() + later.points_.size());
    points_.insert(points_.end(), between.begin(), between.end());
    points_.insert(points_.end(), later.points_.begin(), later.points_.end());
    later.points_ = {};
    if (later.first_ns_) {
        first_ns_ = first_ns_ ? first_ns_ : later.first_ns_;
        position_ = later.position_;
    }
    first_taken_ = first_taken_ ? first_taken_ : later.first_taken_;
    last_taken_ = later.last_taken_ ? later.last_taken_ : last_taken_;
    return true;
}

void SeriesRead::restart(MemoryShare& memory) {
    memory.shrink(accounted_);
    accounted_ = 0;
    segments_.clear();
    fold_.reset();
    before_.reset();
    first_ns_.reset();
    first_taken_.reset();
    last_taken_.reset();
    points_ = {};
}

}  // namespace evd::queryd
