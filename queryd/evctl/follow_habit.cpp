#include "queryd/evctl/follow_habit.h"

#include "common/base/text.h"
#include "queryd/evctl/vocabulary.h"

#include <algorithm>

namespace evd::evctl {

namespace {

constexpr std::string_view kFollow = "--follow";
constexpr std::string_view kTailWords = "events logs";

bool isListed(std::string_view list, std::string_view word) {
    const auto words = base::split(list, ' ');
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view listed) { return base::equalsFolded(listed, word); });
}

bool isPlainWord(std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char letter) {
        const char folded = base::foldAscii(letter);
        return (folded >= 'a' && folded <= 'z') || (folded >= '0' && folded <= '9') ||
               folded == '-' || folded == '_';
    });
}

bool isFormatValue(std::string_view next) {
    return isPlainWord(next) && !next.starts_with('-') && findCommand(next) == nullptr &&
           !isListed(kTailWords, next) && !isListed(kQueryModes, next) &&
           !isListed(kQueryKeywords, next);
}

}  // namespace

std::vector<std::string> withFollow(std::span<const std::string> words) {
    std::vector<std::string> out;
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") {
            out.insert(out.end(), words.begin() + static_cast<ptrdiff_t>(i), words.end());
            break;
        }
        const bool has_value = i + 1 < words.size() && isFormatValue(words[i + 1]);
        if (word == "-f" && !has_value) {
            out.emplace_back(kFollow);
        } else if (word.starts_with("-fn") &&
                   word.find_first_not_of("0123456789", 3) == std::string::npos) {
            out.emplace_back(kFollow);
            out.push_back("-n" + word.substr(3));
        } else {
            out.push_back(word);
        }
    }
    return out;
}

}  // namespace evd::evctl
