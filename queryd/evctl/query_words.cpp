#include "queryd/evctl/query_words.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace evd::evctl {

namespace {

// The value functions that make another value of a sample (PSD-008 §8.4).
constexpr std::array<std::string_view, 5> kTransforms = {"RATE", "DELTA", "P50", "P95", "P99"};
constexpr std::string_view kWordEnds = " \t\r\n[](),=!<>\"";

// Where the quoted text that begins at `at` ends.
size_t skipQuoted(std::string_view text, size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        at += text[at] == '\\' ? 1 : 0;
    }
    return at + 1;
}

bool isTransform(std::string_view word) {
    return std::any_of(kTransforms.begin(), kTransforms.end(),
                       [word](std::string_view each) { return base::equalsFolded(word, each); });
}

}  // namespace

QueryWords findQueryWords(std::string_view text) {
    QueryWords found;
    size_t at = 0;
    bool is_first = true;
    bool is_behind_take = false;
    while (at < text.size()) {
        if (text[at] == '"') {
            at = skipQuoted(text, at);
            continue;
        }
        if (kWordEnds.find(text[at]) != std::string_view::npos) {
            ++at;
            continue;
        }
        const size_t end = std::min(text.find_first_of(kWordEnds, at), text.size());
        const std::string_view word = text.substr(at, end - at);
        if (word.starts_with("--")) {
            at = std::min(text.find('\n', at), text.size());
            continue;
        }
        found.metric |= is_first && base::equalsFolded(word, "METRIC");
        is_first = false;
        if (is_behind_take) {
            // Only for showing: what is no number stays 0.
            (void)std::from_chars(word.data(), word.data() + word.size(), found.take_count);
        }
        is_behind_take = base::equalsFolded(word, "TAKE");
        found.stream |= base::equalsFolded(word, "STREAM");
        found.sort |= base::equalsFolded(word, "SORT");
        found.take |= base::equalsFolded(word, "TAKE");
        found.transform |= isTransform(word);
        at = end;
    }
    return found;
}

}  // namespace evd::evctl
