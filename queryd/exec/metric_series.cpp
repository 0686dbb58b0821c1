#include "queryd/exec/metric_series.h"

#include "common/base/text.h"
#include "queryd/exec/metric_functions.h"
#include "queryd/exec/text_match.h"
#include "queryd/exec/visible_series.h"
#include "queryd/lang/token_cursor.h"

#include <algorithm>
#include <tuple>

namespace evd::queryd {

namespace {

constexpr int64_t kTypeMax = static_cast<int64_t>(wire::MetricType::Histogram);

// The names in the database that the pattern means, as they are written there.
base::Result<std::vector<std::string>> matchingNames(db::Connection& connection,
                                                     std::string_view pattern,
                                                     VisibleSeries& visible) {
    auto statement = connection.prepare("SELECT DISTINCT name FROM series");
    if (!statement) {
        return statement.error();
    }
    std::vector<std::string> names;
    for (;;) {
        auto row = statement.value()->step();
        if (!row) {
            return row.error();
        }
        if (!row.value()) {
            return names;
        }
        const std::string_view name = statement.value()->columnText(0);
        if (matchesGlob(name, pattern) && visible.mayRead(name)) {
            names.emplace_back(name);
        }
    }
}

bool isWanted(const MetricPlan& plan, const MetricSeries& series) {
    if (plan.on_series.empty()) {
        return true;
    }
    SampleFields fields(plan, series);
    return std::all_of(plan.on_series.begin(), plan.on_series.end(),
                       [&](const Condition& condition) { return holds(condition, fields); });
}

auto identityOf(const MetricSeries& series) {
    return std::tie(series.name, series.labels, series.type, series.boundaries_hash,
                    series.hidden_labels);
}

// Columns: id, labels, type, boundaries_hash.
std::optional<MetricSeries> seriesOfRow(const db::Statement& row, const std::string& name,
                                        size_t database) {
    const int64_t type = row.columnInteger(2);
    if (type < 0 || type > kTypeMax || !wire::readCanonicalLabels(row.columnText(1)).ok()) {
        return std::nullopt;
    }
    MetricSeries series;
    series.name = name;
    series.labels = row.columnText(1);
    series.type = static_cast<wire::MetricType>(type);
    if (row.columnKind(3) == db::ColumnKind::Integer) {
        series.boundaries_hash = row.columnInteger(3);
    }
    series.parts.push_back({database, row.columnInteger(0)});
    return series;
}

bool comesBefore(const MetricSeries& left, const MetricSeries& right) {
    const int by_name = compareOrder(Value::ofText(left.name), Value::ofText(right.name));
    if (by_name != 0) {
        return by_name < 0;
    }
    const int by_labels = compareOrder(Value::ofText(left.labels), Value::ofText(right.labels));
    if (by_labels != 0) {
        return by_labels < 0;
    }
    return std::tie(left.type, left.boundaries_hash, left.hidden_labels) <
           std::tie(right.type, right.boundaries_hash, right.hidden_labels);
}

base::Error wrongType(std::string_view function, std::string_view needed,
                      const MetricSeries& series) {
    return base::fail(base::ErrorKind::Invalid,
                      base::cat(function, " needs ", needed, ", but ", wordOf(series), " is a ",
                                metricTypeName(series.type)));
}

}  // namespace

const char* metricTypeName(wire::MetricType type) {
    switch (type) {
        case wire::MetricType::Counter:
            return "counter";
        case wire::MetricType::Gauge:
            return "gauge";
        case wire::MetricType::Histogram:
            return "histogram";
    }
    return "";
}

std::string wordOf(const MetricSeries& series) {
    return series.shows.name ? shownWord(series.name) : "one of the series";
}

size_t MetricSeries::heldBytes() const {
    return sizeof(MetricSeries) + name.capacity() + labels.capacity() + hidden_labels.capacity() +
           parts.capacity() * sizeof(SeriesPart);
}

SampleFields::SampleFields(const MetricPlan& plan, const MetricSeries& series)
    : plan_(plan), series_(series) {
    auto labels = wire::readCanonicalLabels(series.labels);
    if (labels) {
        labels_ = std::move(labels).value();
    }
}

Value SampleFields::field(size_t index) {
    const MetricField& field = plan_.fields[index];
    switch (field.kind) {
        case MetricField::Kind::Timestamp:
            return series_.shows.timestamp ? Value::ofInt(timestamp_ns_) : Value();
        case MetricField::Kind::Name:
            return series_.shows.name ? Value::ofText(series_.name) : Value();
        case MetricField::Kind::Type:
            return series_.shows.type ? Value::ofText(metricTypeName(series_.type)) : Value();
        case MetricField::Kind::Value:
            return value_ && series_.shows.value ? Value::ofFloat(*value_) : Value();
        case MetricField::Kind::Label:
            break;
    }
    for (const wire::MetricLabel& label : labels_) {
        if (label.key == field.name) {
            return Value::ofText(label.value);
        }
    }
    return {};
}

base::Result<void> selectSeries(db::Connection& connection, size_t database, const MetricPlan& plan,
                                std::vector<MetricSeries>& selected) {
    VisibleSeries visible(plan.sight.get());
    auto names = matchingNames(connection, plan.name_pattern, visible);
    if (!names) {
        return names.error();
    }
    auto statement = connection.prepare(
        "SELECT id, labels, type, boundaries_hash FROM series WHERE name = ?1 ORDER BY id");
    if (!statement) {
        return statement.error();
    }
    for (const std::string& name : names.value()) {
        statement.value()->bindText(1, name);
        for (;;) {
            auto row = statement.value()->step();
            if (!row) {
                return row.error();
            }
            if (!row.value()) {
                break;
            }
            auto series = seriesOfRow(*statement.value(), name, database);
            if (series && visible.reveal(*series) && isWanted(plan, *series)) {
                selected.push_back(std::move(*series));
            }
        }
        statement.value()->reset();
    }
    return {};
}

void arrangeSeries(std::vector<MetricSeries>& series) {
    std::stable_sort(series.begin(), series.end(), comesBefore);
    size_t kept = 0;
    for (size_t i = 0; i < series.size(); ++i) {
        if (kept > 0 && identityOf(series[kept - 1]) == identityOf(series[i])) {
            series[kept - 1].parts.push_back(series[i].parts.front());
        } else if (kept++ != i) {
            series[kept - 1] = std::move(series[i]);
        }
    }
    series.erase(series.begin() + static_cast<ptrdiff_t>(kept), series.end());
}

base::Result<void> checkTypes(const MetricPlan& plan, const std::vector<MetricSeries>& series) {
    for (const MetricSeries& one : series) {
        const bool is_histogram = one.type == wire::MetricType::Histogram;
        if (percentOf(plan.transform)) {
            if (!is_histogram) {
                return wrongType(valueFunctionName(*plan.transform), "histograms", one);
            }
        } else if (plan.transform && one.type != wire::MetricType::Counter) {
            return wrongType(valueFunctionName(*plan.transform), "counters", one);
        } else if (is_histogram) {
            return base::fail(
                base::ErrorKind::Invalid,
                base::cat(wordOf(one), " is a histogram, ask for P50, P95 or P99 of it"));
        }
    }
    return {};
}

}  // namespace evd::queryd
