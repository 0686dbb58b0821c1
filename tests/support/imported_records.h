#pragma once

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/msgpack_json.h"
#include "queryd/evctl/import/import_parser.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace evd::test {

// What an import parser has understood, one record a line:
//
//      log TIME ORIGIN[!] MESSAGE          ! for an error
//      metric TIME NAME{labels} TYPE VALUE
//      event TYPE JSON
class ImportedRecords final : public evctl::ImportSink {
  public:
    base::Result<void> log(const wire::LogRecord& record) override {
        lines.push_back(base::cat("log ", record.timestamp_ns, ' ', record.origin,
                                  record.is_error ? "! " : " ", record.message,
                                  record.job_id ? " " + base::formatGuid(*record.job_id) : ""));
        return {};
    }
    base::Result<void> metric(const wire::MetricRecord& record) override {
        std::string line = base::cat("metric ", record.timestamp_ns, ' ', record.name, '{');
        for (const wire::MetricLabel& label : record.labels) {
            line += base::cat(line.ends_with('{') ? "" : ",", label.key, '=', label.value);
        }
        line += record.type == wire::MetricType::Counter ? "} counter "
                : record.type == wire::MetricType::Gauge ? "} gauge "
                                                         : "} histogram ";
        if (record.histogram == nullptr) {
            line += base::cat(record.value);
        } else {
            for (size_t i = 0; i < record.histogram->boundaries.size(); ++i) {
                line += base::cat(record.histogram->boundaries[i], ':', record.histogram->counts[i],
                                  ' ');
            }
            line += base::cat("of ", record.histogram->total_count, " sum ", record.histogram->sum);
        }
        lines.push_back(line);
        return {};
    }
    base::Result<void> event(std::string_view type, std::span<const uint8_t> payload,
                             uint64_t line) override {
        std::string text = base::cat("event ", type, ' ');
        wire::appendJson(payload, text);
        lines.push_back(text);
        event_lines.push_back(line);
        return {};
    }

    std::vector<std::string> lines;
    std::vector<uint64_t> event_lines;
};

// As they are: what tests compare is no terminal.
inline std::string unchanged(std::string_view text) {
    return std::string(text);
}

using MakeParser = std::function<std::unique_ptr<evctl::ImportParser>(evctl::ImportReport& report,
                                                                      evctl::ImportSink& sink)>;

struct ImportOutcome {
    std::vector<std::string> records;
    std::string report;
    std::vector<uint64_t> event_lines = {};
    bool operator==(const ImportOutcome&) const = default;
};

// What a parser makes of a file that comes in pieces of that many bytes.
inline ImportOutcome importInPieces(std::string_view text, size_t piece, const MakeParser& make) {
    evctl::ImportReport report;
    ImportedRecords sink;
    const auto parser = make(report, sink);
    while (!text.empty()) {
        EVD_CHECK(parser->feed(text.substr(0, piece)).ok(), "only a sink ends an import");
        text.remove_prefix(std::min(piece, text.size()));
    }
    EVD_CHECK(parser->finish().ok(), "only a sink ends an import");
    return {sink.lines, report.text(unchanged), sink.event_lines};
}

}  // namespace evd::test
