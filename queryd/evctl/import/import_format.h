#pragma once

#include "queryd/evctl/import/import_parser.h"

#include <memory>
#include <optional>
#include <string_view>

namespace evd::evctl {

enum class ImportFormat { Journald, Syslog, Auditd, OpenMetrics };

// The word given to --from, and back.
std::optional<ImportFormat> importFormatOf(std::string_view word);
std::string_view importFormatName(ImportFormat format);

// So much of a file is looked at to tell its format.
inline constexpr size_t kGuessBytesMax = 16 * 1024;

// What the beginning of a file looks like: the format of which one of its first whole lines is a
// line. Nothing when it is of none. Pure.
std::optional<ImportFormat> guessImportFormat(std::string_view beginning, const ImportTimes& times);

std::unique_ptr<ImportParser> makeImportParser(ImportFormat format, const ImportTimes& times,
                                               ImportReport& report, ImportSink& sink);

}  // namespace evd::evctl
