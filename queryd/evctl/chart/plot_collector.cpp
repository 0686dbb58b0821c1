#include "queryd/evctl/chart/plot_collector.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/evctl/output/field_value.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/output/time_text.h"

#include <algorithm>
#include <array>
#include <functional>

namespace evd::evctl {

namespace {

// The fields that a number is looked for in, the first that is there.
constexpr std::array<std::string_view, 6> kValueFields = {"value", "count", "sum",
                                                          "avg",   "min",   "max"};
constexpr std::string_view kMetricField = "name";
constexpr std::string_view kTypeField = "type";

double secondsOf(int64_t time_ns) {
    return static_cast<double>(time_ns) / static_cast<double>(base::kNsPerSecond);
}

std::optional<int64_t> timeOf(const FieldView& field) {
    return isTimeField(field.name) ? integerOf(field.value) : std::nullopt;
}

const FieldView* valueField(std::span<const FieldView> fields) {
    for (const std::string_view name : kValueFields) {
        for (const FieldView& field : fields) {
            if (field.name == name && numberOf(field.value)) {
                return &field;
            }
        }
    }
    return nullptr;
}

}  // namespace

std::optional<PlotCollector::Sample> PlotCollector::sampleOf(
    std::span<const FieldView> fields) const {
    const FieldView* value = valueField(fields);
    if (value == nullptr) {
        return std::nullopt;
    }
    Sample sample;
    sample.labels = answer_;
    sample.value = numberOf(value->value).value_or(0);
    bool has_time = false;
    for (const FieldView& field : fields) {
        if (&field == value) {
            continue;
        }
        if (const auto time_ns = has_time ? std::nullopt : timeOf(field)) {
            sample.time_ns = *time_ns;
            has_time = true;
        } else if (field.name == kMetricField && value->name == kValueFields.front()) {
            sample.metric = plainValue(field.value);
        } else if (field.name != kTypeField || value->name != kValueFields.front()) {
            sample.labels += base::cat(sample.labels.empty() ? "" : " ", printable(field.name), '=',
                                       quotedValue(field.value));
        }
    }
    return has_time ? std::optional(std::move(sample)) : std::nullopt;
}

void PlotCollector::survey(std::span<const FieldView> fields) {
    const auto sample = sampleOf(fields);
    if (!sample) {
        return;
    }
    const std::string key = sample->metric + '\0' + sample->labels;
    auto found = by_name_.find(key);
    if (found == by_name_.end() && series_.size() >= kPlotSeriesMax) {
        if (left_out_.size() < kCountedSeriesMax) {
            left_out_.insert(std::hash<std::string>()(key));
        }
        return;
    }
    if (found == by_name_.end()) {
        found = by_name_.emplace(key, series_.size()).first;
        series_.push_back({sample->metric, sample->labels, sample->time_ns, sample->time_ns, {}});
    }
    Series& series = series_[found->second];
    series.first_ns = std::min(series.first_ns, sample->time_ns);
    series.last_ns = std::max(series.last_ns, sample->time_ns);
    last_ns_ = first_ns_ ? std::max(last_ns_, sample->time_ns) : sample->time_ns;
    first_ns_ = std::min(first_ns_.value_or(sample->time_ns), sample->time_ns);
}

void PlotCollector::add(std::span<const FieldView> fields) {
    const auto sample = sampleOf(fields);
    const auto found =
        sample ? by_name_.find(sample->metric + '\0' + sample->labels) : by_name_.end();
    if (found == by_name_.end() || !first_ns_) {
        return;
    }
    Series& series = series_[found->second];
    series.slots.resize(kPlotSlotsMost);
    const double range = std::max(secondsOf(last_ns_) - secondsOf(*first_ns_), 1e-9);
    const ChartPoint point{secondsOf(sample->time_ns), sample->value};
    const double share =
        std::clamp((point.x - secondsOf(*first_ns_)) / range, 0.0, 1.0) * double{kPlotSlotsMost};
    put(point, series.slots[std::min(static_cast<size_t>(share), kPlotSlotsMost - 1)]);
}

void PlotCollector::put(const ChartPoint& point, Slot& slot) {
    if (!slot.used) {
        slot = {true, point, point, point, point};
        return;
    }
    slot.first = point.x < slot.first.x ? point : slot.first;
    slot.last = point.x >= slot.last.x ? point : slot.last;
    slot.least = point.y < slot.least.y ? point : slot.least;
    slot.greatest = point.y > slot.greatest.y ? point : slot.greatest;
}

bool PlotCollector::isDrawable() const {
    return std::any_of(series_.begin(), series_.end(),
                       [](const Series& series) { return series.last_ns > series.first_ns; });
}

ChartScene PlotCollector::scene() const {
    ChartScene scene;
    const bool is_one_metric =
        !series_.empty() && std::all_of(series_.begin(), series_.end(), [this](const Series& each) {
            return each.metric == series_.front().metric;
        });
    scene.title = is_one_metric ? series_.front().metric : "";
    for (const Series& series : series_) {
        ChartSeries drawn;
        drawn.name = is_one_metric ? series.labels
                                   : base::cat(series.metric, series.labels.empty() ? "" : " ",
                                               series.labels);
        drawn.name = drawn.name.empty() ? scene.title : drawn.name;
        for (const Slot& slot : series.slots) {
            if (slot.used) {
                std::array<ChartPoint, 4> points = {slot.first, slot.least, slot.greatest,
                                                    slot.last};
                std::sort(points.begin() + 1, points.end() - 1,
                          [](const ChartPoint& a, const ChartPoint& b) { return a.x < b.x; });
                for (const ChartPoint& point : points) {
                    if (drawn.points.empty() || drawn.points.back().x != point.x ||
                        drawn.points.back().y != point.y) {
                        drawn.points.push_back(point);
                    }
                }
            }
        }
        scene.series.push_back(std::move(drawn));
    }
    scene.series_left_out = left_out_.size();
    settleScene(scene);
    return scene;
}

}  // namespace evd::evctl
