// A family's type stands in front of its lines, so only one need be known: that of the last # TYPE.
// A line belongs to it when its name is the family's, or that and a suffix of its type; otherwise
// it is a gauge of no family. Lines of a histogram gather until one comes that does not belong to
// it.

#include "queryd/evctl/import/open_metrics.h"

#include "common/base/text.h"
#include "common/wire/metric_labels.h"
#include "queryd/evctl/import/histogram_lines.h"
#include "queryd/evctl/import/import_lines.h"

#include <cmath>
#include <utility>

namespace evd::evctl {

namespace {

constexpr std::string_view kExported = "exported_";

class OpenMetricsParser final : public ImportParser {
  public:
    OpenMetricsParser(const ImportTimes& times, ImportReport& report, ImportSink& sink)
        : times_(times), report_(report), sink_(sink) {}

    base::Result<void> feed(std::string_view bytes) override {
        return lines_.feed(bytes, [this](const ImportLine& line) { return take(line); });
    }
    base::Result<void> finish() override {
        EVD_TRY(lines_.finish([this](const ImportLine& line) { return take(line); }));
        return endHistogram();
    }

  private:
    base::Result<void> take(const ImportLine& line) {
        if (is_ended_ || base::trim(line.text).empty()) {
            return {};
        }
        if (line.is_too_long || !base::isUtf8(line.text)) {
            report_.notUnderstood(
                line.is_too_long ? "a line that is too long" : "a line that is no UTF-8",
                line.number, line.text);
            return {};
        }
        if (line.text.starts_with('#')) {
            takeComment(line.text);
            return {};
        }
        const auto parsed = parseMetricLine(line.text);
        if (!parsed.ok()) {
            report_.notUnderstood(parsed.error().text, line.number, line.text);
            return {};
        }
        return takeSample(parsed.value(), line);
    }

    void takeComment(std::string_view text) {
        const auto words = base::split(text, ' ');
        if (words.size() == 4 && words[1] == "TYPE") {
            family_ = words[2];
            type_ = words[3];
        }
        is_ended_ = text == "# EOF";
    }

    // What the line's name has behind the family's; nothing when it is of no family.
    std::optional<std::string_view> suffixOf(std::string_view name) const {
        if (family_.empty() || !name.starts_with(family_)) {
            return std::nullopt;
        }
        return name.substr(family_.size());
    }

    base::Result<void> takeSample(const MetricLine& sample, const ImportLine& line) {
        const auto suffix = suffixOf(sample.name);
        const bool is_histogram = type_ == "histogram" || type_ == "gaugehistogram";
        const bool is_part =
            suffix && (*suffix == "_bucket" || *suffix == "_sum" || *suffix == "_count" ||
                       *suffix == "_gsum" || *suffix == "_gcount");
        if (is_histogram && is_part) {
            return takePart(sample, *suffix, line);
        }
        EVD_TRY(endHistogram());
        if (suffix == "_created" && type_ != "gauge") {
            report_.leftOut("times at which series were created", line.number, line.text);
            return {};
        }
        const bool is_total =
            type_ == "counter" && suffix && (suffix->empty() || *suffix == "_total");
        const bool is_sum =
            type_ == "summary" && suffix && (*suffix == "_sum" || *suffix == "_count");
        wire::MetricRecord record;
        record.name = sample.name;
        record.type = is_total || is_sum ? wire::MetricType::Counter : wire::MetricType::Gauge;
        record.value = sample.value;
        record.timestamp_ns = sample.time_ns.value_or(times_.now_ns);
        if (!std::isfinite(sample.value)) {
            report_.notUnderstood("a number that is not finite", line.number, line.text);
        } else if (record.type == wire::MetricType::Counter && sample.value < 0) {
            report_.notUnderstood("a counter below zero", line.number, line.text);
        } else {
            return pass(record, sample.labels, line.number, line.text);
        }
        return {};
    }

    base::Result<void> takePart(const MetricLine& sample, std::string_view suffix,
                                const ImportLine& line) {
        if (!histogram_.fits(family_, withoutBound(sample.labels), sample.time_ns)) {
            EVD_TRY(endHistogram());
        }
        const auto added = histogram_.add(family_, sample, suffix, line.number);
        if (!added.ok()) {
            report_.notUnderstood(added.error().text, line.number, line.text);
        }
        return {};
    }

    base::Result<void> endHistogram() {
        if (histogram_.empty()) {
            return {};
        }
        const HistogramLines lines = std::exchange(histogram_, {});
        const auto histogram = lines.histogram();
        if (!histogram.ok()) {
            report_.notUnderstood(histogram.error().text, lines.lineNumber(), lines.family());
            return {};
        }
        wire::MetricRecord record;
        record.name = lines.family();
        record.type = wire::MetricType::Histogram;
        record.timestamp_ns = lines.timeNs().value_or(times_.now_ns);
        record.histogram = &histogram.value();
        return pass(record, lines.labels(), lines.lineNumber(), lines.family());
    }

    // With labels as eventd takes them, or not at all.
    base::Result<void> pass(wire::MetricRecord record, const MetricLabels& labels, uint64_t number,
                            std::string_view text) {
        MetricLabels ours;
        for (const auto& [key, value] : labels) {
            if (!value.empty()) {
                ours.emplace_back(wire::isReservedLabelKey(key) ? base::cat(kExported, key) : key,
                                  value);
            }
        }
        std::vector<wire::MetricLabel> views;
        for (const auto& [key, value] : ours) {
            views.push_back({key, value});
        }
        std::string canonical;
        if (!wire::writeCanonicalLabels(views, canonical).ok() ||
            record.name.size() > wire::kMetricNameBytesMax) {
            report_.notUnderstood("a name or labels that eventd does not take", number, text);
            return {};
        }
        record.labels = views;
        report_.understood(record.type == wire::MetricType::Counter     ? "counter samples"
                           : record.type == wire::MetricType::Histogram ? "histogram samples"
                                                                        : "gauge samples");
        return sink_.metric(record);
    }

    const ImportTimes times_;
    ImportReport& report_;
    ImportSink& sink_;
    ImportLines lines_{kImportLineBytesMax};
    std::string family_;
    std::string type_;
    HistogramLines histogram_;
    bool is_ended_ = false;
};

}  // namespace

std::unique_ptr<ImportParser> makeOpenMetricsParser(const ImportTimes& times, ImportReport& report,
                                                    ImportSink& sink) {
    return std::make_unique<OpenMetricsParser>(times, report, sink);
}

}  // namespace evd::evctl
