// Recursive descent over the grammar of condition_text.h. Every rule appends its bytecode, operands
// before operators, so that postfix order comes by itself.

#include "common/access/condition_codes.h"
#include "common/access/condition_text.h"
#include "common/access/little_endian.h"
#include "common/access/utf16.h"
#include "common/access/well_known_sids.h"
#include "common/base/text.h"

#include <limits>

namespace evd::access {

namespace {

using base::Result;

struct AttributePrefix {
    std::string_view word;
    uint8_t code;
};

constexpr std::array<AttributePrefix, 4> kAttributePrefixes = {{
    {"@User.", kCodeUser},
    {"@Device.", kCodeDevice},
    {"@Resource.", kCodeResource},
    {"@Local.", kCodeLocal},
}};

enum class OperandKind { Attribute, Literal, Sids };

class Compiler {
  public:
    explicit Compiler(TextScanner& scanner) : scanner_(scanner) {}

    Result<std::vector<uint8_t>> run();

  private:
    Result<void> parseOr(size_t depth);
    Result<void> parseAnd(size_t depth);
    Result<void> parseFactor(size_t depth);
    Result<void> parseTest();
    Result<void> parsePrefixTest(const OperatorCode& code);
    // `level` counts the lists around it.
    Result<OperandKind> parseOperand(size_t level);
    Result<OperandKind> parseComposite(size_t level);
    Result<void> parseText();
    Result<void> parseOctets();
    Result<void> parseNumber();
    Result<void> parseSid();
    Result<void> parseName(uint8_t code);
    Result<uint16_t> parseEscape();

    const OperatorCode* takeOperator(OperatorKind kind);
    // False while nothing but one attribute has been written.
    bool isOperatorLast() const { return out_.size() != attribute_end_; }
    void appendSized(uint8_t code, std::span<const uint8_t> bytes);

    TextScanner& scanner_;
    std::vector<uint8_t> out_{kConditionMagic.begin(), kConditionMagic.end()};
    size_t attribute_end_ = 0;  // where the attribute written last ends
};

Result<std::vector<uint8_t>> Compiler::run() {
    EVD_TRY(parseOr(0));
    // The machine wants a result at the end, and an attribute alone is none (§3.8).
    if (isAttributeCode(out_[kConditionMagic.size()]) && !isOperatorLast()) {
        return scanner_.wrong(
            "an attribute alone decides nothing; compare it, or ask if it Exists,");
    }
    out_.resize((out_.size() + 3) / 4 * 4);
    return std::move(out_);
}

Result<void> Compiler::parseOr(size_t depth) {
    EVD_TRY(parseAnd(depth));
    for (scanner_.skipSpace(); scanner_.take("||"); scanner_.skipSpace()) {
        EVD_TRY(parseAnd(depth));
        out_.push_back(kCodeOr);
    }
    return {};
}

Result<void> Compiler::parseAnd(size_t depth) {
    EVD_TRY(parseFactor(depth));
    for (scanner_.skipSpace(); scanner_.take("&&"); scanner_.skipSpace()) {
        EVD_TRY(parseFactor(depth));
        out_.push_back(kCodeAnd);
    }
    return {};
}

Result<void> Compiler::parseFactor(size_t depth) {
    if (depth >= kConditionTextDepthMax) {
        return scanner_.wrong("the condition is nested too deep");
    }
    scanner_.skipSpace();
    if (scanner_.take("!")) {
        EVD_TRY(parseFactor(depth + 1));
        out_.push_back(kCodeNot);
        return {};
    }
    if (!scanner_.take("(")) {
        return parseTest();
    }
    EVD_TRY(parseOr(depth + 1));
    scanner_.skipSpace();
    return scanner_.take(")") ? Result<void>() : scanner_.wrong("expected )");
}

// Longer words come behind the shorter ones they begin with; takeWord() wants a whole word, and of
// the signs the longer ones must be tried first.
const OperatorCode* Compiler::takeOperator(OperatorKind kind) {
    scanner_.skipSpace();
    const OperatorCode* best = nullptr;
    for (const OperatorCode& code : kOperators) {
        if (code.kind != kind) {
            continue;
        }
        TextScanner attempt = scanner_;
        const bool taken =
            isNameLetter(code.word.front()) ? attempt.takeWord(code.word) : attempt.take(code.word);
        if (taken && (best == nullptr || code.word.size() > best->word.size())) {
            best = &code;
        }
    }
    if (best != nullptr) {
        scanner_.moveTo(scanner_.position() + best->word.size());
    }
    return best;
}

Result<void> Compiler::parseTest() {
    for (const OperatorKind kind : {OperatorKind::Exists, OperatorKind::Membership}) {
        if (const OperatorCode* code = takeOperator(kind)) {
            return parsePrefixTest(*code);
        }
    }
    const auto left = parseOperand(0);
    if (!left.ok()) {
        return left.error();
    }
    const OperatorCode* code = takeOperator(OperatorKind::Compare);
    if (code == nullptr) {
        return left.value() == OperandKind::Attribute
                   ? Result<void>()
                   : scanner_.wrong("expected a comparison such as == or Contains");
    }
    const auto right = parseOperand(0);
    if (!right.ok()) {
        return right.error();
    }
    out_.push_back(code->code);
    return {};
}

// Exists and the membership operators stand before their operand. What the machine would answer
// UNKNOWN to whatever the caller - a number as a group - is refused here, where somebody sees it.
Result<void> Compiler::parsePrefixTest(const OperatorCode& code) {
    scanner_.skipSpace();
    const bool in_parentheses = scanner_.take("(");
    const auto operand = parseOperand(0);
    if (!operand.ok()) {
        return operand.error();
    }
    scanner_.skipSpace();
    if (in_parentheses && !scanner_.take(")")) {
        return scanner_.wrong("expected )");
    }
    if (code.kind == OperatorKind::Exists && operand.value() != OperandKind::Attribute) {
        return scanner_.wrong("Exists takes an attribute, not a literal,");
    }
    if (code.kind == OperatorKind::Membership && operand.value() == OperandKind::Literal) {
        return scanner_.wrong(base::cat(code.word, " takes SIDs, such as {SID(BA)},"));
    }
    out_.push_back(code.code);
    return {};
}

// By its first letters an operand is a list, an attribute with its prefix, a SID, a literal, or the
// name of a local attribute.
Result<OperandKind> Compiler::parseOperand(size_t level) {
    scanner_.skipSpace();
    const char first = scanner_.peek();
    if (first == '{') {
        return parseComposite(level);
    }
    for (const AttributePrefix& prefix : kAttributePrefixes) {
        if (base::equalsFolded(scanner_.rest().substr(0, prefix.word.size()), prefix.word)) {
            scanner_.moveTo(scanner_.position() + prefix.word.size());
            EVD_TRY(parseName(prefix.code));
            return OperandKind::Attribute;
        }
    }
    if (base::equalsFolded(scanner_.rest().substr(0, 4), "SID(")) {
        EVD_TRY(parseSid());
        return OperandKind::Sids;
    }
    const bool number = first == '+' || first == '-' || (first >= '0' && first <= '9');
    if (first == '"' || first == '#' || number) {
        EVD_TRY(first == '"' ? parseText() : first == '#' ? parseOctets() : parseNumber());
        return OperandKind::Literal;
    }
    if (first == '%' || isNameLetter(first)) {
        EVD_TRY(parseName(kCodeLocal));
        return OperandKind::Attribute;
    }
    return scanner_.wrong("expected an attribute such as @User.name, or a value,");
}

// A composite is a set of SIDs when all its elements are SIDs, the empty one included.
Result<OperandKind> Compiler::parseComposite(size_t level) {
    if (level >= kCompositeDepthMax) {
        return scanner_.wrong("a list is nested too deep");
    }
    (void)scanner_.take("{");
    out_.push_back(kCodeComposite);
    const size_t length_at = out_.size();
    append32(out_, 0);
    OperandKind kind = OperandKind::Sids;
    scanner_.skipSpace();
    for (bool first = true; !scanner_.take("}"); first = false) {
        if (!first && !scanner_.take(",")) {
            return scanner_.wrong("expected , or }");
        }
        const size_t element_at = out_.size();
        const auto element = parseOperand(level + 1);
        if (!element.ok()) {
            return element;
        }
        if (element.value() == OperandKind::Attribute) {
            return scanner_.wrong("a list holds values, no attributes,");
        }
        if (out_[element_at] != kCodeSid) {
            kind = OperandKind::Literal;
        }
        scanner_.skipSpace();
    }
    store32(out_, length_at, static_cast<uint32_t>(out_.size() - length_at - 4));
    return kind;
}

void Compiler::appendSized(uint8_t code, std::span<const uint8_t> bytes) {
    out_.push_back(code);
    append32(out_, static_cast<uint32_t>(bytes.size()));
    appendBytes(out_, bytes);
}

Result<void> Compiler::parseText() {
    const auto quoted = scanner_.takeQuoted();
    if (!quoted.ok()) {
        return quoted.error();
    }
    const auto text = utf16FromUtf8(quoted.value());
    if (!text) {
        return scanner_.wrong("text that is no UTF-8");
    }
    appendSized(kCodeString, *text);
    return {};
}

Result<void> Compiler::parseOctets() {
    (void)scanner_.take("#");
    const size_t from = scanner_.position();
    const std::string_view rest = scanner_.rest();
    const size_t count = std::min(rest.find_first_not_of("0123456789abcdefABCDEF"), rest.size());
    const auto bytes = base::decodeHex(rest.substr(0, count));
    if (!bytes.ok()) {
        return scanner_.wrong("octets of an odd number of digits");
    }
    scanner_.moveTo(from + count);
    appendSized(kCodeOctets, bytes.value());
    return {};
}

// Sign and base are kept for whoever reads the condition later; to the machine a literal is its
// value. The greatest magnitude has room for one more on the negative side.
Result<void> Compiler::parseNumber() {
    uint8_t sign = scanner_.take("-") ? kSignMinus : kSignNone;
    sign = sign == kSignNone && scanner_.take("+") ? kSignPlus : sign;
    std::string_view digits = scanner_.rest();
    digits = digits.substr(
        0, std::min(digits.find_first_not_of("0123456789abcdefxABCDEFX"), digits.size()));
    scanner_.moveTo(scanner_.position() + digits.size());
    uint8_t base = kBaseDecimal;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
        base = kBaseHex;
        digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits.front() == '0') {
        base = kBaseOctal;
    }
    const int radix = base == kBaseHex ? 16 : base == kBaseOctal ? 8 : 10;
    uint64_t magnitude = 0;
    const auto end =
        std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, radix);
    const uint64_t most =
        static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (sign == kSignMinus ? 1 : 0);
    if (end.ec != std::errc() || end.ptr != digits.data() + digits.size() || magnitude > most) {
        return scanner_.wrong("a number that does not fit 64 bits, or is none,");
    }
    out_.push_back(kCodeInt64);
    append64(out_, sign == kSignMinus ? 0 - magnitude : magnitude);
    out_.push_back(sign);
    out_.push_back(base);
    return {};
}

Result<void> Compiler::parseSid() {
    scanner_.moveTo(scanner_.position() + 4);
    const auto sid = sidOfWord(base::trim(scanner_.takeUntil(")")));
    if (!sid.ok()) {
        return scanner_.wrong(sid.error().text);
    }
    if (!scanner_.take(")")) {
        return scanner_.wrong("expected )");
    }
    appendSized(kCodeSid, sid.value().bytes());
    return {};
}

Result<uint16_t> Compiler::parseEscape() {
    const std::string_view digits = scanner_.rest().substr(0, 4);
    uint16_t unit = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
    if (digits.size() != 4 || end.ptr != digits.data() + 4) {
        return scanner_.wrong("expected four hex digits");
    }
    scanner_.moveTo(scanner_.position() + 4);
    return unit;
}

// Letters as they are and escapes, in any mixture; the units together must be UTF-16.
Result<void> Compiler::parseName(uint8_t code) {
    std::vector<uint8_t> name;
    while (true) {
        const size_t from = scanner_.position();
        const std::string_view rest = scanner_.rest();
        size_t count = 0;
        while (count < rest.size() && isNameLetter(rest[count])) {
            ++count;
        }
        const auto letters = utf16FromUtf8(rest.substr(0, count));
        if (!letters) {
            return scanner_.wrong("a name that is no UTF-8");
        }
        appendBytes(name, *letters);
        scanner_.moveTo(from + count);
        if (!scanner_.take("%")) {
            break;
        }
        const auto unit = parseEscape();
        if (!unit.ok()) {
            return unit.error();
        }
        append16(name, unit.value());
    }
    if (name.empty() || !isUtf16(name)) {
        return scanner_.wrong("expected the name of an attribute");
    }
    appendSized(code, name);
    attribute_end_ = out_.size();
    return {};
}

}  // namespace

Result<std::vector<uint8_t>> compileConditionAt(TextScanner& scanner) {
    return Compiler(scanner).run();
}

Result<std::vector<uint8_t>> compileCondition(std::string_view text) {
    TextScanner scanner(text);
    if (text.size() > kConditionTextBytesMax) {
        return scanner.wrong("the condition is too long");
    }
    auto bytecode = compileConditionAt(scanner);
    scanner.skipSpace();
    if (bytecode.ok() && !scanner.atEnd()) {
        return scanner.wrong("there is more behind the condition");
    }
    return bytecode;
}

Result<Sid> sidOfWord(std::string_view word) {
    if (const auto known = sidOfAlias(word)) {
        return *known;
    }
    if (aliasNeedsDomain(word)) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat(word, " depends on a domain; write the SID out"));
    }
    return Sid::parseText(word);
}

std::string wordOfSid(const Sid& sid) {
    const std::string_view alias = aliasOfSid(sid);
    return alias.empty() ? sid.text() : std::string(alias);
}

}  // namespace evd::access
