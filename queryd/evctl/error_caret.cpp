#include "queryd/evctl/error_caret.h"

#include "common/base/text.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/shell/question_words.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace evd::evctl {

namespace {

constexpr std::string_view kIndent = "  ";
constexpr size_t kAroundLeast = 20;  // a narrower terminal is not served

struct Place {
    size_t line = 0;
    size_t column = 0;
};

std::optional<size_t> numberBehind(std::string_view text, std::string_view word, size_t from) {
    const size_t at = text.find(word, from);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view digits = text.substr(at + word.size());
    size_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

// The last place that is named: texts of the question may stand in quotes before it.
std::optional<Place> placeOf(std::string_view error) {
    const size_t at = error.rfind("line ");
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto line = numberBehind(error, "line ", at);
    const auto column = numberBehind(error, ", column ", at);
    if (!line || !column || *line == 0 || *column == 0) {
        return std::nullopt;
    }
    return Place{*line, *column};
}

bool isContinuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// The byte at which the character of that number (from 1) begins; the size one behind the last.
std::optional<size_t> byteOf(std::string_view line, size_t column) {
    size_t seen = 0;
    for (size_t i = 0; i < line.size(); ++i) {
        seen += isContinuation(line[i]) ? 0 : 1;
        if (seen == column) {
            return i;
        }
    }
    return seen + 1 == column ? std::optional(line.size()) : std::nullopt;
}

// How many bytes of the word stand at `at`: quoted text whole, a sign by itself.
size_t wordBytes(std::string_view line, size_t at) {
    if (at >= line.size()) {
        return 0;
    }
    if (line[at] == '"') {
        const size_t end = line.find('"', at + 1);
        return end == std::string_view::npos ? line.size() - at : end + 1 - at;
    }
    const size_t end = std::min(line.find_first_of(kQuestionWordEnds, at), line.size());
    return std::max<size_t>(end - at, 1);
}

}  // namespace

std::string caretLines(std::string_view question, std::string_view error, size_t width_max) {
    const auto place = placeOf(error);
    const auto lines = base::split(question, '\n');
    if (question.empty() || !place || place->line > lines.size()) {
        return {};
    }
    const std::string_view line = lines[place->line - 1];
    const auto at = byteOf(line, place->column);
    if (!at) {
        return {};
    }
    std::string before = printable(line.substr(0, *at));
    const std::string word = printable(line.substr(*at, wordBytes(line, *at)));
    std::string behind = printable(line.substr(*at + wordBytes(line, *at)));
    const size_t room = width_max > kAroundLeast ? width_max - kIndent.size() : 0;
    if (room > 0 && displayWidth(before) + displayWidth(word) > room) {
        // Cut from the front, so that the word stands in the right half.
        const size_t gone = displayWidth(before) - std::min(displayWidth(before), room / 2);
        before = "..." + before.substr(bytesWithin(before, gone));
    }
    std::string shown = before + word + behind;
    shown = room > 0 ? cutToWidth(shown, room) : shown;
    const size_t room_for_mark =
        room > displayWidth(before) ? room - displayWidth(before) : displayWidth(word);
    const size_t mark =
        std::max<size_t>(std::min(displayWidth(word), std::max<size_t>(room_for_mark, 1)), 1);
    return base::cat(kIndent, shown, '\n', kIndent, std::string(displayWidth(before), ' '), '^',
                     std::string(mark - 1, '~'), '\n');
}

}  // namespace evd::evctl
