#include "queryd/exec/visible_series.h"

#include "common/base/text.h"
#include "common/wire/metric_labels.h"
#include "queryd/exec/visible_fields.h"

#include <string>

namespace evd::queryd {

namespace {

constexpr size_t kFixedFields = 4;  // timestamp, name, type, value

void append(std::string& labels, const wire::MetricLabel& label) {
    labels += base::cat(labels.empty() ? "" : ",", label.key, "=", label.value);
}

// The fixed fields that the functions of a question compute with.
SeriesFields usedFields(const MetricPlan& plan) {
    const bool combines = !plan.per_series;
    SeriesFields used;
    used.value = combines || plan.transform || plan.aggregate || plan.window;
    used.timestamp = combines || plan.window || plan.transform == ValueFunction::Rate;
    used.type = plan.transform.has_value();
    used.name = false;
    return used;
}

bool shows(SightJudge& judge, const MetricSeries& series, const MetricField& field) {
    switch (field.kind) {
        case MetricField::Kind::Timestamp:
            return series.shows.timestamp;
        case MetricField::Kind::Name:
            return series.shows.name;
        case MetricField::Kind::Type:
            return series.shows.type;
        case MetricField::Kind::Value:
            return series.shows.value;
        case MetricField::Kind::Label:
            break;
    }
    return judge.showsField(series.name, field.name);
}

}  // namespace

VisibleSeries::VisibleSeries(const Sight* sight) {
    if (sight != nullptr) {
        judge_.emplace(*sight);
    }
}

bool VisibleSeries::mayRead(std::string_view name) {
    return !judge_ || judge_->of(name) != NameSight::Nothing;
}

bool VisibleSeries::reveal(MetricSeries& series) {
    const NameSight sight = judge_ ? judge_->of(series.name) : NameSight::Everything;
    if (sight != NameSight::Part) {
        return sight == NameSight::Everything;
    }
    const std::string all = std::move(series.labels);
    const auto labels = wire::readCanonicalLabels(all);
    if (!labels) {
        return false;
    }
    std::vector<std::string_view> fields = {"timestamp", "name", "type", "value"};
    for (const wire::MetricLabel& label : labels.value()) {
        fields.push_back(label.key);
    }
    const access::FieldVerdict& verdict = judge_->of(series.name, fields);
    series.shows = {verdict.shows(0), verdict.shows(1), verdict.shows(2), verdict.shows(3)};
    series.labels.clear();
    for (size_t i = 0; i < labels.value().size(); ++i) {
        append(verdict.shows(kFixedFields + i) ? series.labels : series.hidden_labels,
               labels.value()[i]);
    }
    return verdict.recordVisible();
}

base::Result<void> checkSeriesFields(const MetricPlan& plan,
                                     const std::vector<MetricSeries>& series) {
    if (plan.sight == nullptr) {
        return {};
    }
    const SeriesFields used = usedFields(plan);
    SightJudge judge(*plan.sight);
    for (const MetricSeries& one : series) {
        if (used.value && !one.shows.value) {
            return refusedField("value");
        }
        if (used.timestamp && !one.shows.timestamp) {
            return refusedField("timestamp");
        }
        if (used.type && !one.shows.type) {
            return refusedField("type");
        }
        for (const PlanSort& sort : plan.sort) {
            const MetricField& field = plan.fields[sort.field];
            if (!shows(judge, one, field)) {
                return refusedField(field.name);
            }
        }
    }
    return {};
}

SeriesFields commonFields(const std::vector<MetricSeries>& series) {
    SeriesFields common;
    for (const MetricSeries& one : series) {
        common.timestamp = common.timestamp && one.shows.timestamp;
        common.name = common.name && one.shows.name;
        common.type = common.type && one.shows.type;
        common.value = common.value && one.shows.value;
    }
    return common;
}

}  // namespace evd::queryd
