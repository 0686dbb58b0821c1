#include "queryd/evctl/import/audit_line.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <algorithm>

namespace evd::evctl {

namespace {

constexpr char kGroupSeparator = '\x1d';
constexpr uint64_t kSecondsMax = static_cast<uint64_t>(INT64_MAX / base::kNsPerSecond) - 1;
constexpr size_t kMillisecondDigits = 3;
constexpr size_t kTypeBytesMax = 64;
constexpr size_t kNameBytesMax = 128;

bool isNameLetter(char letter) {
    const char folded = base::foldAscii(letter);
    return (folded >= 'a' && folded <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' ||
           letter == '-' || letter == '[' || letter == ']';
}

// Where a name ends that an = follows; 0 when there is none at the front.
size_t nameLength(std::string_view text) {
    size_t length = 0;
    while (length < text.size() && isNameLetter(text[length])) {
        ++length;
    }
    return length <= kNameBytesMax && length < text.size() && text[length] == '=' ? length : 0;
}

// The kernel writes none of its names so.
bool isCapitals(std::string_view name) {
    return std::all_of(name.begin(), name.end(),
                       [](char letter) { return letter >= 'A' && letter <= 'Z'; });
}

// Takes fields off the front of a text.
class FieldReader {
  public:
    FieldReader(std::string_view text, bool is_enriched, AuditLine& line, bool is_inner = false)
        : text_(text), is_enriched_(is_enriched), line_(line), is_inner_(is_inner) {}

    base::Result<void> readAll() {
        while (true) {
            text_.remove_prefix(std::min(text_.find_first_not_of(" \t"), text_.size()));
            if (text_.empty()) {
                return {};
            }
            if (line_.fields.size() >= kAuditFieldsMax) {
                return base::fail(base::ErrorKind::Invalid, "a record with too many fields");
            }
            EVD_TRY(readOne());
        }
    }

  private:
    base::Result<void> readOne() {
        const size_t length = nameLength(text_);
        if (length == 0) {
            const std::string_view word = text_.substr(0, text_.find_first_of(" \t"));
            line_.words += base::cat(line_.words.empty() ? "" : " ", word);
            text_.remove_prefix(word.size());
            return {};
        }
        const std::string_view name = text_.substr(0, length);
        text_.remove_prefix(length + 1);
        if (name == "msg" && text_.starts_with('\'') && !is_inner_) {
            const size_t last = text_.rfind('\'');
            const size_t end = last == 0 ? text_.size() : last;  // nobody may have closed it
            const std::string_view inner = text_.substr(1, end - 1);
            text_.remove_prefix(std::min(end + 1, text_.size()));
            return FieldReader(inner, is_enriched_, line_, /*is_inner=*/true).readAll();
        }
        add(name);
        return {};
    }

    void add(std::string_view name) {
        const char first = text_.empty() ? ' ' : text_.front();
        const char closing = first == '"' ? '"' : first == '{' ? '}' : ' ';
        const size_t from = closing == ' ' ? 0 : 1;
        const size_t end = std::min(text_.find(closing, from), text_.size());
        const std::string_view value = text_.substr(from, end - from);
        text_.remove_prefix(std::min(end + from, text_.size()));
        const bool is_name = is_enriched_ || isCapitals(name);
        std::string kept = is_name ? base::foldAscii(name) + "_name" : std::string(name);
        line_.fields.push_back({std::move(kept), std::string(value), closing != ' '});
    }

    std::string_view text_;
    bool is_enriched_;
    AuditLine& line_;
    bool is_inner_;  // within a message already, which has none of its own
};

base::Error invalid(const char* reason) {
    return base::fail(base::ErrorKind::Invalid, reason);
}

// Up to the delimiter, which is passed over; nothing when there is none.
bool takeUpTo(std::string_view& text, std::string_view delimiter, std::string_view& piece) {
    const size_t end = text.find(delimiter);
    if (end == std::string_view::npos) {
        return false;
    }
    piece = text.substr(0, end);
    text.remove_prefix(end + delimiter.size());
    return true;
}

base::Result<void> readStamp(std::string_view stamp, AuditLine& line) {
    std::string_view seconds;
    std::string_view milliseconds;
    const bool has_parts = takeUpTo(stamp, ".", seconds) && takeUpTo(stamp, ":", milliseconds);
    const auto whole = base::parseU64(seconds);
    const auto part = base::parseU64(milliseconds);
    const auto serial = base::parseU64(stamp);
    if (!has_parts || !whole.ok() || whole.value() > kSecondsMax || !part.ok() ||
        milliseconds.size() != kMillisecondDigits || !serial.ok()) {
        return invalid("a record without a readable id");
    }
    line.time_ns = static_cast<int64_t>(whole.value()) * base::kNsPerSecond +
                   static_cast<int64_t>(part.value()) * base::kNsPerMs;
    line.serial = serial.value();
    return {};
}

}  // namespace

base::Result<AuditLine> parseAuditLine(std::string_view text) {
    AuditLine line;
    std::string_view piece;
    if (text.starts_with("node=")) {
        text.remove_prefix(5);
        if (!takeUpTo(text, " ", piece)) {
            return invalid("a line that is no audit record");
        }
        line.node = base::toUtf8(piece);
    }
    if (!text.starts_with("type=")) {
        return invalid("a line that is no audit record");
    }
    text.remove_prefix(5);
    if (!takeUpTo(text, " msg=audit(", piece) || piece.empty() || piece.size() > kTypeBytesMax) {
        return invalid("a line that is no audit record");
    }
    line.type = base::toUtf8(piece);
    if (!takeUpTo(text, "):", piece)) {
        return invalid("a record without a readable id");
    }
    EVD_TRY(readStamp(piece, line));
    const size_t separator = std::min(text.find(kGroupSeparator), text.size());
    EVD_TRY(FieldReader(text.substr(0, separator), /*is_enriched=*/false, line).readAll());
    text.remove_prefix(std::min(separator + 1, text.size()));
    EVD_TRY(FieldReader(text, /*is_enriched=*/true, line).readAll());
    return line;
}

}  // namespace evd::evctl
