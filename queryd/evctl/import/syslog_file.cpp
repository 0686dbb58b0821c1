// From the left, each step takes its piece off the front or leaves the line as it is: the priority,
// the time, then by RFC 5424 its seven fields, or a host and a tag. Whatever is no header is text,
// so that nothing is lost but the host.

#include "queryd/evctl/import/syslog_file.h"

#include "common/base/clock.h"
#include "common/base/iso_time.h"
#include "common/base/text.h"
#include "common/wire/syslog_text.h"
#include "queryd/evctl/import/import_lines.h"

#include <algorithm>
#include <ctime>
#include <optional>

namespace evd::evctl {

namespace {

constexpr int64_t kDayNs = int64_t{86'400} * base::kNsPerSecond;
constexpr int kYearsBack = 8;  // over any 29th of February

using Line = wire::SyslogText;

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
    const auto month = wire::shortTimeMonth(text);
    if (!month) {
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
    parts.tm_mon = *month;
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

std::optional<int64_t> takeTime(Line& line, const ImportTimes& times) {
    Line ahead = line;
    if (const auto moment = base::parseIsoTime(ahead.word())) {
        line = ahead;
        return moment;
    }
    const auto parts = readShortTime(line.rest);
    const auto moment = parts ? latest(*parts, times) : std::nullopt;
    const std::string_view behind =
        line.rest.substr(std::min(wire::kSyslogShortTimeBytes, line.rest.size()));
    if (!moment || (!behind.empty() && !behind.starts_with(' '))) {
        return std::nullopt;
    }
    line.rest = behind.substr(behind.empty() ? 0 : 1);
    return moment;
}

void readOldBody(Line line, wire::LogRecord& record) {
    auto tag = wire::takeSyslogTag(line);
    if (!tag) {
        (void)line.word();  // the host
        tag = wire::takeSyslogTag(line);
    }
    record.origin = tag.value_or(record.origin);
    record.message = line.rest;
}

// RFC 5424 behind the priority and the version.
base::Result<wire::LogRecord> readNew(Line line, wire::LogRecord record) {
    const auto moment = base::parseIsoTime(line.word());
    (void)line.word();  // the host
    const std::string_view name = line.word();
    (void)line.word();  // the process
    const std::string_view kind = line.word();
    const auto data = wire::takeStructuredData(line);
    if (!moment || kind.empty() || !data || (!line.rest.empty() && !line.take(" "))) {
        return base::fail(base::ErrorKind::Invalid, "a line of RFC 5424 that is not whole");
    }
    (void)line.take(wire::kSyslogByteOrderMark);
    record.timestamp_ns = *moment;
    if (name != "-" && !name.empty() && name.size() <= wire::kSyslogTagBytesMax) {
        record.origin = name;
    }
    record.message = line.rest.empty() ? *data : line.rest;
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
    Line line{text};
    wire::LogRecord record;
    record.origin = wire::kSyslogUnknownOrigin;
    const auto priority = wire::takeSyslogPriority(line);
    record.is_error = priority && wire::isSyslogError(*priority);
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
