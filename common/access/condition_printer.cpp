// Bytecode is postfix, so a stack of texts is enough: an operand is pushed as its text, an operator
// takes the texts of its operands and pushes the combined one, with parentheses where the grammar
// would otherwise read something else. What the grammar has no words for is refused.

#include "common/access/condition_codes.h"
#include "common/access/condition_reader.h"
#include "common/access/condition_text.h"
#include "common/access/little_endian.h"
#include "common/access/utf16.h"
#include "common/base/text.h"

#include <algorithm>
#include <optional>

namespace evd::access {

namespace {

using base::Result;

// How tightly a text holds together; a looser one inside a tighter one needs parentheses.
enum class Binding { Or, And, Factor };

enum class PieceKind { Result, Attribute, Literal, Sids };

struct Piece {
    std::string text;
    PieceKind kind = PieceKind::Result;
    Binding binding = Binding::Factor;
    size_t depth = 0;
};

base::Error unprintable(std::string_view why) {
    return base::fail(base::ErrorKind::Invalid,
                      base::cat("the condition cannot be written as text: ", why));
}

std::string inParentheses(const std::string& text) {
    return "(" + text + ")";
}

void enclose(Piece& piece) {
    piece.text = inParentheses(piece.text);
    ++piece.depth;
}

void appendDigits(std::string& out, uint64_t magnitude, uint8_t base) {
    char buffer[32];
    const int radix = base == kBaseHex ? 16 : base == kBaseOctal ? 8 : 10;
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), magnitude, radix);
    out += base == kBaseHex ? "0x" : base == kBaseOctal ? "0" : "";
    out.append(buffer, end.ptr);
}

std::string printInteger(const Value& value) {
    std::string out;
    if (value.sign == kSignMinus) {
        out = "-";
    } else if (value.sign == kSignPlus) {
        out = "+";
    }
    const auto bits = static_cast<uint64_t>(value.integer);
    appendDigits(out, value.integer < 0 ? 0 - bits : bits, value.base);
    return out;
}

Result<std::string> printString(std::span<const uint8_t> bytes) {
    const auto text = utf8FromUtf16(bytes);
    if (!text || text->find('"') != std::string::npos || text->find('\0') != std::string::npos) {
        return unprintable("a string holds a quote or a zero");
    }
    return base::cat('"', *text, '"');
}

Result<std::string> printLiteral(const Value& value) {
    switch (value.kind) {
        case ValueKind::Integer:
            return printInteger(value);
        case ValueKind::String:
            return printString(value.bytes);
        case ValueKind::Octets:
            return "#" + base::encodeHex(value.bytes);
        case ValueKind::Sid:
            return base::cat("SID(", wordOfSid(Sid::parse(value.bytes).value()), ')');
        case ValueKind::Composite: {
            std::string out = "{";
            for (const Value& element : value.elements) {
                const auto text = printLiteral(element);
                if (!text.ok()) {
                    return text;
                }
                out += base::cat(out.size() > 1 ? ", " : "", text.value());
            }
            return out + "}";
        }
        case ValueKind::Null:
        case ValueKind::Unsigned:
            break;
    }
    return unprintable("a literal of unknown kind");
}

bool areSids(const Value& value) {
    return value.kind == ValueKind::Sid ||
           (value.kind == ValueKind::Composite &&
            std::ranges::all_of(value.elements, [](const Value& element) {
                return element.kind == ValueKind::Sid;
            }));
}

Result<Piece> printAttribute(uint8_t code, const std::string& name) {
    if (name.empty()) {
        return unprintable("an attribute without a name");
    }
    std::string out = code == kCodeUser       ? "@User."
                      : code == kCodeDevice   ? "@Device."
                      : code == kCodeResource ? "@Resource."
                                              : "@Local.";
    for (const char letter : name) {
        if (isNameLetter(letter)) {
            out += letter;
            continue;
        }
        // Only ASCII comes here: all other letters are letters of names.
        static constexpr std::string_view kDigits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(letter);
        out += base::cat("%00", kDigits[byte >> 4], kDigits[byte & 0xF]);
    }
    return Piece{out, PieceKind::Attribute, Binding::Factor, 0};
}

class Printer {
  public:
    Result<std::string> run(std::span<const uint8_t> bytecode);

  private:
    Result<void> add(const ConditionToken& token);
    Result<void> combine(const OperatorCode& code);
    Result<void> combineTwo(const OperatorCode& code, Binding binding);
    std::optional<Piece> pop();
    Result<void> push(Piece piece);

    std::vector<Piece> stack_;
};

Result<std::string> Printer::run(std::span<const uint8_t> bytecode) {
    ConditionReader reader(bytecode);
    ConditionToken token;
    while (true) {
        const ReadOutcome outcome = reader.next(token);
        if (outcome == ReadOutcome::Malformed) {
            return unprintable("it is malformed");
        }
        if (outcome == ReadOutcome::End) {
            break;
        }
        EVD_TRY(add(token));
    }
    if (stack_.size() != 1 || stack_.front().kind != PieceKind::Result) {
        return unprintable("it does not end in one result");
    }
    return std::move(stack_.front().text);
}

// The depth is that of the parentheses, with ! as one more, as the compiler counts it. It bounds
// the work too: only a text that gets parentheses is copied.
Result<void> Printer::push(Piece piece) {
    if (stack_.size() >= kConditionStackMax || piece.depth >= kConditionTextDepthMax) {
        return unprintable("it is nested too deep");
    }
    stack_.push_back(std::move(piece));
    return {};
}

std::optional<Piece> Printer::pop() {
    if (stack_.empty()) {
        return std::nullopt;
    }
    Piece piece = std::move(stack_.back());
    stack_.pop_back();
    return piece;
}

Result<void> Printer::add(const ConditionToken& token) {
    if (isLiteralCode(token.code)) {
        auto text = printLiteral(token.value);
        if (!text.ok()) {
            return text.error();
        }
        return push({std::move(text).value(),
                     areSids(token.value) ? PieceKind::Sids : PieceKind::Literal, Binding::Factor,
                     0});
    }
    if (isAttributeCode(token.code)) {
        auto piece = printAttribute(token.code, token.name);
        return piece.ok() ? push(std::move(piece).value()) : piece.error();
    }
    return combine(*findOperator(token.code));
}

Result<void> Printer::combine(const OperatorCode& code) {
    if (code.kind == OperatorKind::Compare) {
        return combineTwo(code, Binding::Factor);
    }
    if (code.kind == OperatorKind::Binary) {
        return combineTwo(code, code.code == kCodeAnd ? Binding::And : Binding::Or);
    }
    auto operand = pop();
    if (!operand) {
        return unprintable("an operand is missing");
    }
    if (code.kind == OperatorKind::Not) {
        const bool attribute = operand->kind == PieceKind::Attribute;
        if (!attribute && operand->kind != PieceKind::Result) {
            return unprintable("a literal stands where a result should");
        }
        return push({"!" + (attribute ? operand->text : inParentheses(operand->text)),
                     PieceKind::Result, Binding::Factor, operand->depth + 2});
    }
    const bool fits = operand->kind == PieceKind::Attribute ||
                      (code.kind == OperatorKind::Membership && operand->kind == PieceKind::Sids);
    if (!fits) {
        return unprintable(base::cat(code.word, " has an operand it does not take"));
    }
    return push({base::cat(code.word, ' ', operand->text), PieceKind::Result, Binding::Factor, 0});
}

Result<void> Printer::combineTwo(const OperatorCode& code, Binding binding) {
    auto right = pop();
    auto left = right ? pop() : std::nullopt;
    if (!left) {
        return unprintable("an operand is missing");
    }
    const bool logical = code.kind == OperatorKind::Binary;
    for (Piece* piece : {&*left, &*right}) {
        const bool value = piece->kind != PieceKind::Result;
        const bool fits = logical ? !value || piece->kind == PieceKind::Attribute : value;
        if (!fits) {
            return unprintable(base::cat(code.word, " has an operand it does not take"));
        }
    }
    // The grammar groups from the left, so an equal binding needs parentheses on the right.
    if (logical && left->binding < binding) {
        enclose(*left);
    }
    if (logical && right->binding <= binding) {
        enclose(*right);
    }
    left->text += base::cat(' ', code.word, ' ', right->text);
    left->kind = PieceKind::Result;
    left->binding = binding;
    left->depth = std::max(left->depth, right->depth);
    return push(std::move(*left));
}

}  // namespace

Result<std::string> printCondition(std::span<const uint8_t> bytecode) {
    return Printer().run(bytecode);
}

}  // namespace evd::access
