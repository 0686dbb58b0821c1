#include "tests/query/random_cross.h"

#include "common/base/text.h"
#include "tests/query/random_rollups.h"
#include "tests/support/fake_clock.h"

#include <algorithm>

namespace evd::test {

namespace {

using Holds = std::function<bool(const Json& record)>;

constexpr int64_t kSecond = base::kNsPerSecond;
constexpr int64_t kNow = FakeClock::kStartWallNs;

int64_t momentOf(const Json& record) {
    return record["$time"].get<int64_t>();
}

struct OnTime {
    std::string text;
    Holds holds;
};

// The newest sample by then; nothing when there is none.
const std::pair<int64_t, double>* newestBy(const OtherSeries& series, int64_t moment) {
    const std::pair<int64_t, double>* newest = nullptr;
    for (const auto& sample : series.samples) {
        newest = sample.first <= moment ? &sample : newest;
    }
    return newest;
}

bool compares(const std::string& op, double value, double limit) {
    return op == ">"    ? value > limit
           : op == ">=" ? value >= limit
           : op == "<"  ? value < limit
           : op == "<=" ? value <= limit
           : op == "==" ? value == limit
                        : value != limit;
}

// With brackets: any of them.
bool anyCompares(const std::vector<OtherSeries>& series, int64_t moment, const std::string& op,
                 double limit) {
    return std::any_of(series.begin(), series.end(), [&](const OtherSeries& one) {
        const auto* sample = newestBy(one, moment);
        return sample != nullptr && compares(op, sample->second, limit);
    });
}

// Without: their average at the last moment at which any of them has a sample.
bool averageCompares(const std::vector<OtherSeries>& series, int64_t moment, const std::string& op,
                     double limit) {
    int64_t last = 0;
    for (const OtherSeries& one : series) {
        const auto* sample = newestBy(one, moment);
        last = sample != nullptr ? std::max(last, sample->first) : last;
    }
    double sum = 0;
    double count = 0;
    for (const OtherSeries& one : series) {
        const auto* sample = newestBy(one, moment);
        const bool is_fresh =
            sample != nullptr && last - sample->first <= kCrossStalenessMs * base::kNsPerMs;
        // A series alone is what it is, however old.
        if (is_fresh || (sample != nullptr && series.size() == 1)) {
            sum += sample->second;
            count += 1;
        }
    }
    return count != 0 && compares(op, sum / count, limit);
}

OnTime metricLeaf(Random& random, const OtherStores& shown) {
    const std::string name = random() % 2 == 0 ? "many" : random() % 8 == 0 ? "none" : "one";
    const std::string op = std::vector<std::string>{">", ">=", "<", "<=", "==", "!="}[random() % 6];
    const double limit = static_cast<double>(random() % 8) / 2;
    const size_t form = random() % 3;  // none, all, one label
    std::vector<OtherSeries> chosen;
    for (const OtherSeries& one : shown.series) {
        if (one.name == name && (form != 2 || one.labels == "k=a")) {
            chosen.push_back(one);
        }
    }
    const std::string brackets = form == 0 ? "" : form == 1 ? "[]" : "[k=\"A\"]";
    return {base::cat("METRIC ", name, brackets, " ", op, " ", limit), [=](const Json& record) {
                const int64_t moment = momentOf(record);
                return form == 0 ? averageCompares(chosen, moment, op, limit)
                                 : anyCompares(chosen, moment, op, limit);
            }};
}

Holds isNear(std::vector<int64_t> moments) {
    return [moments = std::move(moments)](const Json& record) {
        const int64_t moment = momentOf(record);
        return std::any_of(moments.begin(), moments.end(), [&](int64_t one) {
            return std::abs(one - moment) <= kCrossWindowMs * base::kNsPerMs / 2;
        });
    };
}

OnTime eventLeaf(Random& random, const OtherStores& stores, const OtherStores& shown) {
    std::string pattern = "*";
    if (!stores.events.empty() && random() % 8 != 0) {
        pattern = stores.events[random() % stores.events.size()].type;
        pattern = random() % 4 == 0 ? pattern.substr(0, pattern.size() / 2) + "*" : pattern;
    }
    std::vector<int64_t> moments;
    for (const SimpleEvent& event : shown.events) {
        if (simpleGlob(event.type, pattern)) {
            moments.push_back(event.timestamp);
        }
    }
    return {base::cat("EVENT \"", pattern, "\" EXISTS"), isNear(std::move(moments))};
}

OnTime logLeaf(Random& random, const OtherStores& stores, const OtherStores& shown) {
    const std::string origin =
        stores.logs.empty() ? "none" : stores.logs[random() % stores.logs.size()].origin;
    const std::string text = random() % 2 == 0 ? "" : std::string(1, "aeiou "[random() % 6]);
    std::vector<int64_t> moments;
    for (const TestLog& log : shown.logs) {
        if (simpleFold(log.origin) == simpleFold(origin) &&
            simpleFold(log.message).find(text) != std::string::npos) {
            moments.push_back(log.timestamp);
        }
    }
    const std::string containing = text.empty() ? "" : base::cat(" CONTAINING \"", text, "\"");
    return {base::cat("LOG \"", origin, "\"", containing, " EXISTS"), isNear(std::move(moments))};
}

OnTime leaf(Random& random, const OtherStores& stores, const OtherStores& shown, bool for_events) {
    if (random() % 6 == 0) {
        const int64_t limit = kNow - static_cast<int64_t>(random() % 100) * kSecond;
        return {base::cat("timestamp <= ", limit), [=](const Json& record) {
                    const Json* value = fieldOf(record, "timestamp");
                    return value != nullptr && value->get<int64_t>() <= limit;
                }};
    }
    if (random() % 2 == 0) {
        return metricLeaf(random, shown);
    }
    return for_events ? logLeaf(random, stores, shown) : eventLeaf(random, stores, shown);
}

OnTime tree(Random& random, const OtherStores& stores, const OtherStores& shown, bool for_events,
            int depth) {
    const size_t kind = depth == 3 ? 0 : random() % 5;
    if (kind < 2) {
        return leaf(random, stores, shown, for_events);
    }
    const OnTime left = tree(random, stores, shown, for_events, depth + 1);
    if (kind == 2) {
        return {base::cat("NOT (", left.text, ")"),
                [=](const Json& record) { return !left.holds(record); }};
    }
    const OnTime right = tree(random, stores, shown, for_events, depth + 1);
    const bool is_and = kind == 3;
    return {base::cat("(", left.text, is_and ? " AND " : " OR ", right.text, ")"),
            [=](const Json& record) {
                return is_and ? left.holds(record) && right.holds(record)
                              : left.holds(record) || right.holds(record);
            }};
}

}  // namespace

int64_t stretched(int64_t timestamp) {
    constexpr int64_t kSteps = 40;
    const int64_t step = ((timestamp % kSteps) + kSteps) % kSteps;
    return timestamp > kNow ? timestamp : kNow - 100 * kSecond + step * (5 * kSecond / 2);
}

std::vector<OtherSeries> randomSeries(Random& random) {
    std::vector<OtherSeries> all = {{"one", "", {}}, {"many", "k=a", {}}, {"many", "k=b", {}}};
    for (OtherSeries& series : all) {
        int64_t at = kNow - 130 * kSecond;
        // Few and far between, or many that keep to a value for a while, as rollups like them.
        const bool is_dense = random() % 2 == 0;
        const uint64_t levels = is_dense && random() % 2 == 0 ? 2 : 5;
        double value = 0;
        for (size_t i = random() % (is_dense ? 300 : 20); i > 0; --i) {
            at += static_cast<int64_t>(random() % (is_dense ? 3 : 30)) * (kSecond / 2);
            const bool keeps = is_dense && random() % 16 != 0;
            value = keeps ? value : static_cast<double>(random() % levels);
            series.samples.emplace_back(at, value);
        }
    }
    return all;
}

void fillStore(Random& random, const std::vector<OtherSeries>& series, TestMetricStore& store) {
    for (const OtherSeries& one : series) {
        const int64_t id = store.addSeries(one.name, one.labels, wire::MetricType::Gauge);
        for (const auto& [at, value] : one.samples) {
            store.addSample(id, at, value);
        }
        addRollups(random, id, one.samples, {2, 10, 60}, store);
    }
}

SimpleCondition randomCross(Random& random, const OtherStores& stores, const OtherStores& shown,
                            bool for_events) {
    const OnTime condition = tree(random, stores, shown, for_events, 0);
    return {condition.text, condition.holds};
}

}  // namespace evd::test
