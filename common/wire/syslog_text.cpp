#include "common/wire/syslog_text.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace evd::wire {

namespace {

constexpr unsigned kErrorSeverity = 3;
constexpr unsigned kSeverities = 8;

}  // namespace

bool SyslogText::take(std::string_view front) {
    const bool there = rest.starts_with(front);
    rest.remove_prefix(there ? front.size() : 0);
    return there;
}

std::string_view SyslogText::word() {
    const size_t space = rest.find(' ');
    const std::string_view taken = rest.substr(0, space);
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
    return taken;
}

std::optional<unsigned> takeSyslogPriority(SyslogText& text) {
    const size_t end = text.rest.find('>');
    if (!text.rest.starts_with('<') || end == std::string_view::npos || end < 2 || end > 4) {
        return std::nullopt;
    }
    const auto number = base::parseU64(text.rest.substr(1, end - 1));
    if (!number.ok() || number.value() > kSyslogPriorityMax) {
        return std::nullopt;
    }
    text.rest.remove_prefix(end + 1);
    return static_cast<unsigned>(number.value());
}

std::optional<std::string_view> takeStructuredData(SyslogText& text) {
    if (text.take("-")) {
        return std::string_view();
    }
    size_t at = 0;
    bool is_open = false;
    bool is_quoted = false;
    for (; at < text.rest.size(); ++at) {
        const char letter = text.rest[at];
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
    if (at == 0 || is_open || at > text.rest.size()) {
        return std::nullopt;
    }
    const std::string_view data = text.rest.substr(0, at);
    text.rest.remove_prefix(at);
    return data;
}

std::optional<std::string_view> takeSyslogTag(SyslogText& text) {
    const std::string_view tag = text.rest.substr(0, text.rest.find_first_of(" :["));
    SyslogText ahead{text.rest.substr(tag.size())};
    if (ahead.rest.starts_with('[')) {
        const size_t end = ahead.rest.find_first_of(" ]");
        if (end == std::string_view::npos || ahead.rest[end] != ']') {
            return std::nullopt;
        }
        ahead.rest.remove_prefix(end + 1);
    }
    const bool is_tag = !tag.empty() && tag.size() <= kSyslogTagBytesMax && ahead.take(":") &&
                        (ahead.rest.empty() || ahead.take(" "));
    if (!is_tag) {
        return std::nullopt;
    }
    text = ahead;
    return tag;
}

bool isSyslogError(unsigned priority) {
    return priority % kSeverities <= kErrorSeverity;
}

std::optional<int> shortTimeMonth(std::string_view text) {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() < kSyslogShortTimeBytes || text[3] != ' ' || text[6] != ' ' || text[9] != ':' ||
        text[12] != ':') {
        return std::nullopt;
    }
    const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(0, 3));
    return month == kMonths.end() ? std::nullopt
                                  : std::optional(static_cast<int>(month - kMonths.begin()));
}

}  // namespace evd::wire
