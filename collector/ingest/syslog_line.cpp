// From the left: the priority, then by what follows either RFC 5424 or the older form. Each step
// takes its piece off the front of the line or leaves the line as it is, so that the message is
// always the rest that nobody could explain. RFC 5424 is taken whole or not at all. The older form
// has no grammar that senders keep to; it is read as the C library and the usual relays write it:
// a time, perhaps a host, a tag with a colon.

#include "collector/ingest/syslog_line.h"

#include "common/base/iso_time.h"
#include "common/base/text.h"
#include "common/wire/syslog_text.h"

#include <algorithm>

namespace evd::collector {

namespace {

constexpr std::string_view kLineEnds("\n\r\0 ", 4);

using Line = wire::SyslogText;

// In place: a record can only point at what is there.
void replaceWhatIsNotText(std::span<uint8_t> bytes) {
    if (base::isUtf8(base::asText(bytes))) {
        return;
    }
    for (size_t at = 0; at < bytes.size();) {
        size_t length = 1;
        if (bytes[at] >= 0x80) {
            // The shortest piece from here that is a character; none has more than four bytes.
            const size_t most = std::min<size_t>(4, bytes.size() - at);
            while (length <= most && !base::isUtf8(base::asText(bytes.subspan(at, length)))) {
                ++length;
            }
            if (length > most) {
                bytes[at] = '?';
                length = 1;
            }
        }
        at += length;
    }
}

// RFC 5424 behind the priority; false when it is something else, and nothing has changed then.
bool parseNew(std::string_view text, wire::LogRecord& record) {
    Line line{text};
    if (!line.take("1 ")) {
        return false;
    }
    const std::string_view time = line.word();
    (void)line.word();  // The host is ours.
    const std::string_view name = line.word();
    const std::string_view process = line.word();
    const std::string_view kind = line.word();
    const auto data = wire::takeStructuredData(line);
    const bool has_all = !time.empty() && !name.empty() && !process.empty() && !kind.empty();
    if (!has_all || !data || (!line.rest.empty() && !line.take(" "))) {
        return false;
    }
    (void)line.take(wire::kSyslogByteOrderMark);
    record.timestamp_ns = base::parseIsoTime(time).value_or(record.timestamp_ns);
    if (name != "-" && name.size() <= wire::kSyslogTagBytesMax) {
        record.origin = name;
    }
    record.message = line.rest.empty() ? *data : line.rest;
    return true;
}

// Oct 11 22:14:15 and a space; what it says is not used.
bool takeShortTime(Line& line) {
    const bool is_there = wire::shortTimeMonth(line.rest) &&
                          line.rest.substr(wire::kSyslogShortTimeBytes).starts_with(' ');
    line.rest.remove_prefix(is_there ? wire::kSyslogShortTimeBytes + 1 : 0);
    return is_there;
}

bool takeLongTime(Line& line, wire::LogRecord& record) {
    Line ahead = line;
    const auto time = base::parseIsoTime(ahead.word());
    if (time) {
        record.timestamp_ns = *time;
        line = ahead;
    }
    return time.has_value();
}

bool takeTag(Line& line, wire::LogRecord& record) {
    const auto tag = wire::takeSyslogTag(line);
    record.origin = tag.value_or(record.origin);
    return tag.has_value();
}

void parseOld(std::string_view text, wire::LogRecord& record) {
    Line line{text};
    const bool has_time = takeShortTime(line) || takeLongTime(line, record);
    if (!takeTag(line, record) && has_time) {
        Line behind_host = line;
        (void)behind_host.word();
        line = takeTag(behind_host, record) ? behind_host : line;
    }
    record.message = line.rest;
}

}  // namespace

std::optional<wire::LogRecord> parseSyslogLine(std::span<uint8_t> datagram, int64_t receipt_ns) {
    replaceWhatIsNotText(datagram);
    Line line{base::asText(datagram)};
    line.rest = line.rest.substr(0, line.rest.find_last_not_of(kLineEnds) + 1);
    if (line.rest.empty()) {
        return std::nullopt;
    }
    wire::LogRecord record;
    record.timestamp_ns = receipt_ns;
    record.origin = wire::kSyslogUnknownOrigin;
    record.message = line.rest;
    const auto priority = wire::takeSyslogPriority(line);
    record.is_error = wire::isSyslogError(priority.value_or(kSyslogPriorityUnknown));
    if (!priority) {
        return record;
    }
    if (!parseNew(line.rest, record)) {
        parseOld(line.rest, record);
    }
    if (record.message.empty()) {
        return std::nullopt;
    }
    return record;
}

}  // namespace evd::collector
