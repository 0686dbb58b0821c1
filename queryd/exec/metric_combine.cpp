// A merge of all points by time drives a tree whose leaves are the series: a leaf holds the value
// that stands for its series, an inner node what its leaves come to. Points that were applied wait
// in a queue, in order of time, until they are stale; if one still stands for its series then, its
// leaf is emptied. When many series change at one moment, as they do when a collector takes them
// all at once, the tree is made anew instead of along each path: same values, less work.

#include "queryd/exec/metric_combine.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <limits>
#include <queue>

namespace evd::queryd {

namespace {

// What some series come to together: a sum and the rounding errors it lost, extremes, how many.
struct Totals {
    double sum = 0;
    double error = 0;
    double least = std::numeric_limits<double>::infinity();
    double greatest = -std::numeric_limits<double>::infinity();
    uint64_t count = 0;
};

Totals totalsOf(double value) {
    return {value, 0, value, value, 1};
}

Totals operator+(const Totals& left, const Totals& right) {
    Totals both;
    both.sum = left.sum + right.sum;
    const double added = both.sum - left.sum;
    both.error =
        (left.error + right.error) + ((left.sum - (both.sum - added)) + (right.sum - added));
    both.least = std::min(left.least, right.least);
    both.greatest = std::max(left.greatest, right.greatest);
    both.count = left.count + right.count;
    return both;
}

double aggregateOf(const Totals& totals, SeriesFunction function) {
    // Once infinite, the errors are NaN and mean nothing.
    const bool is_finite = totals.sum - totals.sum == 0;
    const double sum = is_finite ? totals.sum + totals.error : totals.sum;
    switch (function) {
        case SeriesFunction::Avg:
            return sum / static_cast<double>(totals.count);
        case SeriesFunction::Min:
            return totals.least;
        case SeriesFunction::Max:
            return totals.greatest;
        case SeriesFunction::Sum:
            return sum;
    }
    return sum;
}

class TotalsTree {
  public:
    explicit TotalsTree(size_t leaf_count)
        : leaf_count_(std::bit_ceil(std::max<size_t>(leaf_count, 1))), nodes_(2 * leaf_count_) {}

    void set(size_t leaf, const Totals& totals) {
        nodes_[leaf_count_ + leaf] = totals;
        changed_.push_back(leaf);
    }

    const Totals& root() {
        const size_t depth = static_cast<size_t>(std::bit_width(leaf_count_));
        if (changed_.size() * depth > leaf_count_) {
            for (size_t node = leaf_count_ - 1; node > 0; --node) {
                nodes_[node] = nodes_[2 * node] + nodes_[2 * node + 1];
            }
        } else {
            for (const size_t leaf : changed_) {
                for (size_t node = (leaf_count_ + leaf) / 2; node > 0; node /= 2) {
                    nodes_[node] = nodes_[2 * node] + nodes_[2 * node + 1];
                }
            }
        }
        changed_.clear();
        return nodes_[1];
    }

  private:
    const size_t leaf_count_;
    std::vector<Totals> nodes_;  // the root is 1, the children of n are 2n and 2n+1
    std::vector<size_t> changed_;
};

// The series that have points left, by the time of their next one.
class PointMerge {
  public:
    explicit PointMerge(std::span<const SeriesPoints> series)
        : series_(series), next_(series.size(), 0) {
        for (size_t i = 0; i < series.size(); ++i) {
            push(i);
        }
    }
    bool isEmpty() const { return heads_.empty(); }
    int64_t time() const { return heads_.top().first; }
    // Takes all points of that time out of the first series that has any; its last one counts.
    std::pair<size_t, double> take() {
        const auto [time, index] = heads_.top();
        heads_.pop();
        const SeriesPoints& points = series_[index];
        double value = 0;
        for (; next_[index] < points.size() && points[next_[index]].timestamp_ns == time;
             ++next_[index]) {
            value = points[next_[index]].value;
        }
        push(index);
        return {index, value};
    }

  private:
    using Head = std::pair<int64_t, size_t>;

    void push(size_t index) {
        if (next_[index] < series_[index].size()) {
            heads_.push({series_[index][next_[index]].timestamp_ns, index});
        }
    }

    std::span<const SeriesPoints> series_;
    std::vector<size_t> next_;
    std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
};

}  // namespace

void sortByTime(SeriesPoints& points) {
    std::stable_sort(points.begin(), points.end(),
                     [](const MetricPoint& left, const MetricPoint& right) {
                         return left.timestamp_ns < right.timestamp_ns;
                     });
}

std::vector<MetricPoint> combineOverTime(std::span<const SeriesPoints> series,
                                         SeriesFunction function, int64_t since_ns,
                                         int64_t staleness_ns) {
    std::vector<MetricPoint> combined;
    PointMerge merge(series);
    TotalsTree tree(series.size());
    std::vector<int64_t> stands_since(series.size(), 0);
    std::deque<std::pair<int64_t, size_t>> applied;  // of which some may have been replaced since
    while (!merge.isEmpty()) {
        const int64_t time = merge.time();
        while (!merge.isEmpty() && merge.time() == time) {
            const auto [index, value] = merge.take();
            tree.set(index, totalsOf(value));
            stands_since[index] = time;
            applied.emplace_back(time, index);
        }
        const auto ageOf = [time](int64_t since) {
            return static_cast<uint64_t>(time) - static_cast<uint64_t>(since);
        };
        while (ageOf(applied.front().first) > static_cast<uint64_t>(staleness_ns)) {
            const auto [since, index] = applied.front();
            applied.pop_front();
            if (stands_since[index] == since) {
                tree.set(index, Totals());
            }
        }
        if (time >= since_ns) {
            combined.push_back({time, aggregateOf(tree.root(), function)});
        }
    }
    return combined;
}

MetricPoint combineLatest(std::span<const MetricPoint> latest, SeriesFunction function,
                          int64_t staleness_ns) {
    const auto isOlder = [](const MetricPoint& left, const MetricPoint& right) {
        return left.timestamp_ns < right.timestamp_ns;
    };
    const int64_t newest = std::max_element(latest.begin(), latest.end(), isOlder)->timestamp_ns;
    TotalsTree tree(latest.size());
    for (size_t i = 0; i < latest.size(); ++i) {
        const uint64_t age =
            static_cast<uint64_t>(newest) - static_cast<uint64_t>(latest[i].timestamp_ns);
        if (age <= static_cast<uint64_t>(staleness_ns)) {
            tree.set(i, totalsOf(latest[i].value));
        }
    }
    return {newest, aggregateOf(tree.root(), function)};
}

}  // namespace evd::queryd
