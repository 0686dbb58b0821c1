#include "store/health_samples.h"

#include "common/base/text.h"
#include "common/wire/metric_labels.h"

#include <array>
#include <optional>
#include <utility>

namespace evd::store {

namespace {

using wire::MetricType;

// '*' in a figure's name stands for what becomes the value of the label.
struct Rule {
    std::string_view process;
    std::string_view figure;
    std::string_view metric;
    MetricType type;
    std::string_view label = "";
    std::string_view store = "";  // the value of a label of that name
};

constexpr auto kRules = std::to_array<Rule>({
    {"eventd-collector", "ring.*.fill_percent", "eventd.ring.fill.percent", MetricType::Gauge,
     "cpu"},
    {"eventd-collector", "ring.*.lag_bytes", "eventd.ring.lag.bytes", MetricType::Gauge, "cpu"},
    {"eventd-collector", "ring.*.gaps", "eventd.ring.gaps.total", MetricType::Counter, "cpu"},
    {"eventd-collector", "ring.*.lost_events", "eventd.events.lost.total", MetricType::Counter,
     "cpu"},
    {"eventd-collector", "ring.*.batches", "eventd.ring.batches.total", MetricType::Counter, "cpu"},

    {"eventd-store", "stored_events", "eventd.events.stored.total", MetricType::Counter},
    {"eventd-store", "logs.rows", "eventd.logs.stored.total", MetricType::Counter},
    {"eventd-store", "metrics.rows", "eventd.samples.stored.total", MetricType::Counter},
    {"eventd-store", "metrics.series", "eventd.series", MetricType::Gauge},

    {"eventd-store", "shard.*.failed_batches", "eventd.commits.failed.total", MetricType::Counter,
     "shard", "events"},
    {"eventd-store", "logs.failed_batches", "eventd.commits.failed.total", MetricType::Counter, "",
     "logs"},
    {"eventd-store", "metrics.failed_batches", "eventd.commits.failed.total", MetricType::Counter,
     "", "metrics"},
    {"eventd-store", "shard.*.file_bytes", "eventd.store.bytes", MetricType::Gauge, "shard",
     "events"},
    {"eventd-store", "logs.bytes", "eventd.store.bytes", MetricType::Gauge, "", "logs"},
    {"eventd-store", "metrics.bytes", "eventd.store.bytes", MetricType::Gauge, "", "metrics"},
    {"eventd-store", "shard.*.wal_bytes", "eventd.store.wal.bytes", MetricType::Gauge, "shard",
     "events"},
    {"eventd-store", "logs.wal_bytes", "eventd.store.wal.bytes", MetricType::Gauge, "", "logs"},
    {"eventd-store", "metrics.wal_bytes", "eventd.store.wal.bytes", MetricType::Gauge, "",
     "metrics"},
    {"eventd-store", "retention.runs", "eventd.retention.runs.total", MetricType::Counter},
    {"eventd-store", "retention.deleted_rows", "eventd.retention.deleted.total",
     MetricType::Counter},

    {"eventd-ingest", "door.*.records", "eventd.ingest.records.total", MetricType::Counter, "door"},
    {"eventd-ingest", "records.*.dropped", "eventd.ingest.dropped.total", MetricType::Counter,
     "kind"},
    {"eventd-ingest", "records.*.dropped_unread", "eventd.ingest.dropped_datagrams.total",
     MetricType::Counter, "kind"},

    {"eventd-queryd", "queries_started", "eventd.queries.total", MetricType::Counter},
    {"eventd-queryd", "queries_refused", "eventd.queries.refused.total", MetricType::Counter},
    {"eventd-queryd", "queries_running", "eventd.queries.running", MetricType::Gauge},
    {"eventd-queryd", "queries_streaming", "eventd.queries.streaming", MetricType::Gauge},
});

// What '*' stands for; "" when there is none. Nothing when the name is not of the pattern.
std::optional<std::string_view> match(std::string_view pattern, std::string_view name) {
    const size_t star = pattern.find('*');
    if (star == std::string_view::npos) {
        return pattern == name ? std::optional<std::string_view>("") : std::nullopt;
    }
    const std::string_view before = pattern.substr(0, star);
    const std::string_view after = pattern.substr(star + 1);
    if (name.size() <= before.size() + after.size() || !name.starts_with(before) ||
        !name.ends_with(after)) {
        return std::nullopt;
    }
    return name.substr(before.size(), name.size() - before.size() - after.size());
}

void append(std::string_view metric, std::vector<wire::MetricLabel> labels, MetricType type,
            double value, std::vector<HealthSample>& out) {
    HealthSample sample;
    sample.name = metric;
    sample.type = type;
    sample.value = value;
    // Names of our own making; one that cannot be a label costs that sample and nothing else.
    if (wire::writeCanonicalLabels(labels, sample.labels)) {
        out.push_back(std::move(sample));
    }
}

void appendMeasure(const std::string& process, const wire::Measure& measure,
                   std::vector<HealthSample>& out) {
    for (const Rule& rule : kRules) {
        const auto which = rule.process == process ? match(rule.figure, measure.name)
                                                   : std::optional<std::string_view>();
        if (!which) {
            continue;
        }
        std::vector<wire::MetricLabel> labels;
        if (!rule.label.empty()) {
            labels.push_back({rule.label, *which});
        }
        if (!rule.store.empty()) {
            labels.push_back({"store", rule.store});
        }
        append(rule.metric, std::move(labels), rule.type, static_cast<double>(measure.value), out);
    }
}

}  // namespace

std::vector<HealthSample> healthSamples(const std::vector<wire::ProcessStatus>& processes) {
    std::vector<HealthSample> samples;
    for (const wire::ProcessStatus& process : processes) {
        append("eventd.process.memory.bytes", {{"process", process.name}}, MetricType::Gauge,
               static_cast<double>(process.memory_bytes), samples);
        append("eventd.process.restarts.total", {{"process", process.name}}, MetricType::Counter,
               process.restarts, samples);
        for (const wire::Measure& measure : process.measures) {
            appendMeasure(process.name, measure, samples);
        }
    }
    return samples;
}

HealthSample commitSample(std::string_view store, std::optional<uint16_t> shard,
                          wire::Histogram seconds) {
    HealthSample sample;
    sample.name = "eventd.commit.seconds";
    sample.labels =
        shard ? base::cat("shard=", *shard, ",store=", store) : base::cat("store=", store);
    sample.type = MetricType::Histogram;
    sample.histogram = std::move(seconds);
    return sample;
}

}  // namespace evd::store
