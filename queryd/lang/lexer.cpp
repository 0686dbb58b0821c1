#include "queryd/lang/lexer.h"

#include "common/base/text.h"

#include <optional>

namespace evd::queryd {

namespace {

using base::ErrorKind;

constexpr std::string_view kWordEnds = "[](),=!<>\"";

bool isSpace(char letter) {
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

void appendUtf8(std::string& out, uint32_t code) {
    const auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | (code >> 6));
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | (code >> 12));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3F));
        put(0x80 | ((code >> 6) & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_(text) {}

    base::Result<std::vector<Token>> run() {
        skipSpaceAndComments(/*comment_may_begin=*/true);
        while (!atEnd()) {
            if (tokens_.size() >= kTokensMax) {
                return error("the question has too many words", here_);
            }
            EVD_TRY(token());
            skipSpaceAndComments(/*comment_may_begin=*/false);
        }
        add(TokenKind::End, "", here_);
        return std::move(tokens_);
    }

  private:
    bool atEnd() const { return offset_ == text_.size(); }
    char front() const { return text_[offset_]; }
    bool frontIs(char letter) const { return !atEnd() && front() == letter; }

    char take() {
        const char letter = text_[offset_++];
        if (letter == '\n') {
            here_ = {here_.line + 1, 1};
        } else if ((static_cast<unsigned char>(letter) & 0xC0) != 0x80) {
            ++here_.column;  // continuation bytes belong to the character before them
        }
        return letter;
    }

    void add(TokenKind kind, std::string text, Position at) {
        tokens_.push_back({kind, std::move(text), at});
    }

    static base::Error error(std::string_view what, Position at) {
        return base::fail(ErrorKind::Invalid, base::cat(what, " at ", describe(at)));
    }

    void skipSpaceAndComments(bool comment_may_begin) {
        while (!atEnd()) {
            if (isSpace(front())) {
                take();
                comment_may_begin = true;
            } else if (comment_may_begin && text_.substr(offset_).starts_with("--")) {
                while (!atEnd() && front() != '\n') {
                    take();
                }
            } else {
                return;
            }
        }
    }

    base::Result<void> token() {
        if (front() == '"') {
            return quoted(TokenKind::Text);
        }
        return kWordEnds.find(front()) != std::string_view::npos ? symbol() : word();
    }

    base::Result<void> symbol() {
        const Position at = here_;
        std::string text(1, take());
        const bool doubles = text == "=" || text == "!" || text == "<" || text == ">";
        if (doubles && frontIs('=')) {
            text += take();
        }
        if (text == "!") {
            return error("\"!\" means nothing by itself, write != or NOT (...)", at);
        }
        add(TokenKind::Symbol, std::move(text), at);
        return {};
    }

    base::Result<void> word() {
        const Position at = here_;
        std::string text;
        while (!atEnd() && !isSpace(front()) && kWordEnds.find(front()) == std::string_view::npos) {
            text += take();
        }
        if ((text == "x" || text == "X") && frontIs('"')) {
            return bytes(at);
        }
        add(TokenKind::Word, std::move(text), at);
        return {};
    }

    base::Result<void> bytes(Position at) {
        EVD_TRY(quoted(TokenKind::Bytes));
        Token& token = tokens_.back();
        const auto decoded = base::decodeHex(token.text);
        if (!decoded) {
            return error("x\"...\" takes pairs of hexadecimal digits, and is malformed", at);
        }
        token.text = base::asText(decoded.value());
        token.at = at;
        return {};
    }

    base::Result<void> quoted(TokenKind kind) {
        const Position at = here_;
        take();
        std::string text;
        while (!frontIs('"')) {
            if (atEnd()) {
                return error("the quoted text has no closing quote; it begins", at);
            }
            if (front() == '\\') {
                EVD_TRY(escape(text));
            } else {
                text += take();
            }
        }
        take();
        add(kind, std::move(text), at);
        return {};
    }

    base::Result<void> escape(std::string& text) {
        const Position at = here_;
        take();
        const char letter = atEnd() ? '\0' : take();
        switch (letter) {
            case '"':
            case '\\':
                text += letter;
                return {};
            case 'n':
                text += '\n';
                return {};
            case 'r':
                text += '\r';
                return {};
            case 't':
                text += '\t';
                return {};
            case 'u':
                return unicodeEscape(text, at);
            default:  // a character, not an enum
                return error("a backslash takes one of \" \\ n r t uXXXX after it", at);
        }
    }

    base::Result<void> unicodeEscape(std::string& text, Position at) {
        auto code = fourHexDigits();
        if (code && *code >= 0xD800 && *code < 0xDC00 && text_.substr(offset_).starts_with("\\u")) {
            take();
            take();
            const auto low = fourHexDigits();
            const bool pairs = low && *low >= 0xDC00 && *low < 0xE000;
            code = pairs ? std::optional(0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00))
                         : std::nullopt;
        }
        if (!code || (*code >= 0xD800 && *code < 0xE000)) {
            return error("\\u takes four hexadecimal digits of a character", at);
        }
        appendUtf8(text, *code);
        return {};
    }

    std::optional<uint32_t> fourHexDigits() {
        if (text_.size() - offset_ < 4) {
            return std::nullopt;
        }
        const auto decoded = base::decodeHex(text_.substr(offset_, 4));
        if (!decoded) {
            return std::nullopt;
        }
        for (int i = 0; i < 4; ++i) {
            take();
        }
        return uint32_t{decoded.value()[0]} << 8 | decoded.value()[1];
    }

    std::string_view text_;
    size_t offset_ = 0;
    Position here_;
    std::vector<Token> tokens_;
};

}  // namespace

base::Result<std::vector<Token>> lex(std::string_view text) {
    if (text.size() > kQueryTextBytesMax) {
        return base::fail(ErrorKind::Invalid, "the question is too long");
    }
    if (!base::isUtf8(text)) {
        return base::fail(ErrorKind::Invalid, "the question is not valid UTF-8 text");
    }
    return Lexer(text).run();
}

std::string describe(Position at) {
    return base::cat("line ", at.line, ", column ", at.column);
}

}  // namespace evd::queryd
