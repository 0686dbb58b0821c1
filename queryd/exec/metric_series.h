#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "common/wire/metric_labels.h"
#include "common/wire/metric_sample.h"
#include "queryd/exec/condition_eval.h"
#include "queryd/plan/metric_plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

// Where one database holds samples of a series.
struct SeriesPart {
    size_t database = 0;  // index into the question's list of files
    int64_t id = 0;
};

// Which fields of a series' samples the caller may see, labels apart.
struct SeriesFields {
    bool timestamp = true;
    bool name = true;
    bool type = true;
    bool value = true;
};

// A series as the question sees it. It is one series even when a quarantined database holds an
// earlier part of it (Ruling S6); histograms of other bounds are another one (Spec §6.1).
struct MetricSeries {
    std::string name;
    std::string labels;              // canonical; those that the caller may see
    std::string hidden_labels = {};  // the others: what makes it another series all the same
    SeriesFields shows = {};
    wire::MetricType type = wire::MetricType::Gauge;
    std::optional<int64_t> boundaries_hash;
    std::vector<SeriesPart> parts;  // in the order of the files

    size_t heldBytes() const;
};

const char* metricTypeName(wire::MetricType type);
// The series in an error's sentence; without its name where that is hidden.
std::string wordOf(const MetricSeries& series);

// The fields of a series, and of one of its samples, for conditions and for SORT.
//
// Points to the series' text; make one per series and give it sample after sample.
class SampleFields final : public FieldSource {
  public:
    SampleFields(const MetricPlan& plan, const MetricSeries& series);

    void setSample(int64_t timestamp_ns, std::optional<double> value) {
        timestamp_ns_ = timestamp_ns;
        value_ = value;
    }
    Value field(size_t index) override;  // Null where it is hidden (Ruling A5)
    Value moment(size_t) override { return Value::ofInt(timestamp_ns_); }

  private:
    const MetricPlan& plan_;
    const MetricSeries& series_;
    std::vector<wire::MetricLabel> labels_;
    int64_t timestamp_ns_ = 0;
    std::optional<double> value_;
};

// Adds the series of one database that the question is about to `selected`. Names are judged once
// each. Series of a type that is not known and with labels that are not canonical are passed over:
// no store of ours holds any. Where the plan has a sight, names and series of which nothing may be
// seen count as absent, and hidden labels as not there (Ruling A4, A5).
base::Result<void> selectSeries(db::Connection& connection, size_t database, const MetricPlan& plan,
                                std::vector<MetricSeries>& selected);

// Puts them into the order of Ruling Q6, by name, then labels (series alike in both by their
// bounds), and makes one of those that are one series in several databases.
void arrangeSeries(std::vector<MetricSeries>& series);

// Ruling M6: whether the functions fit the types of all selected series; the sentence otherwise.
base::Result<void> checkTypes(const MetricPlan& plan, const std::vector<MetricSeries>& series);

}  // namespace evd::queryd
