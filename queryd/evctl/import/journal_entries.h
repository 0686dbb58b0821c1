#pragma once

#include "queryd/evctl/import/import_parser.h"

#include <cstddef>
#include <memory>

namespace evd::evctl {

// A field's name has at most so many bytes (journald's own limit).
inline constexpr size_t kJournalNameBytesMax = 64;
// journald stores no larger one; a length above it is damage.
inline constexpr uint64_t kJournalDataBytesMax = uint64_t{768} << 20;

// Entries of the journal export format (output/export_printers.h draws it), as log records.
//
// MESSAGE is the message; the origin is SYSLOG_IDENTIFIER, else _COMM, else _SYSTEMD_UNIT, else
// "journal"; PRIORITY 3 and below is an error. The time is __REALTIME_TIMESTAMP, or, to the
// nanosecond, EVENTD_TIMESTAMP, which our own export writes and which must agree with it. Other
// fields are not kept. A field of more than kImportLineBytesMax bytes is passed over; if the
// message is such, the entry is not understood. Behind a damaged field everything up to the next
// empty line is passed over.
std::unique_ptr<ImportParser> makeJournalParser(ImportReport& report, ImportSink& sink);

}  // namespace evd::evctl
