#include "queryd/lang/value_parser.h"

#include "common/base/text.h"
#include "queryd/lang/literals.h"

namespace evd::queryd {

namespace {

constexpr std::string_view kTimeForms =
    "a time such as 1h ago, today, 2026-01-02 or 2026-01-02T03:04:05";

TimePoint timePoint(TimePoint::Kind kind, int64_t ns, Position at) {
    TimePoint time;
    time.kind = kind;
    time.ns = ns;
    time.at = at;
    return time;
}

Literal timeLiteral(const TimePoint& time) {
    Literal literal;
    literal.kind = Literal::Kind::Time;
    literal.time = time;
    literal.at = time.at;
    return literal;
}

Literal textLiteral(Literal::Kind kind, const Token& token) {
    Literal literal;
    literal.kind = kind;
    literal.text = token.text;
    literal.at = token.at;
    return literal;
}

bool isDistance(const TokenCursor& cursor) {
    const Token& second = cursor.peekSecond();
    return second.kind == TokenKind::Word &&
           (base::equalsFolded(second.text, "ago") || base::equalsFolded(second.text, "hence"));
}

// 1h ago, 1h hence: the cursor stands on the duration.
base::Result<TimePoint> parseDistance(TokenCursor& cursor, int64_t duration_ns) {
    const Position at = cursor.take().at;
    if (cursor.tryWord("ago")) {
        return timePoint(TimePoint::Kind::Ago, duration_ns, at);
    }
    if (cursor.tryWord("hence")) {
        return timePoint(TimePoint::Kind::Hence, duration_ns, at);
    }
    return cursor.unexpected();
}

base::Result<Literal> parseNumberLike(TokenCursor& cursor) {
    const Token& word = cursor.peek();
    const auto duration = parseDuration(word.text);
    if (duration && isDistance(cursor)) {
        auto time = parseDistance(cursor, *duration);
        return time ? base::Result<Literal>(timeLiteral(time.value())) : time.error();
    }
    if (const auto moment = parseCalendarTime(word.text)) {
        return timeLiteral(timePoint(TimePoint::Kind::Absolute, *moment, cursor.take().at));
    }
    if (auto number = parseNumber(word.text)) {
        number->at = cursor.take().at;
        return *number;
    }
    return errorAt(base::cat(shownWord(word.text),
                             " begins like a number but is none in range, write text in quotes,"),
                   word.at);
}

base::Result<Literal> parseWordLiteral(TokenCursor& cursor) {
    const Token& word = cursor.peek();
    if (startsLikeNumber(word.text)) {
        return parseNumberLike(cursor);
    }
    if (base::equalsFolded(word.text, "NULL")) {
        return errorAt("NULL is equal to nothing, write IS NULL or IS NOT NULL,", word.at);
    }
    const bool is_true = base::equalsFolded(word.text, "true");
    if (is_true || base::equalsFolded(word.text, "false")) {
        Literal literal;
        literal.kind = Literal::Kind::Boolean;
        literal.boolean = is_true;
        literal.at = cursor.take().at;
        return literal;
    }
    return textLiteral(Literal::Kind::Word, cursor.take());
}

}  // namespace

base::Result<FieldName> parseField(TokenCursor& cursor) {
    const Token& token = cursor.peek();
    if (token.kind == TokenKind::Word) {
        if (!isPlainFieldName(token.text)) {
            return errorAt(base::cat(shownWord(token.text),
                                     " is no field name as it stands, write it in quotes,"),
                           token.at);
        }
        return FieldName{token.text, cursor.take().at};
    }
    if (token.kind == TokenKind::Text) {
        if (token.text.empty() || token.text.size() > kFieldNameLengthMax) {
            return errorAt("a field name has 1 to 1024 bytes,", token.at);
        }
        return FieldName{token.text, cursor.take().at};
    }
    cursor.expecting("a field name");
    return cursor.unexpected();
}

base::Result<std::vector<FieldName>> parseFields(TokenCursor& cursor, size_t count_max) {
    std::vector<FieldName> fields;
    do {
        auto field = parseField(cursor);
        if (!field) {
            return field.error();
        }
        if (fields.size() == count_max) {
            return errorAt(base::cat("more than ", count_max, " fields in a list"),
                           field.value().at);
        }
        fields.push_back(std::move(field).value());
    } while (cursor.trySymbol(","));
    return fields;
}

base::Result<Literal> parseLiteral(TokenCursor& cursor) {
    switch (cursor.peek().kind) {
        case TokenKind::Text:
            return textLiteral(Literal::Kind::Text, cursor.take());
        case TokenKind::Bytes:
            return textLiteral(Literal::Kind::Bytes, cursor.take());
        case TokenKind::Word:
            return parseWordLiteral(cursor);
        case TokenKind::Symbol:
        case TokenKind::End:
            break;
    }
    cursor.expecting("a value");
    return cursor.unexpected();
}

base::Result<TimePoint> parseTimePoint(TokenCursor& cursor) {
    const Token& token = cursor.peek();
    const bool quoted = token.kind == TokenKind::Text;
    if (!quoted && token.kind != TokenKind::Word) {
        cursor.expecting(kTimeForms);
        return cursor.unexpected();
    }
    const auto duration = quoted ? std::nullopt : parseDuration(token.text);
    if (duration) {
        return parseDistance(cursor, *duration);
    }
    const auto moment = quoted ? parseQuotedTime(token.text) : parseCalendarTime(token.text);
    if (moment) {
        return timePoint(TimePoint::Kind::Absolute, *moment, cursor.take().at);
    }
    const Position at = token.at;
    if (!quoted && cursor.isWord("today")) {
        return timePoint(TimePoint::Kind::Today, 0, cursor.take().at);
    }
    if (!quoted && cursor.isWord("yesterday")) {
        return timePoint(TimePoint::Kind::Yesterday, 0, cursor.take().at);
    }
    if (quoted || startsLikeNumber(token.text)) {
        return errorAt(base::cat(shownWord(token.text), " is no time, expected ", kTimeForms, ","),
                       at);
    }
    cursor.expecting(kTimeForms);
    cursor.suggesting("today");
    cursor.suggesting("yesterday");
    return cursor.unexpected();
}

base::Result<int64_t> parseWindow(TokenCursor& cursor) {
    const Token& token = cursor.peek();
    const auto duration = token.kind == TokenKind::Word ? parseDuration(token.text) : std::nullopt;
    if (!duration) {
        cursor.expecting("a duration such as 30s, 5m, 1h or 7d");
        return cursor.unexpected();
    }
    cursor.take();
    return *duration;
}

base::Result<uint64_t> parseCount(TokenCursor& cursor) {
    const Token& token = cursor.peek();
    const auto number = token.kind == TokenKind::Word ? parseNumber(token.text) : std::nullopt;
    const bool whole = number && ((number->kind == Literal::Kind::Int && number->int_value >= 0) ||
                                  number->kind == Literal::Kind::Uint);
    if (!whole) {
        cursor.expecting("a whole number from 0 on");
        return cursor.unexpected();
    }
    cursor.take();
    return number->kind == Literal::Kind::Int ? static_cast<uint64_t>(number->int_value)
                                              : number->uint_value;
}

base::Result<std::string> parseName(TokenCursor& cursor, std::string_view thing) {
    const Token& token = cursor.peek();
    const bool is_name =
        token.kind == TokenKind::Word || (token.kind == TokenKind::Text && !token.text.empty());
    if (!is_name) {
        cursor.expecting(thing);
        return cursor.unexpected();
    }
    return cursor.take().text;
}

}  // namespace evd::queryd
