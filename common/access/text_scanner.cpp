#include "common/access/text_scanner.h"

#include "common/base/text.h"

#include <algorithm>

namespace evd::access {

void TextScanner::skipSpace() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
}

bool TextScanner::take(std::string_view wanted) {
    if (!rest().starts_with(wanted)) {
        return false;
    }
    at_ += wanted.size();
    return true;
}

bool TextScanner::takeWord(std::string_view wanted) {
    const std::string_view left = rest();
    if (!base::equalsFolded(left.substr(0, wanted.size()), wanted) ||
        (left.size() > wanted.size() && isNameLetter(left[wanted.size()]))) {
        return false;
    }
    at_ += wanted.size();
    return true;
}

std::string_view TextScanner::takeUntil(std::string_view letters) {
    const size_t end = std::min(text_.find_first_of(letters, at_), text_.size());
    const std::string_view taken = text_.substr(at_, end - at_);
    at_ = end;
    return taken;
}

base::Result<std::string_view> TextScanner::takeQuoted() {
    skipSpace();
    if (!take("\"")) {
        return wrong("expected text between quotes");
    }
    const std::string_view text = takeUntil("\"");
    if (text.find('\0') != std::string_view::npos) {
        return wrong("text that holds a zero");
    }
    if (!take("\"")) {
        return wrong("expected the closing quote");
    }
    return text;
}

base::Error TextScanner::wrong(std::string_view what) const {
    return base::fail(base::ErrorKind::Invalid, base::cat(what, " at character ", at_ + 1));
}

bool isNameLetter(char letter) {
    const bool alphanumeric = (letter >= 'a' && letter <= 'z') ||
                              (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    return alphanumeric || letter == '_' || letter == ':' || letter == '.' || letter == '/' ||
           static_cast<unsigned char>(letter) >= 0x80;
}

}  // namespace evd::access
