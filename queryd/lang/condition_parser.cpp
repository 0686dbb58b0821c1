#include "queryd/lang/condition_parser.h"

#include "common/base/text.h"
#include "queryd/lang/parser.h"
#include "queryd/lang/value_parser.h"

#include <array>
#include <utility>

namespace evd::queryd {

namespace {

using SymbolOperator = std::pair<std::string_view, CompareOperator>;

constexpr std::array<SymbolOperator, 6> kSymbolOperators = {{
    {"==", CompareOperator::Equal},
    {"!=", CompareOperator::NotEqual},
    {"<", CompareOperator::Less},
    {"<=", CompareOperator::LessOrEqual},
    {">", CompareOperator::Greater},
    {">=", CompareOperator::GreaterOrEqual},
}};

constexpr std::array<SymbolOperator, 5> kWordOperators = {{
    {"STARTS_WITH", CompareOperator::StartsWith},
    {"ENDS_WITH", CompareOperator::EndsWith},
    {"CONTAINS", CompareOperator::Contains},
    {"MATCHES", CompareOperator::Matches},
    {"HAS", CompareOperator::Has},
}};

constexpr std::array<std::string_view, 3> kSetAndNullWords = {"IN", "NOT_IN", "IS"};

bool isOperator(const Token& token) {
    for (const auto& [symbol, op] : kSymbolOperators) {
        if (token.kind == TokenKind::Symbol && token.text == symbol) {
            return true;
        }
    }
    if (token.kind != TokenKind::Word) {
        return false;
    }
    for (const auto& [word, op] : kWordOperators) {
        if (base::equalsFolded(token.text, word)) {
            return true;
        }
    }
    for (const std::string_view word : kSetAndNullWords) {
        if (base::equalsFolded(token.text, word)) {
            return true;
        }
    }
    return false;
}

// One predicate out of several; a single one stays itself.
Predicate combined(Predicate::Kind kind, std::vector<Predicate> parts) {
    if (parts.size() == 1) {
        return std::move(parts.front());
    }
    Predicate all;
    all.kind = kind;
    all.at = parts.front().at;
    all.children = std::move(parts);
    return all;
}

bool isNumber(const Literal& literal) {
    return literal.kind == Literal::Kind::Int || literal.kind == Literal::Kind::Uint ||
           literal.kind == Literal::Kind::Float;
}

}  // namespace

base::Result<Predicate> ConditionParser::anyOf(uint32_t depth) {
    std::vector<Predicate> parts;
    do {
        auto part = allOf(depth);
        if (!part) {
            return part.error();
        }
        parts.push_back(std::move(part).value());
    } while (cursor_.tryWord("OR"));
    return combined(Predicate::Kind::Or, std::move(parts));
}

base::Result<Predicate> ConditionParser::allOf(uint32_t depth) {
    std::vector<Predicate> parts;
    do {
        auto part = term(depth);
        if (!part) {
            return part.error();
        }
        parts.push_back(std::move(part).value());
    } while (cursor_.tryWord("AND"));
    return combined(Predicate::Kind::And, std::move(parts));
}

base::Result<Predicate> ConditionParser::term(uint32_t depth) {
    if (cursor_.isSymbol("(")) {
        return parenthesized(depth);
    }
    const Token& second = cursor_.peekSecond();
    if (cursor_.isWord("NOT") && second.kind == TokenKind::Symbol && second.text == "(") {
        Predicate negation;
        negation.kind = Predicate::Kind::Not;
        negation.at = cursor_.take().at;
        auto inner = parenthesized(depth);
        if (!inner) {
            return inner.error();
        }
        negation.children.push_back(std::move(inner).value());
        return negation;
    }
    EVD_TRY(countTerm(cursor_.peek().at));
    if (isCrossType("METRIC")) {
        return metricCondition();
    }
    if (isCrossType("EVENT")) {
        return eventCondition();
    }
    if (isCrossType("LOG")) {
        return logCondition();
    }
    cursor_.expecting("a field name");
    cursor_.expecting("(");
    return comparison(/*in_brackets=*/false);
}

base::Result<Predicate> ConditionParser::parenthesized(uint32_t depth) {
    const Position at = cursor_.take().at;
    if (depth == kConditionDepthMax) {
        return errorAt(base::cat("conditions nest deeper than ", kConditionDepthMax, " levels"),
                       at);
    }
    auto inner = anyOf(depth + 1);
    if (inner && !cursor_.trySymbol(")")) {
        return cursor_.unexpected();
    }
    return inner;
}

// A keyword only when no operator follows: a field may be called metric, event or log.
bool ConditionParser::isCrossType(std::string_view word) const {
    return cursor_.isWord(word) && !isOperator(cursor_.peekSecond());
}

base::Result<void> ConditionParser::countTerm(Position at) {
    if (++terms_ > kConditionTermsMax) {
        return errorAt(base::cat("more than ", kConditionTermsMax, " comparisons in a question"),
                       at);
    }
    return {};
}

base::Result<Predicate> ConditionParser::comparison(bool in_brackets) {
    Predicate predicate;
    predicate.at = cursor_.peek().at;
    auto field = parseField(cursor_);
    if (!field) {
        return field.error();
    }
    predicate.field = std::move(field).value();
    EVD_TRY(readOperator(predicate, in_brackets));
    return predicate;
}

base::Result<void> ConditionParser::readOperator(Predicate& predicate, bool in_brackets) {
    bool found = false;
    if (cursor_.isSymbol("=")) {
        if (!in_brackets) {
            return errorAt("= stands in label brackets only, write == here,", cursor_.peek().at);
        }
        cursor_.take();
        found = true;
    }
    for (const auto& [symbol, op] : kSymbolOperators) {
        if (!found && cursor_.trySymbol(symbol)) {
            predicate.op = op;
            found = true;
        }
    }
    for (const auto& [word, op] : kWordOperators) {
        if (!found && cursor_.tryWord(word)) {
            predicate.op = op;
            found = true;
        }
    }
    if (!found) {
        if (cursor_.tryWord("IS")) {
            return readNullTest(predicate);
        }
        return readSet(predicate);
    }
    auto literal = parseLiteral(cursor_);
    if (!literal) {
        return literal.error();
    }
    predicate.literals.push_back(std::move(literal).value());
    return {};
}

base::Result<void> ConditionParser::readSet(Predicate& predicate) {
    if (cursor_.tryWord("IN")) {
        predicate.op = CompareOperator::In;
    } else if (cursor_.tryWord("NOT_IN")) {
        predicate.op = CompareOperator::NotIn;
    } else {
        return cursor_.unexpected();
    }
    if (!cursor_.trySymbol("(")) {
        return cursor_.unexpected();
    }
    do {
        auto literal = parseLiteral(cursor_);
        if (!literal) {
            return literal.error();
        }
        if (predicate.literals.size() == kListLengthMax) {
            return errorAt(base::cat("more than ", kListLengthMax, " values in a list"),
                           literal.value().at);
        }
        predicate.literals.push_back(std::move(literal).value());
    } while (cursor_.trySymbol(","));
    return cursor_.trySymbol(")") ? base::Result<void>() : cursor_.unexpected();
}

base::Result<void> ConditionParser::readNullTest(Predicate& predicate) {
    predicate.op = cursor_.tryWord("NOT") ? CompareOperator::IsNotNull : CompareOperator::IsNull;
    return cursor_.tryWord("NULL") ? base::Result<void>() : cursor_.unexpected();
}

base::Result<std::vector<Predicate>> ConditionParser::labels() {
    std::vector<Predicate> labels;
    if (cursor_.trySymbol("]")) {
        return labels;
    }
    do {
        EVD_TRY(countTerm(cursor_.peek().at));
        auto label = comparison(/*in_brackets=*/true);
        if (!label) {
            return label.error();
        }
        labels.push_back(std::move(label).value());
    } while (cursor_.trySymbol(","));
    if (!cursor_.trySymbol("]")) {
        return cursor_.unexpected();
    }
    return labels;
}

// METRIC name[labels] > 80, numeric comparisons only (Ruling Q12).
base::Result<Predicate> ConditionParser::metricCondition() {
    Predicate predicate;
    predicate.kind = Predicate::Kind::MetricCondition;
    predicate.at = cursor_.take().at;
    saw_cross_type_ = true;
    if (mode_ == Mode::Metric) {
        return errorAt("a METRIC query takes no condition on METRIC,", predicate.at);
    }
    auto name = parseName(cursor_, "a metric name");
    if (!name) {
        return name.error();
    }
    predicate.subject = std::move(name).value();
    if (cursor_.trySymbol("[")) {
        predicate.brackets = true;
        auto filters = labels();
        if (!filters) {
            return filters.error();
        }
        predicate.children = std::move(filters).value();
    }
    for (const auto& [symbol, op] : kSymbolOperators) {
        if (cursor_.trySymbol(symbol)) {
            predicate.op = op;
            auto literal = parseLiteral(cursor_);
            if (!literal) {
                return literal.error();
            }
            if (!isNumber(literal.value())) {
                return errorAt("a condition on METRIC compares with a number,", literal.value().at);
            }
            predicate.literals.push_back(std::move(literal).value());
            return predicate;
        }
    }
    return cursor_.unexpected();
}

base::Result<Predicate> ConditionParser::eventCondition() {
    Predicate predicate;
    predicate.kind = Predicate::Kind::EventExists;
    predicate.at = cursor_.take().at;
    saw_cross_type_ = true;
    if (mode_ == Mode::Events) {
        return errorAt("an EVENTS query takes no condition on EVENT,", predicate.at);
    }
    auto pattern = parseName(cursor_, "an event type");
    if (!pattern) {
        return pattern.error();
    }
    predicate.subject = std::move(pattern).value();
    return cursor_.tryWord("EXISTS") ? base::Result<Predicate>(std::move(predicate))
                                     : cursor_.unexpected();
}

base::Result<Predicate> ConditionParser::logCondition() {
    Predicate predicate;
    predicate.kind = Predicate::Kind::LogExists;
    predicate.at = cursor_.take().at;
    saw_cross_type_ = true;
    if (mode_ == Mode::Logs) {
        return errorAt("a LOGS query takes no condition on LOG,", predicate.at);
    }
    auto origin = parseName(cursor_, "an origin");
    if (!origin) {
        return origin.error();
    }
    predicate.subject = std::move(origin).value();
    if (cursor_.tryWord("CONTAINING")) {
        auto text = parseName(cursor_, "a text");
        if (!text) {
            return text.error();
        }
        predicate.containing = std::move(text).value();
    }
    return cursor_.tryWord("EXISTS") ? base::Result<Predicate>(std::move(predicate))
                                     : cursor_.unexpected();
}

}  // namespace evd::queryd
