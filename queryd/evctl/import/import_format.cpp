#include "queryd/evctl/import/import_format.h"

#include "common/base/text.h"
#include "queryd/evctl/import/audit_line.h"
#include "queryd/evctl/import/audit_log.h"
#include "queryd/evctl/import/journal_entries.h"
#include "queryd/evctl/import/metric_line.h"
#include "queryd/evctl/import/open_metrics.h"
#include "queryd/evctl/import/syslog_file.h"

#include <array>
#include <utility>

namespace evd::evctl {

namespace {

constexpr std::array<std::pair<std::string_view, ImportFormat>, 4> kFormats = {{
    {"journald", ImportFormat::Journald},
    {"syslog", ImportFormat::Syslog},
    {"auditd", ImportFormat::Auditd},
    {"openmetrics", ImportFormat::OpenMetrics},
}};

std::optional<ImportFormat> formatOfLine(std::string_view line, const ImportTimes& times) {
    if (line.starts_with("__CURSOR=") || line.starts_with("__REALTIME_TIMESTAMP=")) {
        return ImportFormat::Journald;
    }
    if (parseAuditLine(line).ok()) {
        return ImportFormat::Auditd;
    }
    if (line.starts_with("# TYPE ") || line.starts_with("# HELP ") || line.starts_with("# UNIT ")) {
        return ImportFormat::OpenMetrics;
    }
    if (parseSyslogFileLine(line, times).ok()) {
        return ImportFormat::Syslog;
    }
    return parseMetricLine(line).ok() ? std::optional(ImportFormat::OpenMetrics) : std::nullopt;
}

}  // namespace

std::optional<ImportFormat> importFormatOf(std::string_view word) {
    for (const auto& [name, format] : kFormats) {
        if (name == word) {
            return format;
        }
    }
    return std::nullopt;
}

std::string_view importFormatName(ImportFormat format) {
    for (const auto& [name, each] : kFormats) {
        if (each == format) {
            return name;
        }
    }
    return "";
}

std::optional<ImportFormat> guessImportFormat(std::string_view beginning,
                                              const ImportTimes& times) {
    for (std::string_view line : base::split(beginning.substr(0, kGuessBytesMax), '\n')) {
        line.remove_suffix(line.ends_with('\r') ? 1 : 0);
        if (const auto format = formatOfLine(line, times)) {
            return format;
        }
    }
    return std::nullopt;
}

std::unique_ptr<ImportParser> makeImportParser(ImportFormat format, const ImportTimes& times,
                                               ImportReport& report, ImportSink& sink) {
    switch (format) {
        case ImportFormat::Journald:
            return makeJournalParser(report, sink);
        case ImportFormat::Syslog:
            return makeSyslogFileParser(times, report, sink);
        case ImportFormat::Auditd:
            return makeAuditLogParser(report, sink);
        case ImportFormat::OpenMetrics:
            return makeOpenMetricsParser(times, report, sink);
    }
    return nullptr;
}

}  // namespace evd::evctl
