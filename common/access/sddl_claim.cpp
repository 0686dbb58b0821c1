#include "common/access/sddl_claim.h"

#include "common/access/claim_builder.h"
#include "common/access/condition_text.h"
#include "common/access/little_endian.h"
#include "common/access/sddl_words.h"
#include "common/access/utf16.h"
#include "common/base/text.h"

#include <limits>
#include <optional>

namespace evd::access {

namespace {

using Bytes = std::vector<uint8_t>;
using base::Result;

constexpr std::string_view kEndOfWord = ",)";

std::string_view takeWord(TextScanner& scanner) {
    return base::trim(scanner.takeUntil(kEndOfWord));
}

Result<Bytes> takeString(TextScanner& scanner) {
    const auto text = scanner.takeQuoted();
    if (!text.ok()) {
        return text.error();
    }
    auto bytes = utf16FromUtf8(text.value());
    return bytes ? Result<Bytes>(std::move(*bytes)) : scanner.wrong("text that is no UTF-8");
}

Result<Bytes> takeSid(TextScanner& scanner) {
    scanner.skipSpace();
    if (!scanner.takeWord("SID")) {
        return scanner.wrong("expected SID(...)");
    }
    (void)scanner.take("(");
    const auto sid = sidOfWord(takeWord(scanner));
    if (!sid.ok() || !scanner.take(")")) {
        return scanner.wrong(sid.ok() ? "expected )" : sid.error().text);
    }
    return Bytes(sid.value().bytes().begin(), sid.value().bytes().end());
}

Result<Bytes> takeOctets(TextScanner& scanner) {
    std::string_view word = takeWord(scanner);
    word.remove_prefix(word.starts_with("#") ? 1 : 0);
    auto bytes = base::decodeHex(word);
    return bytes.ok() ? std::move(bytes) : scanner.wrong("octets that are no hex");
}

// Booleans take any number, as their binary form does; only integers have a sign.
Result<Bytes> takeNumber(TextScanner& scanner, uint16_t type) {
    std::string_view word = takeWord(scanner);
    const bool negative = word.starts_with("-");
    word.remove_prefix(negative ? 1 : 0);
    const auto number = numberOfWord(word);
    uint64_t most = std::numeric_limits<uint64_t>::max();
    if (type == kClaimInteger) {
        most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
    }
    if (!number.ok() || number.value() > most || (negative && type != kClaimInteger)) {
        return scanner.wrong("a number that does not fit its type, or is none,");
    }
    Bytes bytes;
    append64(bytes, negative ? 0 - number.value() : number.value());
    return bytes;
}

Result<Bytes> takeValue(TextScanner& scanner, uint16_t type) {
    if (type == kClaimString) {
        return takeString(scanner);
    }
    if (type == kClaimSid) {
        return takeSid(scanner);
    }
    return type == kClaimOctets ? takeOctets(scanner) : takeNumber(scanner, type);
}

// The name, the type and the flags, up to the comma before the first value.
Result<NewClaim> takeHead(TextScanner& scanner) {
    NewClaim claim;
    const auto name = scanner.takeQuoted();
    if (!name.ok()) {
        return name.error();
    }
    claim.name = name.value();
    scanner.skipSpace();
    if (!scanner.take(",")) {
        return scanner.wrong("expected , behind the name of the claim");
    }
    const auto type = claimTypeOfWord(takeWord(scanner));
    if (!type || !scanner.take(",")) {
        return scanner.wrong("expected TI, TU, TS, TD, TB or TX and a comma");
    }
    claim.type = *type;
    const auto flags = numberOfWord(takeWord(scanner));
    if (!flags.ok() || flags.value() > 0xFFFF'FFFF) {
        return scanner.wrong("expected the flags of the claim");
    }
    claim.flags = static_cast<uint32_t>(flags.value());
    return claim;
}

std::optional<std::string> quoted(std::span<const uint8_t> utf16) {
    const auto text = utf8FromUtf16(utf16);
    if (!text || text->find('"') != std::string::npos || text->find('\0') != std::string::npos) {
        return std::nullopt;
    }
    return base::cat('"', *text, '"');
}

std::optional<std::string> textOfValue(const Value& value) {
    switch (value.kind) {
        case ValueKind::Integer:
            return base::cat(value.integer);
        case ValueKind::Unsigned:
            return base::cat(value.unsigned_integer);
        case ValueKind::String:
            return quoted(value.bytes);
        case ValueKind::Octets:
            return "#" + base::encodeHex(value.bytes);
        case ValueKind::Sid:
            return base::cat("SID(", wordOfSid(Sid::parse(value.bytes).value()), ')');
        case ValueKind::Null:
        case ValueKind::Composite:
            break;
    }
    return std::nullopt;
}

}  // namespace

Result<Bytes> parseSddlClaim(TextScanner& scanner) {
    scanner.skipSpace();
    if (!scanner.take("(")) {
        return scanner.wrong("expected (\"name\",type,flags,value)");
    }
    auto claim = takeHead(scanner);
    if (!claim.ok()) {
        return claim.error();
    }
    for (scanner.skipSpace(); scanner.take(","); scanner.skipSpace()) {
        auto value = takeValue(scanner, claim.value().type);
        if (!value.ok()) {
            return value;
        }
        claim.value().values.push_back(std::move(value).value());
    }
    if (!scanner.take(")")) {
        return scanner.wrong("expected , or )");
    }
    auto entry = buildClaimEntry(claim.value());
    return entry.ok() ? std::move(entry) : scanner.wrong(entry.error().text);
}

Result<std::string> printSddlClaim(std::span<const uint8_t> entry) {
    const auto claim = parseClaimEntry(entry);
    if (!claim.ok()) {
        return claim.error();
    }
    const auto unprintable = base::fail(base::ErrorKind::Invalid, "a claim that has no text");
    const std::string_view type = wordOfClaimType(claim.value().type);
    const std::string& name = claim.value().name;
    if (type.empty() || name.find('"') != std::string::npos) {
        return unprintable;
    }
    std::string out = base::cat("(\"", name, "\",", type, ',', hexOf(claim.value().flags));
    const Value& value = claim.value().value;
    const auto values = value.kind == ValueKind::Composite ? std::span<const Value>(value.elements)
                        : value.kind == ValueKind::Null    ? std::span<const Value>()
                                                           : std::span<const Value>(&value, 1);
    for (const Value& each : values) {
        const auto text = textOfValue(each);
        if (!text || out.size() > kConditionTextBytesMax) {
            return unprintable;
        }
        out += "," + *text;
    }
    return out + ")";
}

}  // namespace evd::access
