// Sums keep their rounding errors (Knuth's two-sum): s is the rounded sum so far, e the sum of what
// rounding has taken away, and s + e the answer. It costs six additions a term and no branch.
//
// An Avg stores the quotient of sum and count, rounded. To add it to others the sum is wanted back.
// quotient * count is within two roundings of it; if there is an integer that near which gives the
// same quotient, the sum was that integer, or another number so close that nobody can tell.

#include "common/wire/metric_window.h"

#include "common/base/check.h"

#include <cmath>
#include <limits>

namespace evd::wire {

namespace {

constexpr double kNsPerSecond = 1e9;
constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();

// Whole numbers of this size and less are told apart even after two roundings.
constexpr double kExactIntegerMax = 2251799813685248.0;  // 2^51

double sumBehindMean(double mean, uint64_t count) {
    const double divisor = static_cast<double>(count);
    const double product = mean * divisor;
    const double integer = std::nearbyint(product);
    return std::abs(integer) <= kExactIntegerMax && integer / divisor == mean ? integer : product;
}

}  // namespace

int64_t windowStart(int64_t timestamp_ns, int64_t window_ns) {
    const int64_t into = timestamp_ns % window_ns;
    if (into >= 0) {
        return timestamp_ns - into;
    }
    int64_t start = 0;
    return __builtin_sub_overflow(timestamp_ns - into, window_ns, &start)
               ? std::numeric_limits<int64_t>::min()
               : start;
}

double counterDelta(double before, double after) {
    return after < before ? after : after - before;
}

double ratePerSecond(double delta, uint64_t elapsed_ns) {
    return delta / (static_cast<double>(elapsed_ns) / kNsPerSecond);
}

void CarefulSum::add(double value) {
    const double sum = sum_ + value;
    const double added = sum - sum_;
    error_ += (sum_ - (sum - added)) + (value - added);
    sum_ = sum;
}

double CarefulSum::total() const {
    // Once infinite, the errors are NaN and mean nothing.
    return std::isfinite(sum_) ? sum_ + error_ : sum_;
}

void ValueTotals::add(double value) {
    if (count_ == 0) {
        least_ = value;
        greatest_ = value;
    }
    least_ = value < least_ ? value : least_;
    greatest_ = value > greatest_ ? value : greatest_;
    sum_.add(value);
    ++count_;
}

double ValueTotals::aggregate(RollupFunction function) const {
    EVD_CHECK(count_ > 0, "nothing has no aggregate");
    switch (function) {
        case RollupFunction::Avg:
            return sum_.total() / static_cast<double>(count_);
        case RollupFunction::Min:
            return least_;
        case RollupFunction::Max:
            return greatest_;
        case RollupFunction::Sum:
            return sum_.total();
        case RollupFunction::Rate:
        case RollupFunction::Delta:
            break;
    }
    EVD_CHECK(false, "Rate and Delta are made of pairs");
}

void PairTotals::add(double delta, uint64_t elapsed_ns) {
    delta_.add(delta);
    elapsed_ns_ += elapsed_ns;  // pairs of one series do not overlap: never above 2^64-1
    ++count_;
}

double PairTotals::aggregate(RollupFunction function) const {
    EVD_CHECK(count_ > 0, "nothing has no aggregate");
    return function == RollupFunction::Rate ? ratePerSecond(delta_.total(), elapsed_ns_)
                                            : delta_.total();
}

std::optional<PairSource::Pair> PairSource::next(int64_t timestamp_ns, double value) {
    const bool ends_pair = has_before_ && timestamp_ns > before_ns_;
    const Pair pair{counterDelta(before_, value),
                    static_cast<uint64_t>(timestamp_ns) - static_cast<uint64_t>(before_ns_)};
    has_before_ = true;
    before_ns_ = timestamp_ns;
    before_ = value;
    return ends_pair ? std::optional(pair) : std::nullopt;
}

WindowFold::WindowFold(RollupFunction function, int64_t window_ns, std::vector<WindowValue>& out)
    : function_(function), window_ns_(window_ns), out_(out) {
    EVD_CHECK(window_ns >= 1, "a window has a length");
}

bool WindowFold::isPairwise() const {
    return function_ == RollupFunction::Rate || function_ == RollupFunction::Delta;
}

void WindowFold::startFrom(int64_t timestamp_ns, double value) {
    (void)pairs_.next(timestamp_ns, value);  // the first of all ends no pair
}

void WindowFold::add(int64_t timestamp_ns, double value) {
    if (timestamp_ns > last_ns_ || timestamp_ns < start_ns_) {
        enterWindowOf(timestamp_ns);
    }
    if (!isPairwise()) {
        values_.add(value);
    } else if (const auto pair = pairs_.next(timestamp_ns, value)) {
        pair_totals_.add(pair->delta, pair->elapsed_ns);
    }
}

void WindowFold::enterWindowOf(int64_t timestamp_ns) {
    finish();
    start_ns_ = windowStart(timestamp_ns, window_ns_);
    if (__builtin_add_overflow(start_ns_, window_ns_ - 1, &last_ns_)) {
        last_ns_ = kTimeMax;
    }
}

void WindowFold::finish() {
    const uint64_t count = isPairwise() ? pair_totals_.count() : values_.count();
    if (count > 0) {
        const double value =
            isPairwise() ? pair_totals_.aggregate(function_) : values_.aggregate(function_);
        out_.push_back({start_ns_, value, count});
    }
    values_ = ValueTotals();
    pair_totals_ = PairTotals();
}

void composeWindows(RollupFunction function, int64_t window_ns, std::span<const WindowValue> parts,
                    std::vector<WindowValue>& out) {
    EVD_CHECK(function != RollupFunction::Rate, "a Rate is made of Delta windows");
    for (size_t i = 0; i < parts.size();) {
        WindowValue whole{windowStart(parts[i].window_start_ns, window_ns), 0, 0};
        CarefulSum sum;
        double least = parts[i].value;
        double greatest = parts[i].value;
        for (; i < parts.size() &&
               windowStart(parts[i].window_start_ns, window_ns) == whole.window_start_ns;
             ++i) {
            const WindowValue& part = parts[i];
            sum.add(function == RollupFunction::Avg ? sumBehindMean(part.value, part.sample_count)
                                                    : part.value);
            least = part.value < least ? part.value : least;
            greatest = part.value > greatest ? part.value : greatest;
            whole.sample_count += part.sample_count;
        }
        whole.value = function == RollupFunction::Avg
                          ? sum.total() / static_cast<double>(whole.sample_count)
                      : function == RollupFunction::Min ? least
                      : function == RollupFunction::Max ? greatest
                                                        : sum.total();
        out.push_back(whole);
    }
}

}  // namespace evd::wire
