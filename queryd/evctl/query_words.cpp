#include "queryd/evctl/query_words.h"

#include "common/base/text.h"
#include "queryd/evctl/shell/question_words.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace evd::evctl {

namespace {

// The value functions that make another value of a sample (PSD-008 §8.4).
constexpr std::array<std::string_view, 5> kTransforms = {"RATE", "DELTA", "P50", "P95", "P99"};

bool isTransform(std::string_view word) {
    return std::any_of(kTransforms.begin(), kTransforms.end(),
                       [word](std::string_view each) { return base::equalsFolded(word, each); });
}

}  // namespace

QueryWords findQueryWords(std::string_view text) {
    QueryWords found;
    const auto words = questionWords(text);
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i].text;
        if (words[i].kind != QuestionWord::Kind::Plain || isCompared(words, i)) {
            continue;
        }
        if (base::equalsFolded(word, "TAKE") && i + 1 < words.size()) {
            // Only for showing: what is no number stays 0.
            const std::string_view count = words[i + 1].text;
            (void)std::from_chars(count.data(), count.data() + count.size(), found.take_count);
        }
        found.metric |= i == 0 && base::equalsFolded(word, "METRIC");
        found.stream |= base::equalsFolded(word, "STREAM");
        found.sort |= base::equalsFolded(word, "SORT");
        found.take |= base::equalsFolded(word, "TAKE");
        found.transform |= isTransform(word);
    }
    return found;
}

}  // namespace evd::evctl
