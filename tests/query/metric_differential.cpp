// Random series and random METRIC questions, answered by the engine and by an evaluator that is as
// simple and slow as can be: every sample in memory, each ruling word by word. Every question is
// asked twice, without rollups and with some (Ruling S9). Values are integers, so answers are equal
// to the bit. Prints its seed; `metric_differential ROUNDS SEED` repeats a run.

#include "common/base/text.h"
#include "common/wire/metric_window.h"
#include "common/wire/msgpack.h"
#include "queryd/stream/counting_signal.h"
#include "tests/query/differential_run.h"
#include "tests/query/engine_answers.h"
#include "tests/query/random_rollups.h"
#include "tests/support/fake_clock.h"
#include "tests/support/metric_store.h"
#include "tests/support/temporary_directory.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <set>

namespace evd::test {

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStaleness = 300;
constexpr int64_t kRange = 3'000;  // seconds before now that hold samples

struct Point {
    int64_t at;  // seconds after the start of the data
    double value;
};
using Points = std::vector<Point>;

struct SimpleSeries {
    std::string host;
    Points samples;  // in the order in which they are stored, times ascending
};

struct Question {
    bool brackets = false;
    int64_t since = 0;  // seconds; below 0: none
    int64_t until = kRange;
    std::string transform;  // "", RATE, DELTA
    std::string aggregate;  // "", AVG, MIN, MAX, SUM
    std::string window;     // "", AVG, MIN, MAX, SUM
    int64_t window_seconds = 60;
    int64_t value_below = 0;  // WHERE value <; 0: none
};

double aggregate(const std::string& function, const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) {
        sum += value;
    }
    return function == "MIN"   ? *std::min_element(values.begin(), values.end())
           : function == "MAX" ? *std::max_element(values.begin(), values.end())
           : function == "SUM" ? sum
                               : sum / static_cast<double>(values.size());
}

// What WHERE and UNTIL leave of a series.
Points visible(const SimpleSeries& series, const Question& question) {
    Points left;
    for (const Point& point : series.samples) {
        const bool is_low =
            question.value_below == 0 || point.value < static_cast<double>(question.value_below);
        if (point.at < question.until && is_low) {
            left.push_back(point);
        }
    }
    return left;
}

struct Pair {
    int64_t at;
    double delta;
    double seconds;
};

std::vector<Pair> pairsOf(const Points& samples) {
    std::vector<Pair> pairs;
    for (size_t i = 1; i < samples.size(); ++i) {
        const Point& first = samples[i - 1];
        const Point& second = samples[i];
        if (second.at > first.at) {
            pairs.push_back({second.at,
                             second.value < first.value ? second.value : second.value - first.value,
                             static_cast<double>(second.at - first.at)});
        }
    }
    return pairs;
}

Points transformed(const Points& samples, const std::string& transform) {
    if (transform.empty()) {
        return samples;
    }
    Points points;
    for (const Pair& pair : pairsOf(samples)) {
        points.push_back({pair.at, transform == "RATE" ? pair.delta / pair.seconds : pair.delta});
    }
    return points;
}

Points since(const Points& points, int64_t from) {
    Points left;
    std::copy_if(points.begin(), points.end(), std::back_inserter(left),
                 [from](const Point& point) { return point.at >= from; });
    return left;
}

Points windowed(const Points& points, const std::string& function, int64_t seconds) {
    std::map<int64_t, std::vector<double>> windows;
    for (const Point& point : points) {
        windows[point.at / seconds * seconds].push_back(point.value);
    }
    Points folded;
    for (const auto& [at, values] : windows) {
        folded.push_back({at, aggregate(function, values)});
    }
    return folded;
}

// Ruling M4: the summed delta over the summed time.
Points windowedRate(const Points& samples, int64_t from, int64_t seconds) {
    std::map<int64_t, std::pair<double, double>> windows;
    for (const Pair& pair : pairsOf(samples)) {
        if (pair.at >= from) {
            auto& [delta, time] = windows[pair.at / seconds * seconds];
            delta += pair.delta;
            time += pair.seconds;
        }
    }
    Points folded;
    for (const auto& [at, sums] : windows) {
        folded.push_back({at, sums.first / sums.second});
    }
    return folded;
}

// One series over a range, as it passes through.
Points alone(const Points& samples, const Question& question) {
    const bool is_scalar = question.brackets && !question.aggregate.empty();
    if (!is_scalar && question.transform == "RATE" && question.window == "AVG") {
        return windowedRate(samples, question.since, question.window_seconds);
    }
    Points points = since(transformed(samples, question.transform), question.since);
    if (is_scalar && !points.empty()) {
        std::vector<double> values;
        for (const Point& point : points) {
            values.push_back(point.value);
        }
        points = {{points.back().at, aggregate(question.aggregate, values)}};
    }
    return question.window.empty() ? points
                                   : windowed(points, question.window, question.window_seconds);
}

// Ruling M2.
Points combined(const std::vector<Points>& series, const Question& question) {
    std::set<int64_t> times;
    for (const Points& points : series) {
        for (const Point& point : since(points, question.since)) {
            times.insert(point.at);
        }
    }
    Points result;
    for (const int64_t time : times) {
        std::vector<double> values;
        for (const Points& points : series) {
            const Point* newest = nullptr;
            for (const Point& point : points) {
                newest = point.at <= time ? &point : newest;
            }
            if (newest != nullptr && time - newest->at <= kStaleness) {
                values.push_back(newest->value);
            }
        }
        result.push_back({time, aggregate(question.aggregate, values)});
    }
    return question.window.empty() ? result
                                   : windowed(result, question.window, question.window_seconds);
}

// Ruling M3.
Points latestCombined(const std::vector<Points>& series, const std::string& function) {
    int64_t newest = -1;
    for (const Points& points : series) {
        newest = points.empty() ? newest : std::max(newest, points.back().at);
    }
    std::vector<double> values;
    for (const Points& points : series) {
        if (!points.empty() && newest - points.back().at <= kStaleness) {
            values.push_back(points.back().value);
        }
    }
    return values.empty() ? Points() : Points{{newest, aggregate(function, values)}};
}

std::string lineOf(const Point& point, const std::string& host) {
    const int64_t timestamp = FakeClock::kStartWallNs + point.at * kSecond;
    std::vector<uint8_t> bytes;
    wire::MsgpackWriter writer(bytes);
    writer.mapHeader(host.empty() ? 3 : 4);
    writer.text("timestamp");
    writer.integer(timestamp);
    writer.text("name");
    writer.text("m");
    if (!host.empty()) {
        writer.text("host");
        writer.text(host);
    }
    writer.text("value");
    writer.floating(point.value);
    return jsonOfMsgpack(bytes);
}

std::vector<std::string> evaluate(const Question& question,
                                  const std::vector<SimpleSeries>& series) {
    std::vector<Points> samples;
    std::vector<Points> transformed_points;
    std::vector<size_t> speaking;
    for (size_t i = 0; i < series.size(); ++i) {
        samples.push_back(visible(series[i], question));
        transformed_points.push_back(transformed(samples[i], question.transform));
        const int64_t from = question.since - kStaleness;
        if (!since(transformed_points[i], from).empty()) {
            speaking.push_back(i);
        }
    }
    std::vector<std::pair<Point, std::string>> rows;
    const bool is_latest = question.since < 0;
    if (question.brackets) {
        for (size_t i = 0; i < series.size(); ++i) {
            const Points& all = transformed_points[i];
            const Points own = !is_latest    ? alone(samples[i], question)
                               : all.empty() ? Points()
                                             : Points{all.back()};
            for (const Point& point : own) {
                rows.push_back({point, series[i].host});
            }
        }
    } else {
        const Points one = is_latest ? latestCombined(transformed_points, question.aggregate)
                           : speaking.size() == 1 ? alone(samples[speaking.front()], question)
                                                  : combined(transformed_points, question);
        for (const Point& point : one) {
            rows.push_back({point, ""});
        }
    }
    std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
        return left.first.at < right.first.at;
    });
    std::vector<std::string> lines;
    for (const auto& [point, host] : rows) {
        lines.push_back(lineOf(point, host));
    }
    return lines;
}

std::string textOf(const Question& question) {
    std::string text = question.brackets ? "METRIC m[]" : "METRIC m";
    const auto time = [](int64_t seconds) {
        return base::cat(" \"", base::formatIsoTime(FakeClock::kStartWallNs + seconds * kSecond),
                         "\"");
    };
    text += question.since >= 0 ? " SINCE" + time(question.since) : "";
    text += " UNTIL" + time(question.until);
    text += question.transform.empty() ? "" : " " + question.transform;
    text += question.aggregate.empty() ? "" : " " + question.aggregate;
    if (!question.window.empty()) {
        text += base::cat(" ", question.window, "_OVER ", question.window_seconds, "s");
    }
    if (question.value_below != 0) {
        text += base::cat(" WHERE value < ", question.value_below);
    }
    return text;
}

template <typename Choice>
Choice oneOf(std::mt19937_64& random, std::initializer_list<Choice> choices) {
    return *(choices.begin() + random() % choices.size());
}

Question randomQuestion(std::mt19937_64& random) {
    Question question;
    question.brackets = random() % 2 == 0;
    question.since = random() % 5 == 0 ? -1 : static_cast<int64_t>(random() % kRange);
    question.until = random() % 2 == 0 ? kRange : static_cast<int64_t>(random() % kRange);
    question.transform = oneOf<std::string>(random, {"", "", "RATE", "DELTA"});
    question.aggregate = oneOf<std::string>(random, {"", "", "", "AVG", "MIN", "MAX", "SUM"});
    if (question.since >= 0 && random() % 3 != 0) {
        question.window = oneOf<std::string>(random, {"AVG", "AVG", "MIN", "MAX", "SUM"});
        question.window_seconds = oneOf<int64_t>(random, {1, 10, 60, 120, 300, 600, 7});
    }
    question.value_below = random() % 6 == 0 ? 1 + static_cast<int64_t>(random() % 2000) : 0;
    // Sums of quotients depend on the order of terms; everything else is of integers.
    const bool sums_rates =
        question.transform == "RATE" &&
        (question.window == "SUM" || question.window == "AVG" || question.aggregate != "MAX");
    const bool is_exact = question.window.empty() || question.brackets;
    const bool sums_means = !question.brackets && !question.window.empty();
    question.transform = sums_rates && !is_exact ? "DELTA" : question.transform;
    if (question.transform == "RATE" && (!question.brackets || !question.aggregate.empty())) {
        question.aggregate = "MAX";
    }
    if (question.transform == "RATE" && question.window == "SUM") {
        question.window = "AVG";
    }
    if (sums_means && question.aggregate.empty()) {
        question.aggregate = "SUM";
    }
    if (sums_means && question.aggregate == "AVG") {
        question.aggregate = "MIN";
    }
    return question;
}

std::vector<SimpleSeries> randomSeries(std::mt19937_64& random) {
    std::vector<SimpleSeries> all(1 + random() % 4);
    for (size_t i = 0; i < all.size(); ++i) {
        all[i].host = base::cat("h", i);
        auto at = static_cast<int64_t>(random() % 600);
        const int64_t step = oneOf<int64_t>(random, {1, 5, 15, 40, 200});
        double value = static_cast<double>(random() % 100);
        while (at < kRange) {
            all[i].samples.push_back({at, value});
            at += random() % 10 == 0 ? 0 : random() % 15 == 0 ? 8 * step : step;
            value = random() % 12 == 0 ? static_cast<double>(random() % 20)
                                       : value + static_cast<double>(random() % 50);
        }
    }
    return all;
}

bool check(const char* what, const std::string& text, const std::vector<std::string>& expected,
           const std::vector<std::string>& answered) {
    if (expected == answered) {
        return true;
    }
    printDifference(base::cat(what, ": ", text), expected, answered);
    return false;
}

// Puts the series in: one after the other, in the order of time as collectors do, or with the later
// part first. Samples of one series and one time keep their order. The ids of the series.
std::vector<int64_t> fill(std::mt19937_64& random, TestMetricStore& store,
                          const std::vector<SimpleSeries>& all) {
    std::vector<int64_t> ids;
    std::vector<std::pair<int64_t, Point>> rows;
    store.begin();
    for (const SimpleSeries& series : all) {
        ids.push_back(store.addSeries("m", "host=" + series.host, wire::MetricType::Counter));
        for (const Point& point : series.samples) {
            rows.emplace_back(ids.back(), point);
        }
    }
    const auto order = random() % 3;
    if (order != 0) {
        std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
            return left.second.at < right.second.at;
        });
    }
    if (order == 2) {
        std::stable_partition(rows.begin(), rows.end(),
                              [](const auto& row) { return row.second.at > kRange / 2; });
    }
    for (const auto& [id, point] : rows) {
        store.addSample(id, FakeClock::kStartWallNs + point.at * kSecond, point.value);
    }
    store.commit();
    return ids;
}

// One store with its questions; the number of differences.
int runStore(std::mt19937_64& random, uint32_t questions) {
    const TemporaryDirectory folder;
    TestMetricStore store(folder / "metrics.db");
    const auto all = randomSeries(random);
    const std::vector<int64_t> ids = fill(random, store, all);
    const FakeClock clock(FakeClock::kStartWallNs + kRange * kSecond);
    queryd::CountingSignal signal;
    queryd::EngineConfig config;
    config.event_store_path = folder.path();
    config.metric_store_path = folder / "metrics.db";
    config.reader_threads = 1 + static_cast<uint32_t>(random() % 4);
    config.split_rows_min = 2;
    const auto engine = queryd::makeQueryEngine(config, clock, signal);
    std::vector<Question> asked;
    std::vector<std::vector<std::string>> answers;
    int differences = 0;
    for (uint32_t i = 0; i < questions; ++i) {
        asked.push_back(randomQuestion(random));
        answers.push_back(evaluate(asked.back(), all));
        const std::string text = textOf(asked.back());
        differences += check("samples", text, answers.back(), ask(*engine, text)) ? 0 : 1;
    }
    store.begin();
    for (size_t i = 0; i < all.size(); ++i) {
        std::vector<std::pair<int64_t, double>> samples;
        for (const Point& point : all[i].samples) {
            samples.emplace_back(FakeClock::kStartWallNs + point.at * kSecond, point.value);
        }
        Random choices(random());
        addRollups(choices, ids[i], samples, {1, 10, 60, 300}, store);
    }
    store.commit();
    for (uint32_t i = 0; i < questions; ++i) {
        const std::string text = textOf(asked[i]);
        differences += check("rollups", text, answers[i], ask(*engine, text)) ? 0 : 1;
    }
    return differences;
}

}  // namespace

}  // namespace evd::test

int main(int count, char** arguments) {
    constexpr uint32_t kQuestionsPerStore = 50;
    const auto run = evd::test::differentialRun(count, arguments, 1000);
    std::mt19937_64 random(run.seed);
    int differences = 0;
    for (uint64_t done = 0; done < run.questions && differences < evd::test::kDifferencesShownMax;
         done += kQuestionsPerStore) {
        differences += evd::test::runStore(random, kQuestionsPerStore);
    }
    std::printf("%llu questions, %d differences\n", static_cast<unsigned long long>(run.questions),
                differences);
    return differences == 0 ? 0 : 1;
}
