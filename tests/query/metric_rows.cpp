#include "tests/query/metric_rows.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "tests/support/fake_clock.h"

#include <charconv>
#include <optional>

namespace evd::test {

namespace {

base::Error malformed(std::string_view why) {
    return base::fail(base::ErrorKind::Invalid, std::string(why));
}

std::vector<std::string_view> wordsOf(std::string_view line) {
    std::vector<std::string_view> words;
    for (const std::string_view word : base::split(line, ' ')) {
        if (!base::trim(word).empty()) {
            words.push_back(base::trim(word));
        }
    }
    return words;
}

template <typename Number>
std::optional<Number> numberOf(std::string_view text) {
    Number value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    return is_whole ? std::optional(value) : std::nullopt;
}

// @123 or @+10s, @-10s after 2026-01-01.
std::optional<int64_t> timeOf(std::string_view word) {
    word.remove_prefix(1);
    if (!word.ends_with('s')) {
        return numberOf<int64_t>(word);
    }
    word.remove_prefix(word.starts_with('+') ? 1 : 0);
    const auto seconds = numberOf<int64_t>(word.substr(0, word.size() - 1));
    return seconds ? std::optional(FakeClock::kStartWallNs + *seconds * base::kNsPerSecond)
                   : std::nullopt;
}

std::optional<wire::MetricType> typeOf(std::string_view word) {
    using wire::MetricType;
    return word == "counter"     ? std::optional(MetricType::Counter)
           : word == "gauge"     ? std::optional(MetricType::Gauge)
           : word == "histogram" ? std::optional(MetricType::Histogram)
                                 : std::nullopt;
}

std::optional<db::RollupFunction> functionOf(std::string_view word) {
    constexpr std::string_view kNames[] = {"AVG", "MIN", "MAX", "SUM", "RATE", "DELTA"};
    for (uint8_t i = 0; i < std::size(kNames); ++i) {
        if (kNames[i] == word) {
            return static_cast<db::RollupFunction>(i);
        }
    }
    return std::nullopt;
}

bool readBucket(std::string_view word, wire::Histogram& histogram) {
    if (word.starts_with('/')) {
        const auto total = numberOf<uint64_t>(word.substr(1));
        histogram.total_count = total.value_or(0);
        return total.has_value();
    }
    const size_t colon = word.find(':');
    if (colon == std::string_view::npos) {
        return false;
    }
    const auto bound = numberOf<double>(word.substr(0, colon));
    const auto count = numberOf<uint64_t>(word.substr(colon + 1));
    if (!bound || !count) {
        return false;
    }
    histogram.boundaries.push_back(*bound);
    histogram.counts.push_back(*count);
    return true;
}

base::Result<void> readSamples(const std::vector<std::string_view>& words, CaseSeries& series) {
    for (const std::string_view word : words) {
        if (word.starts_with('@')) {
            const auto time = timeOf(word);
            if (!time) {
                return malformed("no time of a sample");
            }
            series.samples.push_back({*time, 0, {}});
        } else if (series.type == wire::MetricType::Histogram) {
            if (!readBucket(word, series.samples.back().histogram)) {
                return malformed("no bucket of a histogram");
            }
        } else if (const auto value = numberOf<double>(word)) {
            series.samples.back().value = *value;
        } else {
            return malformed("no value of a sample");
        }
    }
    return {};
}

base::Result<void> readRollup(const std::vector<std::string_view>& words, CaseSeries& series) {
    constexpr size_t kWords = 6;
    if (words.size() != kWords || !words[3].starts_with('@')) {
        return malformed("a rollup is FUNCTION SECONDS @start VALUE COUNT");
    }
    const auto function = functionOf(words[1]);
    const auto seconds = numberOf<int64_t>(words[2]);
    const auto start = timeOf(words[3]);
    const auto value = numberOf<double>(words[4]);
    const auto count = numberOf<int64_t>(words[5]);
    if (!function || !seconds || !start || !value || !count) {
        return malformed("a rollup is FUNCTION SECONDS @start VALUE COUNT");
    }
    series.rollups.push_back({*function, *seconds, *start, *value, *count});
    return {};
}

}  // namespace

base::Result<void> readMetricLine(std::string_view line, CaseMetricStore& store) {
    const auto words = wordsOf(line);
    if (const auto type = typeOf(words.front())) {
        if (words.size() < 2) {
            return malformed("a series has a name");
        }
        store.series.push_back({*type,
                                std::string(words[1]),
                                std::string(words.size() > 2 ? words[2] : std::string_view()),
                                {},
                                {}});
        return {};
    }
    if (store.series.empty()) {
        return malformed("a sample before the first series");
    }
    if (words.front() == "rollup") {
        return readRollup(words, store.series.back());
    }
    return words.front().starts_with('@') ? readSamples(words, store.series.back())
                                          : malformed("unknown line of a metric store");
}

void fillStore(const CaseMetricStore& rows, TestMetricStore& store) {
    store.begin();
    for (const CaseSeries& series : rows.series) {
        const bool is_histogram = series.type == wire::MetricType::Histogram;
        const auto boundaries = is_histogram && !series.samples.empty()
                                    ? series.samples.front().histogram.boundaries
                                    : std::vector<double>();
        const int64_t id = store.addSeries(series.name, series.labels, series.type, boundaries);
        for (const CaseSample& sample : series.samples) {
            if (is_histogram) {
                store.addHistogram(id, sample.timestamp, sample.histogram);
            } else {
                store.addSample(id, sample.timestamp, sample.value);
            }
        }
        for (const CaseRollup& rollup : series.rollups) {
            store.addRollup(id, rollup.function, rollup.seconds, rollup.start, rollup.value,
                            rollup.count);
        }
    }
    store.commit();
}

}  // namespace evd::test
