#include "queryd/evctl/shell/completion_place.h"

#include "common/base/text.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/shell/question_words.h"

#include <algorithm>
#include <array>

namespace evd::evctl {

namespace {

constexpr std::string_view kSafeSigns = "._-:/@*";

constexpr std::array<std::string_view, 3> kModes = {"EVENTS", "LOGS", "METRIC"};
// Behind these a field is named.
constexpr std::array<std::string_view, 13> kFieldWords = {
    "WHERE", "AND", "OR",  "SELECT", "SORT", "BY", "DISTINCT",
    "GROUP", "NOT", "SUM", "AVG",    "MIN",  "MAX"};
// Behind these a comma goes on with another field.
constexpr std::array<std::string_view, 3> kFieldLists = {"SELECT", "SORT", "GROUP"};

template <size_t kCount>
bool isOneOf(const std::array<std::string_view, kCount>& words, std::string_view word) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view each) { return base::equalsFolded(each, word); });
}

std::string upper(std::string_view word) {
    std::string out(word);
    std::transform(out.begin(), out.end(), out.begin(), [](char letter) {
        return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    });
    return out;
}

// The words before the one at the cursor; a comma is a word of its own.
std::vector<std::string_view> wordsOf(std::string_view text) {
    std::vector<std::string_view> words;
    for (size_t at = 0; at < text.size();) {
        if (text[at] == '"') {
            const size_t end = endOfQuoted(text, at);  // behind the quote, if there is one
            words.push_back(text.substr(at + 1, end - at - 2));
            at = std::min(end, text.size());
        } else if (kQuestionWordEnds.find(text[at]) != std::string_view::npos) {
            if (std::string_view(",(=<>").find(text[at]) != std::string_view::npos) {
                words.push_back(text.substr(at, 1));
            }
            ++at;
        } else {
            const size_t end = std::min(text.find_first_of(kQuestionWordEnds, at), text.size());
            words.push_back(text.substr(at, end - at));
            at = end;
        }
    }
    return words;
}

// The last word that opens a list of fields, when only fields and commas follow it.
bool isWithinFieldList(const std::vector<std::string_view>& words) {
    for (size_t i = words.size(); i-- > 0;) {
        if (isOneOf(kFieldLists, words[i])) {
            return true;
        }
        const bool is_item = words[i] == "," || (i + 1 < words.size() && words[i + 1] == ",");
        if (!is_item) {
            return false;
        }
    }
    return false;
}

// FROM a, b: each of them is an origin.
bool isWithinOrigins(const std::vector<std::string_view>& words) {
    for (size_t i = words.size(); i-- > 0;) {
        if (base::equalsFolded(words[i], "FROM")) {
            return true;
        }
        if (words[i] != "," && !(i + 1 < words.size() && words[i + 1] == ",")) {
            return false;
        }
    }
    return false;
}

// Names behind a comparison, as far as the store knows them.
void settleValue(std::string_view field, CompletionPlace& place) {
    place.event_types = base::equalsFolded(field, "event_type");
    place.origins = base::equalsFolded(field, "origin");
}

void settleMode(const std::vector<std::string_view>& words, size_t mode_at,
                CompletionPlace& place) {
    place.mode = upper(words[mode_at]);
    const bool has_subject = words.size() > mode_at + 1;
    if (has_subject && place.mode != "LOGS") {
        place.subject = std::string(words[mode_at + 1]);
    }
    if (!has_subject) {
        place.event_types = place.mode == "EVENTS";
        place.metrics = place.mode == "METRIC";
        place.keywords = place.mode != "METRIC";
        return;
    }
    const std::string_view before = words.back();
    if (before == "=" || before == "<" || before == ">") {
        const auto first_sign = std::find_if(words.rbegin(), words.rend(), [](auto word) {
            return word != "=" && word != "<" && word != ">";
        });
        settleValue(first_sign == words.rend() ? "" : *first_sign, place);
    } else if (isWithinOrigins(words)) {
        place.origins = true;
    } else if (isOneOf(kFieldWords, before) || before == "(" || isWithinFieldList(words)) {
        place.fields = true;
        place.keywords = before != ",";
    } else if (base::equalsFolded(before, "EVENT")) {
        place.event_types = true;
    } else if (base::equalsFolded(before, "METRIC")) {
        place.metrics = true;
    } else if (base::equalsFolded(before, "LOG")) {
        place.origins = true;
    } else {
        place.keywords = true;
    }
}

}  // namespace

CompletionPlace completionPlace(std::string_view before) {
    CompletionPlace place;
    const size_t end = before.find_last_of(kQuestionWordEnds);
    place.begins_at = end == std::string_view::npos ? 0 : end + 1;
    // A name in quotes is completed with its quote.
    if (end != std::string_view::npos && before[end] == '"') {
        place.begins_at = end;
    }
    place.prefix = std::string(before.substr(place.begins_at));
    const auto words = wordsOf(before.substr(0, place.begins_at));
    const auto mode = std::find_if(words.begin(), words.end(),
                                   [](std::string_view word) { return isOneOf(kModes, word); });
    if (mode == words.end()) {
        place.modes = true;
        return place;
    }
    settleMode(words, static_cast<size_t>(mode - words.begin()), place);
    return place;
}

std::vector<std::string> fittingNames(const std::vector<std::string>& names,
                                      std::string_view prefix) {
    const std::string wanted = base::foldAscii(prefix.starts_with('"') ? prefix.substr(1) : prefix);
    std::vector<std::string> fitting;
    for (const std::string& name : names) {
        const bool is_safe = std::all_of(name.begin(), name.end(), [](char letter) {
            const char folded = base::foldAscii(letter);
            return (folded >= 'a' && folded <= 'z') || (folded >= '0' && folded <= '9') ||
                   kSafeSigns.find(letter) != std::string_view::npos;
        });
        // Nobody means to type what cannot be shown as it is.
        if (name.empty() || printable(name) != name ||
            name.find_first_of("\"\\") != std::string::npos ||
            !base::foldAscii(name).starts_with(wanted)) {
            continue;
        }
        fitting.push_back(is_safe && !prefix.starts_with('"') ? name : base::cat('"', name, '"'));
    }
    std::sort(fitting.begin(), fitting.end());
    fitting.erase(std::unique(fitting.begin(), fitting.end()), fitting.end());
    return fitting;
}

}  // namespace evd::evctl
