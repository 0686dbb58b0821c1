// From the left: the priority, then by what follows either RFC 5424 or the older form. Each step
// takes its piece off the front of the line or leaves the line as it is, so that the message is
// always the rest that nobody could explain. RFC 5424 is taken whole or not at all. The older form
// has no grammar that senders keep to; it is read as the C library and the usual relays write it:
// a time, perhaps a host, a tag with a colon.

#include "collector/ingest/syslog_line.h"

#include "common/base/iso_time.h"
#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace evd::collector {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kLineEnds("\n\r\0 ", 4);
constexpr size_t kShortTimeBytes = 15;  // of Oct 11 22:14:15

// A text that gives up its front.
struct Line {
    std::string_view rest;

    bool take(std::string_view front) {
        const bool there = rest.starts_with(front);
        rest.remove_prefix(there ? front.size() : 0);
        return there;
    }
    // Up to the next space, which is passed over.
    std::string_view word() {
        const size_t space = rest.find(' ');
        const std::string_view taken = rest.substr(0, space);
        rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
        return taken;
    }
};

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

// <0> to <191>; nothing else is a priority.
std::optional<unsigned> takePriority(Line& line) {
    const size_t end = line.rest.find('>');
    if (!line.rest.starts_with('<') || end == std::string_view::npos || end < 2 || end > 4) {
        return std::nullopt;
    }
    const auto number = base::parseU64(line.rest.substr(1, end - 1));
    if (!number.ok() || number.value() > kSyslogPriorityMax) {
        return std::nullopt;
    }
    line.rest.remove_prefix(end + 1);
    return static_cast<unsigned>(number.value());
}

// Moves behind the structured data of RFC 5424: "-" or elements in brackets, whose values are
// quoted. Nothing when it is not closed.
std::optional<std::string_view> takeStructuredData(Line& line) {
    if (line.take("-")) {
        return std::string_view();
    }
    size_t at = 0;
    bool is_open = false;
    bool is_quoted = false;
    for (; at < line.rest.size(); ++at) {
        const char letter = line.rest[at];
        if (is_quoted) {
            at += letter == '\\' ? 1 : 0;
            is_quoted = letter != '"';
        } else if (is_open) {
            is_quoted = letter == '"';
            is_open = letter != ']';
        } else if (letter == '[') {
            is_open = true;
        } else {
            break;
        }
    }
    if (at == 0 || is_open || at > line.rest.size()) {
        return std::nullopt;
    }
    const std::string_view data = line.rest.substr(0, at);
    line.rest.remove_prefix(at);
    return data;
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
    const auto data = takeStructuredData(line);
    const bool has_all = !time.empty() && !name.empty() && !process.empty() && !kind.empty();
    if (!has_all || !data || (!line.rest.empty() && !line.take(" "))) {
        return false;
    }
    (void)line.take(kByteOrderMark);
    record.timestamp_ns = base::parseIsoTime(time).value_or(record.timestamp_ns);
    if (name != "-" && name.size() <= kSyslogTagBytesMax) {
        record.origin = name;
    }
    record.message = line.rest.empty() ? *data : line.rest;
    return true;
}

// Oct 11 22:14:15 and a space; what it says is not used.
bool takeShortTime(Line& line) {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string_view time = line.rest.substr(0, kShortTimeBytes + 1);
    if (time.size() <= kShortTimeBytes || time[3] != ' ' || time[6] != ' ' || time[9] != ':' ||
        time[12] != ':' || time[kShortTimeBytes] != ' ' ||
        std::find(kMonths.begin(), kMonths.end(), time.substr(0, 3)) == kMonths.end()) {
        return false;
    }
    line.rest.remove_prefix(kShortTimeBytes + 1);
    return true;
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

// "app: " or "app[4711]: "; the colon ends the text or is followed by a space, so that neither an
// address nor a word of the message is taken for a tag.
bool takeTag(Line& line, wire::LogRecord& record) {
    const std::string_view tag = line.rest.substr(0, line.rest.find_first_of(" :["));
    Line ahead{line.rest.substr(tag.size())};
    if (ahead.rest.starts_with('[')) {
        const size_t end = ahead.rest.find_first_of(" ]");
        if (end == std::string_view::npos || ahead.rest[end] != ']') {
            return false;
        }
        ahead.rest.remove_prefix(end + 1);
    }
    const bool is_tag = !tag.empty() && tag.size() <= kSyslogTagBytesMax && ahead.take(":") &&
                        (ahead.rest.empty() || ahead.take(" "));
    if (is_tag) {
        record.origin = tag;
        line = ahead;
    }
    return is_tag;
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
    record.origin = kSyslogUnknownOrigin;
    record.message = line.rest;
    const auto priority = takePriority(line);
    record.is_error = priority.value_or(kSyslogPriorityUnknown) % 8 <= kSyslogErrorSeverity;
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
