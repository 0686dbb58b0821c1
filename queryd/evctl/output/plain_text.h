#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

// Text of any origin, made fit for a terminal: control characters (also of the second range), bytes
// that are not UTF-8 and marks that turn the direction of writing are shown as \xNN or \u{NNNN}, so
// that no record can move the cursor, colour the screen or show one thing and mean another.
std::string printable(std::string_view text);

// One value for a person: text as it is (made printable), bytes as x"hex", the rest as JSON; nil is
// an empty string.
std::string plainValue(std::span<const uint8_t> value);

// The same where it stands between others: text that is empty or holds blanks, quotes, commas or =
// gets quotes.
std::string quotedValue(std::span<const uint8_t> value);

// How many columns the text takes on a terminal: code points, wide ones of East Asia twice.
size_t displayWidth(std::string_view text);

// At most so many columns; what was cut off is marked by an ellipsis.
std::string cutToWidth(std::string_view text, size_t width_max);

// How many bytes from the front of the text fit into so many columns; whole characters only.
size_t bytesWithin(std::string_view text, size_t width_max);

// The text in pieces of at most so many columns, cut at blanks where one is near; at least one
// piece.
std::vector<std::string> wrapToWidth(std::string_view text, size_t width_max);

// A number of bytes in the unit that suits it: 1.5 KiB.
std::string bytesText(uint64_t bytes);

// Rows of equal length under one another, columns apart by two spaces; the first row is the
// heading. Without rows nothing.
std::string alignedTable(const std::vector<std::vector<std::string>>& rows);

}  // namespace evd::evctl
