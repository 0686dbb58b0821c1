#include "queryd/plan/metric_plan_printer.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/plan/plan_printer.h"

#include <limits>

namespace evd::queryd {

namespace {

std::string printRange(const MetricPlan& plan) {
    std::string text = plan.latest ? "latest sample" : "samples";
    if (plan.time.since_ns != std::numeric_limits<int64_t>::min()) {
        text += base::cat(" from ", base::formatIsoTime(plan.time.since_ns));
    }
    if (plan.time.until_ns != std::numeric_limits<int64_t>::max()) {
        text += base::cat(" before ", base::formatIsoTime(plan.time.until_ns));
    }
    return text + "\n";
}

void printConditions(const MetricPlan& plan, std::string_view who,
                     const std::vector<Condition>& conditions, std::string& out) {
    RecordPlan names;  // conditions are printed by the names of their fields alone
    names.cross = plan.cross;
    for (const MetricField& field : plan.fields) {
        names.fields.push_back({field.name, nullptr});
    }
    for (const Condition& condition : conditions) {
        out += base::cat(who, ": ", printCondition(names, condition), "\n");
    }
}

void printStages(const MetricPlan& plan, std::string& out) {
    if (plan.transform) {
        out += base::cat("per sample: ", valueFunctionName(*plan.transform), "\n");
    }
    if (!plan.per_series) {
        out += base::cat("across series: ",
                         seriesFunctionName(plan.aggregate.value_or(SeriesFunction::Avg)), "\n");
    } else if (plan.aggregate) {
        out += base::cat("over time, per series: ", seriesFunctionName(*plan.aggregate), "\n");
    }
    if (plan.window) {
        out += base::cat("per window of ", plan.window->duration_ns / base::kNsPerSecond,
                         " s: ", seriesFunctionName(plan.window->function), "\n");
    }
    if (plan.rollup) {
        out += "rollups where they are there, samples for the rest\n";
    }
}

}  // namespace

std::string printMetricPlan(const MetricPlan& plan) {
    std::string text = base::cat("series like \"", plan.name_pattern, "\"\n");
    printConditions(plan, "once per series", plan.on_series, text);
    text += printRange(plan);
    printConditions(plan, "before, in other stores", plan.on_time, text);
    printConditions(plan, "per sample", plan.on_sample, text);
    printStages(plan, text);
    for (const PlanSort& sort : plan.sort) {
        text +=
            base::cat("sort: ", plan.fields[sort.field].name, sort.descending ? " DESC\n" : "\n");
    }
    if (plan.skip != 0) {
        text += base::cat("skip: ", plan.skip, "\n");
    }
    if (plan.take) {
        text += base::cat("take: ", *plan.take, "\n");
    }
    for (const size_t index : plan.select.value_or(std::vector<size_t>())) {
        text += base::cat("select: ", plan.fields[index].name, "\n");
    }
    return text;
}

}  // namespace evd::queryd
