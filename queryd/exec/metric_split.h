#pragma once

#include "queryd/exec/metric_read.h"
#include "queryd/exec/store_readers.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace evd::queryd {

// A range of less time has so few samples of a series that a second thread is not worth it.
inline constexpr int64_t kSplitSeriesNs = 3600 * base::kNsPerSecond;

// The times at which a read of a lone series is divided among threads; one for the whole range
// where it is not. Only what is neither folded over time nor combined can be put together again,
// and only a range with a beginning can be divided. Pure.
std::vector<TimeRange> seriesParts(const MetricPlan& plan, ReadGoal goal, const TimeRange& range,
                                   uint32_t threads);

// One series that several threads read, each a part of the time.
//
// A part finds the sample before it by itself, so nothing is computed twice, and the results stand
// one behind the other. The parts have snapshots of their own: where a sample came late and one
// part has seen it and the other has not, they do not fit and the whole is read by one thread after
// all. One thread, the question's; the whole outlives it.
class SplitSeriesRead {
  public:
    SplitSeriesRead(SeriesRead& whole, const std::vector<TimeRange>& ranges);
    std::vector<SeriesRead*> parts() const;
    // When the parts have been read: gives the whole their result. False: it has to be read.
    bool join();

  private:
    SeriesRead& whole_;
    std::vector<std::unique_ptr<SeriesRead>> parts_;
};

}  // namespace evd::queryd
