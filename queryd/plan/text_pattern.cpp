// RE2 folds letters of every script when it folds at all. The language folds ASCII only, so letters
// beyond ASCII are written to RE2 as (?-i:...) where they stand for themselves. Inside a class they
// are left as they are: what a class names besides ASCII is folded by RE2's rules.

#include "queryd/plan/text_pattern.h"

#include "common/base/text.h"

#include <re2/re2.h>
#include <algorithm>
#include <string>

namespace evd::queryd {

namespace {

bool isAscii(char letter) {
    return static_cast<unsigned char>(letter) < 0x80;
}

// How many bytes the character that begins here has; the pattern is valid UTF-8.
size_t characterBytes(std::string_view rest) {
    size_t bytes = 1;
    while (bytes < rest.size() && (static_cast<unsigned char>(rest[bytes]) & 0xC0U) == 0x80) {
        ++bytes;
    }
    return bytes;
}

// Where a class that begins at its bracket ends. A bracket right at its beginning is a member.
size_t classEnd(std::string_view pattern, size_t at) {
    at += pattern.substr(at + 1, 1) == "^" ? 2 : 1;
    at += pattern.substr(at, 1) == "]" ? 1 : 0;
    while (at < pattern.size() && pattern[at] != ']') {
        if (pattern.substr(at, 2) == "[:") {
            const size_t end = pattern.find(":]", at);
            at = end == std::string_view::npos ? at + 1 : end + 2;
        } else {
            at += pattern[at] == '\\' ? 2 : 1;
        }
    }
    return std::min(at + 1, pattern.size());
}

std::string foldingAsciiOnly(std::string_view pattern) {
    std::string written;
    bool is_quoted = false;  // from \Q to \E, or to the end
    for (size_t at = 0; at < pattern.size();) {
        const std::string_view two = pattern.substr(at, 2);
        if (!isAscii(pattern[at])) {
            const size_t bytes = characterBytes(pattern.substr(at));
            const std::string alone = base::cat("(?-i:", pattern.substr(at, bytes), ")");
            written += is_quoted ? base::cat("\\E", alone, "\\Q") : alone;
            at += bytes;
            continue;
        }
        size_t end = at + 1;
        if (two == (is_quoted ? "\\E" : "\\Q")) {
            is_quoted = !is_quoted;
            end = at + 2;
        } else if (!is_quoted && pattern[at] == '\\') {
            end = std::min(at + 2, pattern.size());
        } else if (!is_quoted && pattern[at] == '[') {
            end = classEnd(pattern, at);
        }
        written += pattern.substr(at, end - at);
        at = end;
    }
    return written;
}

re2::StringPiece pieceOf(std::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

base::Result<std::shared_ptr<const TextPattern>> TextPattern::compile(std::string_view pattern) {
    if (pattern.size() > kPatternBytesMax) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("it has more than ", kPatternBytesMax, " bytes"));
    }
    re2::RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemoryBytesMax);
    auto expression = std::make_unique<re2::RE2>(pieceOf(foldingAsciiOnly(pattern)), options);
    if (!expression->ok()) {
        return base::fail(base::ErrorKind::Invalid, expression->error());
    }
    return std::make_shared<const TextPattern>(std::move(expression));
}

TextPattern::TextPattern(std::unique_ptr<re2::RE2> expression) {
    copies_.front().expression = std::move(expression);
}
TextPattern::~TextPattern() = default;

bool TextPattern::matches(std::string_view text) const {
    return ownCopy().Match(pieceOf(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

const re2::RE2& TextPattern::ownCopy() const {
    const pthread_t self = ::pthread_self();
    const re2::RE2& first = *copies_.front().expression;
    for (Copy& copy : copies_) {
        pthread_t owner = copy.owner.load(std::memory_order_acquire);
        if (owner == pthread_t{} && copy.owner.compare_exchange_strong(owner, self)) {
            owner = self;
        }
        if (owner != self) {
            continue;
        }
        if (copy.expression == nullptr) {
            copy.expression = std::make_unique<re2::RE2>(first.pattern(), first.options());
        }
        return *copy.expression;
    }
    return first;
}

}  // namespace evd::queryd
