#include "queryd/evctl/metric_command.h"

#include "common/base/text.h"
#include "common/wire/histogram.h"
#include "common/wire/metric_labels.h"
#include "queryd/evctl/json_payload.h"
#include "queryd/evctl/log_command.h"
#include "queryd/evctl/record_outbox.h"

#include <charconv>
#include <cmath>

namespace evd::evctl {

namespace {

using base::cat;
using base::ErrorKind;

base::Result<double> readNumber(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() ||
        !std::isfinite(number)) {
        return base::fail(ErrorKind::Invalid, cat("not a finite number: ", text));
    }
    return number;
}

std::vector<wire::MetricLabel> views(const TypedMetric& metric) {
    std::vector<wire::MetricLabel> labels;
    for (const auto& [key, value] : metric.labels) {
        labels.push_back({key, value});
    }
    return labels;
}

base::Result<void> readLabels(const Arguments& arguments, TypedMetric& metric) {
    for (const std::string& label : arguments.labels) {
        const size_t equals = label.find('=');
        if (equals == std::string::npos) {
            return base::fail(ErrorKind::Invalid, cat("a label is KEY=VALUE, not ", label));
        }
        metric.labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
    }
    auto labels = views(metric);
    std::string canonical;
    return wire::writeCanonicalLabels(labels, canonical);
}

// Counts are cumulative: an observation is in its bucket and in all above it.
base::Result<wire::Histogram> histogramOf(std::string_view observations) {
    wire::Histogram histogram;
    histogram.boundaries.assign(std::begin(kDefaultBoundaries), std::end(kDefaultBoundaries));
    histogram.counts.resize(histogram.boundaries.size());
    for (const std::string_view word : base::split(observations, ',')) {
        const auto number = readNumber(base::trim(word));
        if (!number.ok()) {
            return number.error();
        }
        for (size_t i = 0; i < histogram.boundaries.size(); ++i) {
            histogram.counts[i] += number.value() <= histogram.boundaries[i] ? 1 : 0;
        }
        ++histogram.total_count;
        histogram.sum += number.value();
    }
    EVD_TRY(wire::checkHistogram(histogram));
    return histogram;
}

base::Result<wire::Histogram> readHistogramValue(std::string_view value) {
    if (!base::trim(value).starts_with('{')) {
        return histogramOf(value);
    }
    const auto msgpack = payloadFromJson(value);
    if (!msgpack.ok()) {
        return msgpack.error();
    }
    return wire::readHistogram(msgpack.value());
}

base::Result<void> readValue(std::string_view text, const std::string& type, TypedMetric& metric) {
    if (type == "histogram") {
        metric.type = wire::MetricType::Histogram;
        auto histogram = readHistogramValue(text);
        if (!histogram.ok()) {
            return histogram.error();
        }
        metric.histogram = std::move(histogram).value();
        return {};
    }
    metric.type = type == "counter" ? wire::MetricType::Counter : wire::MetricType::Gauge;
    const auto number = readNumber(text);
    if (!number.ok()) {
        return number.error();
    }
    if (metric.type == wire::MetricType::Counter && number.value() < 0) {
        return base::fail(ErrorKind::Invalid, cat("a counter is never negative: ", text));
    }
    metric.value = number.value();
    return {};
}

}  // namespace

base::Result<TypedMetric> readMetric(const Arguments& arguments) {
    TypedMetric metric;
    metric.name = arguments.words[0];
    if (metric.name.empty() || metric.name.size() > wire::kMetricNameBytesMax ||
        !base::isUtf8(metric.name)) {
        return base::fail(ErrorKind::Invalid, cat("a metric's name is UTF-8 of 1 to ",
                                                  wire::kMetricNameBytesMax, " bytes"));
    }
    EVD_TRY(readLabels(arguments, metric));
    EVD_TRY(readValue(arguments.words[1], arguments.type, metric));
    return metric;
}

base::Result<void> runMetric(const SessionContext& context) {
    const auto metric = readMetric(context.arguments);
    if (!metric.ok()) {
        return metric.error();
    }
    RecordOutbox outbox(context.sockets.metric, context.clock);
    const auto connected = outbox.connect();
    if (!connected.ok()) {
        return nobodyAnswers(context.sockets.metric, connected.error());
    }
    const auto labels = views(metric.value());
    outbox.add(wire::MetricRecord{metric.value().name, labels, metric.value().type,
                                  context.clock.wallNs(), metric.value().value,
                                  &metric.value().histogram});
    if (!outbox.flushWithin(kSendPatienceMs)) {
        outbox.dropRest();
    }
    return allSent(outbox.sentCount(), outbox.droppedCount());
}

}  // namespace evd::evctl
