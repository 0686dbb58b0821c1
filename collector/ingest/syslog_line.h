#pragma once

#include "common/wire/log_record.h"

#include <cstdint>
#include <optional>
#include <span>

namespace evd::collector {

// Of messages without a priority: user.notice (RFC 3164 §4.3.3).
inline constexpr unsigned kSyslogPriorityUnknown = 13;

// Makes a log record of one datagram of the syslog door.
//
//      <165>1 2003-10-11T22:14:15.003Z host app 4711 ID47 [sd@1 k="v"] text     RFC 5424
//      <34>Oct 11 22:14:15 [host] app[4711]: text                               RFC 3164
//
// The origin is APP-NAME or tag, the message what stands behind all headers; of RFC 5424 without
// one, the structured data. A time with a date and a zone is taken over. The other kind has neither
// year nor zone and only whole seconds, and its sender is on this machine and sends at once: the
// time of receipt is the better one. Whatever does not look like a header is text, as RFC 3164
// wants it, so that nothing is lost but an empty message. Bytes that are not UTF-8 are replaced by
// '?' in the datagram, which the record points into. Pure.
std::optional<wire::LogRecord> parseSyslogLine(std::span<uint8_t> datagram, int64_t receipt_ns);

}  // namespace evd::collector
