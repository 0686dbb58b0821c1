#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evd::wire {

// The aggregates that a rollup may hold, by the identifiers of Spec §7.4.
enum class RollupFunction : uint8_t { Avg = 0, Min = 1, Max = 2, Sum = 3, Rate = 4, Delta = 5 };

// One value for one window of time: what a rollup row stores and what a windowed question answers.
struct WindowValue {
    int64_t window_start_ns = 0;
    double value = 0;
    uint64_t sample_count = 0;  // samples that went in; for Rate and Delta those that ended a pair
    bool operator==(const WindowValue&) const = default;
};

// The arithmetic of metric windows (Spec §7.4, §8.4; Ruling M4, M6), one for the store that
// computes rollups ahead and for queryd that computes answers, so that an answer which uses a
// rollup of exactly its window is bit for bit the answer without it (Ruling S9).
//
// A window covers [start, start + length), with starts aligned to the epoch; one without a value is
// left out. Avg, Min, Max and Sum are over the values of its samples. Rate and Delta are over
// pairs: a sample and the one before it in its series, however far back that is, also in an earlier
// window. A pair belongs to the window in which it ends. Samples of one moment make no pair, a
// decrease is a reset of the counter. Rate is the summed delta over the summed seconds. Samples
// come in the order of (timestamp, rowid).
//
// So a window of Rate or Delta depends on the sample before its first one: a sample that comes late
// or goes away changes its own window and that of the series' next sample.
//
// Values may be anything that a double can be; one that becomes infinite or NaN is answered as
// such, and nobody should store it (Ruling Q8). Pure, one thread at a time; nothing allocates but
// the list of results.

// The start of the window that the moment lies in; clamped to the earliest moment there is.
int64_t windowStart(int64_t timestamp_ns, int64_t window_ns);

// How far a counter has come between two samples.
double counterDelta(double before, double after);

double ratePerSecond(double delta, uint64_t elapsed_ns);

// A sum that does not lose small terms beside large ones: every rounding error is kept and added at
// the end. The result depends on the order of the terms only beyond double precision, and is exact
// for integers as long as they and their sum stay within 2^53.
class CarefulSum {
  public:
    void add(double value);
    double total() const;

  private:
    double sum_ = 0;
    double error_ = 0;
};

// What is known of a set of values.
class ValueTotals {
  public:
    void add(double value);
    uint64_t count() const { return count_; }
    // Avg, Min, Max or Sum; only when there is a value.
    double aggregate(RollupFunction function) const;

  private:
    CarefulSum sum_;
    double least_ = 0;
    double greatest_ = 0;
    uint64_t count_ = 0;
};

// What is known of a set of pairs.
class PairTotals {
  public:
    void add(double delta, uint64_t elapsed_ns);
    uint64_t count() const { return count_; }
    // Rate or Delta; only when there is a pair.
    double aggregate(RollupFunction function) const;

  private:
    CarefulSum delta_;
    uint64_t elapsed_ns_ = 0;
    uint64_t count_ = 0;
};

// The pairs of one series, as its samples come by.
class PairSource {
  public:
    struct Pair {
        double delta;
        uint64_t elapsed_ns;
    };
    // The pair that this sample ends, if it does.
    std::optional<Pair> next(int64_t timestamp_ns, double value);

  private:
    bool has_before_ = false;
    int64_t before_ns_ = 0;
    double before_ = 0;
};

// Folds the samples of one series into its windows.
class WindowFold {
  public:
    // window_ns is at least 1. Results are appended to `out`, which outlives this.
    WindowFold(RollupFunction function, int64_t window_ns, std::vector<WindowValue>& out);

    // The sample before the first one: starts the first pair, counts in no window. At most once,
    // before add(); the others have no use for it.
    void startFrom(int64_t timestamp_ns, double value);
    void add(int64_t timestamp_ns, double value);
    // Ends the last window. Called once, last.
    void finish();

  private:
    bool isPairwise() const;
    void enterWindowOf(int64_t timestamp_ns);

    const RollupFunction function_;
    const int64_t window_ns_;
    std::vector<WindowValue>& out_;
    int64_t start_ns_ = 0;
    int64_t last_ns_ = -1;  // of the window, inclusive; before start_ns_ when there is none
    PairSource pairs_;
    ValueTotals values_;
    PairTotals pair_totals_;
};

// Makes windows of `window_ns` out of smaller ones, appending to `out`: Avg weighted by
// sample_count, Min, Max, and Sum and Delta by addition. `parts` hold every smaller window that has
// a value, in order of time; their length divides window_ns.
//
// Sums are rounded once per part and not only once, so a result may differ from the one folded out
// of samples by that rounding. Where the values are integers (sums within 2^51) it does not: the
// sum behind an Avg is found again exactly. A Rate is made of Delta windows: compose them as Delta,
// then divide each by the time from the last sample before the window (or the first in it, when
// none is before) to the last sample in it, with ratePerSecond().
void composeWindows(RollupFunction function, int64_t window_ns, std::span<const WindowValue> parts,
                    std::vector<WindowValue>& out);

}  // namespace evd::wire
