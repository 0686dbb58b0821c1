#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace evd::wire {

// The pieces of a syslog message that its two readers have in common: the door, which takes what
// services of this machine send now, and the import, which takes lines that others once wrote. What
// a time means, and which message is whole, each of them decides for itself. Pure.

inline constexpr unsigned kSyslogPriorityMax = 191;
// More is no tag but text; RFC 3164 gives a tag 32 bytes and RFC 5424 an APP-NAME 48.
inline constexpr size_t kSyslogTagBytesMax = 128;
// Of messages that do not say who sent them.
inline constexpr std::string_view kSyslogUnknownOrigin = "syslog";
// May stand in front of the text of RFC 5424.
inline constexpr std::string_view kSyslogByteOrderMark = "\xEF\xBB\xBF";
inline constexpr size_t kSyslogShortTimeBytes = 15;  // of Oct 11 22:14:15

// A text that gives up its front. What is taken points into it.
struct SyslogText {
    std::string_view rest;

    bool take(std::string_view front);
    // Up to the next space, which is passed over.
    std::string_view word();
};

// Each of these takes its piece off the front, or leaves the text as it is and answers nothing.

// <0> to <191>; nothing else is a priority.
std::optional<unsigned> takeSyslogPriority(SyslogText& text);
// The structured data of RFC 5424: "-", which is none, or elements in brackets, whose values are
// quoted. Nothing when it is not closed.
std::optional<std::string_view> takeStructuredData(SyslogText& text);
// "app: " or "app[4711]: ", without the process id; the colon ends the text or is followed by a
// space, so that neither an address nor a word of the message is taken for a tag.
std::optional<std::string_view> takeSyslogTag(SyslogText& text);

// Whether the priority's severity is an error: emergency, alert, critical, error.
bool isSyslogError(unsigned priority);
// The month, from 0, of a text that begins in the shape of Oct 11 22:14:15; its numbers are not
// looked at.
std::optional<int> shortTimeMonth(std::string_view text);

}  // namespace evd::wire
