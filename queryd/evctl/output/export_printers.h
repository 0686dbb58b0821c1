#pragma once

#include "queryd/evctl/output/record_printer.h"

#include <functional>
#include <memory>
#include <string_view>

namespace evd::evctl {

// Records as entries of the journal export format, which systemd-journal-remote and journald
// import:
//
//      NAME=text\n                        where the value is printable text in one line
//      NAME\n<length, u64 LE><bytes>\n    where it is anything else
//      \n                                 ends the entry
//
// A log line becomes MESSAGE, SYSLOG_IDENTIFIER (its origin) and PRIORITY (3 for an error, else 6);
// an event has its type for MESSAGE, unless it brings a message; a sample its name and value. Every
// other field is EVENTD_ and its name in capitals. The journal counts microseconds:
// EVENTD_TIMESTAMP has the nanoseconds. A record without a time is refused: the journal has no
// place for it.
std::unique_ptr<RecordPrinter> makeJournalPrinter();

// A line of OTLP/JSON has at most so many records, and not much more than so many bytes.
inline constexpr size_t kOtlpLineRecordsMax = 256;
inline constexpr size_t kOtlpLineBytesMax = size_t{1} << 20;

// Whether a metric of that name is a counter.
using IsCounter = std::function<bool(std::string_view name)>;

// Records in the JSON of the OpenTelemetry protocol, one message a line (the file format of
// OpenTelemetry's collector): keys in lowerCamelCase, 64-bit integers as text, trace ids in hex,
// other bytes in base64.
//
// Log lines and events are log records (resourceLogs): the resource of a line is its origin
// (service.name), an event has its type in eventName, and what is not told by a field of OTLP is an
// attribute. A payload's trace_id and span_id become traceId and spanId where they are such.
std::unique_ptr<RecordPrinter> makeOtlpLogPrinter();

// Samples as resourceMetrics: a counter is a monotonic, cumulative sum, everything else a gauge. A
// record that lacks its time, name or number is refused.
std::unique_ptr<RecordPrinter> makeOtlpMetricPrinter(IsCounter is_counter);

}  // namespace evd::evctl
