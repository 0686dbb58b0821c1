#pragma once

#include "queryd/exec/metric_functions.h"

#include <cstdint>
#include <span>
#include <vector>

namespace evd::queryd {

// The points of one series, in order of time.
using SeriesPoints = std::vector<MetricPoint>;

// Puts points that came from several databases into that order; those of one time keep theirs.
void sortByTime(SeriesPoints& points);

// Several series as one (Ruling M2): a value at each distinct time at which any of them has a point
// from since_ns on, made of the newest point of every series that is not older than staleness_ns.
//
// Points before since_ns only stand for their series. The sum is that of a tree over the series in
// their order, with rounding errors kept, so it depends on the values that stand and not on how
// they came to stand there; an update costs the depth of the tree. Pure; time and memory are linear
// in the points, with a logarithm of the number of series.
std::vector<MetricPoint> combineOverTime(std::span<const SeriesPoints> series,
                                         SeriesFunction function, int64_t since_ns,
                                         int64_t staleness_ns);

// The latest points of several series as one point (Ruling M3): those more than staleness_ns older
// than the newest are left out, the time is the newest one's. Not empty.
MetricPoint combineLatest(std::span<const MetricPoint> latest, SeriesFunction function,
                          int64_t staleness_ns);

}  // namespace evd::queryd
