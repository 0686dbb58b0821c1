#pragma once

#include "queryd/evctl/import/import_parser.h"

#include <memory>
#include <string_view>

namespace evd::evctl {

// Lines of a syslog file, as log records.
//
//      Oct 11 22:14:15 host app[4711]: text                                    RFC 3164
//      2026-01-02T03:04:05.678901+01:00 host app[4711]: text                   rsyslog of Debian 12
//      <165>1 2003-10-11T22:14:15.003Z host app 4711 ID47 [sd@1 k="v"] text    RFC 5424
//
// A priority may stand in front of each. The origin is the tag without its process id, the message
// what stands behind it; the host is not kept. Only a priority tells an error: without one a line
// is none. The first kind has no year and no zone: it is the latest such time that is not more than
// a day ahead, on the person's clock. Lines that follow one another with the same time are kept a
// nanosecond apart. A line that begins with no time is not understood.
std::unique_ptr<ImportParser> makeSyslogFileParser(const ImportTimes& times, ImportReport& report,
                                                   ImportSink& sink);

// The record of one line, which must be UTF-8 and outlive it; or the reason why there is none. Pure
// but for the time zone.
base::Result<wire::LogRecord> parseSyslogFileLine(std::string_view line, const ImportTimes& times);

}  // namespace evd::evctl
