// From the left, each step takes its piece off the front or leaves the line as it is: the priority,
// the time, then by RFC 5424 its seven fields, or a host and a tag. Whatever is no header is text,
// so that nothing is lost but the host.

#include "queryd/evctl/import/syslog_file.h"

#include "common/base/clock.h"
#include "common/base/iso_time.h"
#include "common/base/text.h"
#include "queryd/evctl/import/import_lines.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

namespace evd::evctl {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kShortTimeBytes = 15;  // of Oct 11 22:14:15
constexpr unsigned kPriorityMax = 191;
constexpr unsigned kErrorSeverity = 3;  // emergency, alert, critical, error
constexpr int64_t kDayNs = int64_t{86'400} * base::kNsPerSecond;
constexpr int kYearsBack = 8;  // over any 29th of February

// A text that gives up its front.
struct Rest {
    std::string_view text;

    bool take(std::string_view front) {
        const bool there = text.starts_with(front);
        text.remove_prefix(there ? front.size() : 0);
        return there;
    }
    // Up to the next space, which is passed over.
    std::string_view word() {
        const size_t space = text.find(' ');
        const std::string_view taken = text.substr(0, space);
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
        return taken;
    }
};

std::optional<unsigned> takePriority(Rest& line) {
    const size_t end = line.text.find('>');
    if (!line.text.starts_with('<') || end == std::string_view::npos || end < 2 || end > 4) {
        return std::nullopt;
    }
    const auto number = base::parseU64(line.text.substr(1, end - 1));
    if (!number.ok() || number.value() > kPriorityMax) {
        return std::nullopt;
    }
    line.text.remove_prefix(end + 1);
    return static_cast<unsigned>(number.value());
}

std::optional<int> numberIn(std::string_view text, int most) {
    const auto number = base::parseU64(text);
    return number.ok() && number.value() <= static_cast<uint64_t>(most)
               ? std::optional(static_cast<int>(number.value()))
               : std::nullopt;
}

// The moment of a calendar time, or nothing when there is no such day in that year.
std::optional<int64_t> momentIn(tm parts, bool utc) {
    const int day = parts.tm_mday;
    parts.tm_isdst = -1;
    const time_t moment = utc ? ::timegm(&parts) : ::mktime(&parts);
    return parts.tm_mday == day ? std::optional(static_cast<int64_t>(moment) * base::kNsPerSecond)
                                : std::nullopt;
}

std::optional<tm> readShortTime(std::string_view text) {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(0, 3));
    if (text.size() != kShortTimeBytes || text[3] != ' ' || text[6] != ' ' || text[9] != ':' ||
        text[12] != ':' || month == kMonths.end()) {
        return std::nullopt;
    }
    const auto day = numberIn(text.substr(text[4] == ' ' ? 5 : 4, text[4] == ' ' ? 1 : 2), 31);
    const auto hour = numberIn(text.substr(7, 2), 23);
    const auto minute = numberIn(text.substr(10, 2), 59);
    const auto second = numberIn(text.substr(13, 2), 60);
    if (!day || *day == 0 || !hour || !minute || !second) {
        return std::nullopt;
    }
    tm parts{};
    parts.tm_mon = static_cast<int>(month - kMonths.begin());
    parts.tm_mday = *day;
    parts.tm_hour = *hour;
    parts.tm_min = *minute;
    parts.tm_sec = *second;
    return parts;
}

// The latest such time that is at most a day ahead.
std::optional<int64_t> latest(tm parts, const ImportTimes& times) {
    const time_t limit = (times.now_ns + kDayNs) / base::kNsPerSecond;
    tm calendar{};
    (void)::gmtime_r(&limit, &calendar);
    for (int back = 0; back <= kYearsBack; ++back) {
        parts.tm_year = calendar.tm_year - back;
        const auto moment = momentIn(parts, times.utc);
        if (moment && *moment >= 0 && *moment <= times.now_ns + kDayNs) {
            return moment;
        }
    }
    return std::nullopt;
}

std::optional<int64_t> takeTime(Rest& line, const ImportTimes& times) {
    Rest ahead = line;
    if (const auto moment = base::parseIsoTime(ahead.word())) {
        line = ahead;
        return moment;
    }
    const auto parts = readShortTime(line.text.substr(0, kShortTimeBytes));
    const auto moment = parts ? latest(*parts, times) : std::nullopt;
    const std::string_view behind = line.text.substr(std::min(kShortTimeBytes, line.text.size()));
    if (!moment || (!behind.empty() && !behind.starts_with(' '))) {
        return std::nullopt;
    }
    line.text = behind.substr(behind.empty() ? 0 : 1);
    return moment;
}

// "app: " or "app[4711]: "; the colon ends the text or is followed by a space, so that neither an
// address nor a word of the message is taken for a tag.
bool takeTag(Rest& line, wire::LogRecord& record) {
    const std::string_view tag = line.text.substr(0, line.text.find_first_of(" :["));
    Rest ahead{line.text.substr(tag.size())};
    if (ahead.text.starts_with('[')) {
        const size_t end = ahead.text.find_first_of(" ]");
        if (end == std::string_view::npos || ahead.text[end] != ']') {
            return false;
        }
        ahead.text.remove_prefix(end + 1);
    }
    const bool is_tag = !tag.empty() && tag.size() <= kSyslogFileTagBytesMax && ahead.take(":") &&
                        (ahead.text.empty() || ahead.take(" "));
    if (is_tag) {
        record.origin = tag;
        line = ahead;
    }
    return is_tag;
}

void readOldBody(Rest line, wire::LogRecord& record) {
    if (!takeTag(line, record)) {
        (void)line.word();  // the host
        (void)takeTag(line, record);
    }
    record.message = line.text;
}

// Moves behind "-" or elements in brackets, whose values are quoted.
std::optional<std::string_view> takeStructuredData(Rest& line) {
    if (line.take("-")) {
        return std::string_view();
    }
    size_t at = 0;
    bool is_open = false;
    bool is_quoted = false;
    for (; at < line.text.size(); ++at) {
        const char letter = line.text[at];
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
    if (at == 0 || is_open || at > line.text.size()) {
        return std::nullopt;
    }
    const std::string_view data = line.text.substr(0, at);
    line.text.remove_prefix(at);
    return data;
}

// RFC 5424 behind the priority and the version.
base::Result<wire::LogRecord> readNew(Rest line, wire::LogRecord record) {
    const auto moment = base::parseIsoTime(line.word());
    (void)line.word();  // the host
    const std::string_view name = line.word();
    (void)line.word();  // the process
    const std::string_view kind = line.word();
    const auto data = takeStructuredData(line);
    if (!moment || kind.empty() || !data || (!line.text.empty() && !line.take(" "))) {
        return base::fail(base::ErrorKind::Invalid, "a line of RFC 5424 that is not whole");
    }
    (void)line.take(kByteOrderMark);
    record.timestamp_ns = *moment;
    if (name != "-" && !name.empty() && name.size() <= kSyslogFileTagBytesMax) {
        record.origin = name;
    }
    record.message = line.text.empty() ? *data : line.text;
    return record;
}

class SyslogFileParser final : public ImportParser {
  public:
    SyslogFileParser(const ImportTimes& times, ImportReport& report, ImportSink& sink)
        : times_(times), report_(report), sink_(sink) {}

    base::Result<void> feed(std::string_view bytes) override {
        return lines_.feed(bytes, [this](const ImportLine& line) { return take(line); });
    }
    base::Result<void> finish() override {
        return lines_.finish([this](const ImportLine& line) { return take(line); });
    }

  private:
    base::Result<void> take(const ImportLine& line) {
        if (base::trim(line.text).empty()) {
            return {};
        }
        if (line.is_too_long) {
            report_.notUnderstood("a line that is too long", line.number, line.text);
            return {};
        }
        std::string copy;
        std::string_view text = line.text;
        if (!base::isUtf8(text)) {
            copy = base::toUtf8(text);
            text = copy;
        }
        const auto record = parseSyslogFileLine(text, times_);
        if (!record.ok()) {
            report_.notUnderstood(record.error().text, line.number, line.text);
            return {};
        }
        report_.understood("log records");
        return sink_.log(inOrder(record.value()));
    }

    // Lines of one moment stay in their order: each is a nanosecond behind the one before.
    wire::LogRecord inOrder(wire::LogRecord record) {
        same_moment_ = record.timestamp_ns == moment_ns_ ? same_moment_ + 1 : 0;
        moment_ns_ = record.timestamp_ns;
        record.timestamp_ns += same_moment_;
        return record;
    }

    const ImportTimes times_;
    ImportReport& report_;
    ImportSink& sink_;
    ImportLines lines_{kImportLineBytesMax};
    int64_t moment_ns_ = -1;
    int64_t same_moment_ = 0;
};

}  // namespace

base::Result<wire::LogRecord> parseSyslogFileLine(std::string_view text, const ImportTimes& times) {
    Rest line{text};
    wire::LogRecord record;
    record.origin = kSyslogFileOrigin;
    const auto priority = takePriority(line);
    record.is_error = priority && *priority % 8 <= kErrorSeverity;
    if (priority && line.take("1 ")) {
        return readNew(line, record);
    }
    const auto moment = takeTime(line, times);
    if (!moment) {
        return base::fail(base::ErrorKind::Invalid, "a line that begins with no time");
    }
    record.timestamp_ns = *moment;
    readOldBody(line, record);
    return record;
}

std::unique_ptr<ImportParser> makeSyslogFileParser(const ImportTimes& times, ImportReport& report,
                                                   ImportSink& sink) {
    return std::make_unique<SyslogFileParser>(times, report, sink);
}

}  // namespace evd::evctl
