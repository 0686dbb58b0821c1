// Random METRIC questions under random rules: the answer for one who may not see everything must be
// the answer that SYSTEM gets of a store from which everything hidden was removed (Spec §9.2).
//
// The store without what is hidden holds the same samples, series by series; hidden labels are gone
// from it, and in their place stands one that keeps the series apart and says which it is, so that
// hidden fields of its samples can be struck out of the answer. A question that computes with what
// is hidden must be refused, and no other (Ruling A4). Prints its seed;
// `metric_access_differential ROUNDS SEED` repeats a run.

#include "common/base/text.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/query/differential_run.h"
#include "tests/query/engine_answers.h"
#include "tests/query/viewer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/metric_store.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

namespace evd::test {

namespace {

constexpr int64_t kSecond = base::kNsPerSecond;
constexpr int64_t kStart = FakeClock::kStartWallNs - 600 * kSecond;
constexpr const char* kTag = "~~";  // behind all other labels
constexpr std::string_view kRefusal = "error: the answer may not be sorted, grouped";

struct Series {
    std::string name;
    std::map<std::string, std::string> labels;
    std::vector<std::pair<int64_t, double>> samples;
};

struct Question {
    std::string pattern;
    bool brackets = false;
    std::pair<std::string, std::string> label;  // that is asked for
    bool has_since = false;
    std::string functions;
    bool uses_value = false;
    bool uses_time = false;
    bool uses_type = false;
    std::string where_field;
    std::string where;
    bool is_on_series = false;  // what WHERE speaks of
    std::string sort;
    std::vector<std::string> select;
};

template <typename Choice>
Choice oneOf(Random& random, std::initializer_list<Choice> choices) {
    return *(choices.begin() + random() % choices.size());
}

std::string labelText(const std::map<std::string, std::string>& labels) {
    std::string text;
    for (const auto& [key, value] : labels) {
        text += base::cat(text.empty() ? "" : ",", key, "=", value);
    }
    return text;
}

std::vector<Series> someSeries(Random& random) {
    std::vector<Series> all;
    for (size_t i = 0; i < 1 + random() % 7; ++i) {
        Series series;
        series.name = oneOf<const char*>(random, {"m.a", "m.b", "n"});
        series.labels["host"] = base::cat("h", i);
        series.labels["k"] = base::cat(random() % 2);
        if (random() % 2 == 0) {
            series.labels["zone"] = base::cat("z", random() % 3);
        }
        double value = 0;
        int64_t at = kStart;
        for (size_t count = random() % 30; count > 0; --count) {
            at += static_cast<int64_t>(random() % 40) * kSecond;
            value += static_cast<double>(random() % 9);
            series.samples.emplace_back(at, value);
        }
        all.push_back(std::move(series));
    }
    return all;
}

void fill(const std::vector<std::pair<Series, std::string>>& all, TestMetricStore& store) {
    store.begin();
    for (const auto& [series, labels] : all) {
        const int64_t id = store.addSeries(series.name, labels, wire::MetricType::Counter);
        for (const auto& [at, value] : series.samples) {
            store.addSample(id, at, value);
        }
    }
    store.commit();
}

void addFunctions(Random& random, Question& question) {
    const auto transform = oneOf<std::string>(random, {"", "", "", "RATE", "DELTA"});
    const auto aggregate = oneOf<std::string>(random, {"", "", "", "MIN", "MAX", "SUM"});
    const auto window = question.has_since
                            ? oneOf<std::string>(random, {"", "", "MIN_OVER 1m", "MAX_OVER 30s"})
                            : "";
    for (const std::string& one : {transform, aggregate, window}) {
        question.functions += one.empty() ? "" : " " + one;
    }
    // Sums of quotients depend on the order of terms.
    if (transform == "RATE" && aggregate != "MAX") {
        question.functions = " RATE MAX" + (window.empty() ? "" : " " + window);
    }
    const bool combines = !question.brackets;
    question.uses_value = combines || !question.functions.empty();
    question.uses_time = combines || !window.empty() || transform == "RATE";
    question.uses_type = !transform.empty();
}

Question randomQuestion(Random& random) {
    Question question;
    question.pattern = oneOf<const char*>(random, {"m.a", "m.b", "m.*", "*", "n", "nothing"});
    question.brackets = random() % 4 != 0;
    if (question.brackets && random() % 3 == 0) {
        question.label = oneOf<std::pair<std::string, std::string>>(
            random, {{"k", "0"}, {"k", "1"}, {"host", "h1"}, {"zone", "z0"}});
    }
    question.has_since = random() % 4 != 0;
    if (random() % 2 == 0 || !question.brackets) {
        addFunctions(random, question);
    }
    const auto where = oneOf<std::pair<std::string, std::string>>(
        random, {{"", ""},
                 {"", ""},
                 {"value", " < 60"},
                 {"timestamp", base::cat(" > ", kStart + 200 * kSecond)},
                 {"name", " == \"M.A\""},
                 {"name", " != n"},
                 {"type", " == counter"},
                 {"zone", " != z1"}});
    question.where_field = where.first;
    question.where = where.second;
    question.is_on_series = where.first != "value" && where.first != "timestamp";
    if (question.brackets && random() % 4 == 0) {
        question.sort =
            oneOf<const char*>(random, {"value", "k", "host", "timestamp", "name", "type"});
    }
    if (random() % 4 == 0) {
        const auto first = oneOf<const char*>(random, {"value", "k", "timestamp"});
        question.select = {first, oneOf<const char*>(random, {"name", "type", "host", "absent"})};
    }
    return question;
}

std::string textOf(const Question& question, bool with_tag) {
    std::string text = "METRIC " + question.pattern;
    if (question.brackets) {
        text += question.label.first.empty()
                    ? "[]"
                    : base::cat("[", question.label.first, "=\"", question.label.second, "\"]");
    }
    text += question.has_since ? " SINCE 9m ago" : "";
    text += question.functions;
    if (!question.where_field.empty()) {
        text += base::cat(" WHERE ", question.where_field, question.where);
    }
    text += question.sort.empty() ? "" : " SORT " + question.sort;
    for (size_t i = 0; i < question.select.size(); ++i) {
        text += (i == 0 ? " SELECT " : ", ") + question.select[i];
    }
    return text + (with_tag && !question.select.empty() ? base::cat(", \"", kTag, "\"") : "");
}

struct Store {
    Store(const std::vector<std::pair<Series, std::string>>& all, queryd::AccessPolicy* policy)
        : store(folder / "metrics.db") {
        fill(all, store);
        queryd::EngineConfig config;
        config.event_store_path = folder.path();
        config.metric_store_path = folder / "metrics.db";
        config.access = policy;
        engine = queryd::makeQueryEngine(config, clock, signal);
    }
    TemporaryDirectory folder;
    TestMetricStore store;
    FakeClock clock;
    queryd::CountingSignal signal;
    std::unique_ptr<queryd::QueryEngine> engine;
};

// One store under one set of rules, and what the rules leave of it.
class Round {
  public:
    explicit Round(Random& random)
        : random_(random), rules_(randomPolicy(random, access::ObjectKind::Metrics)) {
        access::SecurityPolicy security;
        rules_.addTo(access::ObjectKind::Metrics, security);
        policy_.install(security);
        series_ = someSeries(random);
        std::vector<std::pair<Series, std::string>> whole;
        for (const Series& series : series_) {
            whole.emplace_back(series, labelText(series.labels));
        }
        full_ = std::make_unique<Store>(whole, &policy_);
    }

    // The number of differences.
    int ask(uint32_t count) {
        int differences = 0;
        for (uint32_t i = 0; i < count; ++i) {
            const Question question = randomQuestion(random_);
            auto expected = expect(question);
            auto answered = test::ask(*full_->engine, caller_, textOf(question, false));
            if (!answered.empty() && answered.front().starts_with(kRefusal)) {
                ++refused;
                answered = {"a refusal"};
            }
            // Which rows there are, and not in what order, which several may share under SORT: that
            // is looked at by metric_differential, without rules.
            std::ranges::sort(expected);
            std::ranges::sort(answered);
            if (expected != answered) {
                printDifference(base::cat("question: ", textOf(question, false)), expected,
                                answered);
                ++differences;
            }
        }
        return differences;
    }

    int refused = 0;

  private:
    bool shows(const Series& series, const std::string& field) const {
        return rules_.shows(series.name, field);
    }

    // Something of it may be seen, and pattern, brackets and what WHERE says of series let it in.
    bool isSelected(const Question& question, const Series& series) const {
        bool is_visible = false;
        for (const char* field : {"timestamp", "name", "type", "value"}) {
            is_visible = is_visible || shows(series, field);
        }
        for (const auto& [key, value] : series.labels) {
            is_visible = is_visible || shows(series, key);
        }
        const auto& [key, value] = question.label;
        const auto found = series.labels.find(key);
        const bool has_label = key.empty() || (found != series.labels.end() &&
                                               found->second == value && shows(series, key));
        return is_visible && has_label && simpleGlob(series.name, question.pattern) &&
               holdsOnSeries(question, series);
    }

    bool holdsOnSeries(const Question& question, const Series& series) const {
        const std::string& field = question.where_field;
        if (field.empty() || !question.is_on_series) {
            return true;
        }
        if (!shows(series, field)) {
            return false;
        }
        if (field == "name") {
            return question.where == " != n" ? series.name != "n" : series.name == "m.a";
        }
        const auto zone = series.labels.find("zone");
        return field == "type" || (zone != series.labels.end() && zone->second != "z1");
    }

    bool isRefused(const Question& question, const Series& series) const {
        return (question.uses_value && !shows(series, "value")) ||
               (question.uses_time && !shows(series, "timestamp")) ||
               (question.uses_type && !shows(series, "type")) ||
               (!question.sort.empty() && !shows(series, question.sort));
    }

    std::vector<std::string> expect(const Question& question) {
        std::vector<std::pair<Series, std::string>> left;
        hides_name_ = hides_type_ = false;
        for (size_t i = 0; i < series_.size(); ++i) {
            const Series& series = series_[i];
            if (!isSelected(question, series)) {
                continue;
            }
            if (isRefused(question, series)) {
                return {"a refusal"};
            }
            hides_name_ = hides_name_ || !shows(series, "name");
            hides_type_ = hides_type_ || !shows(series, "type");
            const bool is_compared = !question.where_field.empty() && !question.is_on_series;
            if (is_compared && !shows(series, question.where_field)) {
                continue;  // none of its samples satisfies the comparison
            }
            auto labels = series.labels;
            std::erase_if(labels, [&](const auto& label) { return !shows(series, label.first); });
            labels[kTag] = base::cat(i);
            left.emplace_back(series, labelText(labels));
        }
        Store reduced(left, nullptr);
        queryd::Caller system;
        system.system = true;
        std::vector<std::string> lines;
        for (const std::string& line : test::ask(*reduced.engine, system, textOf(question, true))) {
            lines.push_back(strike(line));
        }
        return lines;
    }

    // Without the tag and the fields of samples that are hidden.
    std::string strike(const std::string& line) const {
        Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
        if (record.is_discarded()) {
            return line;
        }
        const auto tag = record.find(kTag);
        if (tag == record.end()) {  // made of several series
            if (hides_name_) {
                record.erase("name");
            }
            if (hides_type_) {
                record.erase("type");
            }
            return record.dump();
        }
        const Series& series = series_.at(base::parseU64(tag->get<std::string>()).value());
        record.erase(kTag);
        for (const char* field : {"timestamp", "name", "type", "value"}) {
            if (!shows(series, field)) {
                record.erase(field);
            }
        }
        return record.dump();
    }

    Random& random_;
    const SimplePolicy rules_;
    queryd::ReferenceChecker checker_;
    queryd::AccessPolicy policy_{checker_};
    const queryd::Caller caller_ = queryd::callerOf({1, 1001, 1001, {}}, {0, {}});
    std::vector<Series> series_;
    std::unique_ptr<Store> full_;
    bool hides_name_ = false;  // any of the series of the question at hand
    bool hides_type_ = false;
};

}  // namespace

}  // namespace evd::test

int main(int count, char** arguments) {
    constexpr uint32_t kQuestionsPerStore = 25;
    const auto run = evd::test::differentialRun(count, arguments, 500);
    evd::test::Random random(run.seed);
    int differences = 0;
    int refused = 0;
    for (uint64_t done = 0; done < run.questions && differences < evd::test::kDifferencesShownMax;
         done += kQuestionsPerStore) {
        evd::test::Round round(random);
        differences += round.ask(kQuestionsPerStore);
        refused += round.refused;
    }
    std::printf("%llu questions, %d refused, %d differences\n",
                static_cast<unsigned long long>(run.questions), refused, differences);
    return differences == 0 ? 0 : 1;
}
