#include "queryd/plan/literal_binder.h"

#include "common/base/guid.h"
#include "common/base/nearest_word.h"
#include "common/base/text.h"
#include "queryd/lang/literals.h"
#include "queryd/lang/token_cursor.h"
#include "queryd/plan/field_list.h"
#include "queryd/plan/text_pattern.h"

#include <optional>

namespace evd::queryd {

namespace {

using Kind = Constant::Kind;

bool isText(const Literal& literal) {
    return literal.kind == Literal::Kind::Text || literal.kind == Literal::Kind::Word;
}

// The value as it is written, without regard to the field.
Constant plainConstant(const Literal& literal, int64_t now_ns) {
    Constant constant;
    switch (literal.kind) {
        case Literal::Kind::Boolean:
            constant.kind = Kind::Boolean;
            constant.boolean = literal.boolean;
            break;
        case Literal::Kind::Int:
            constant.int_value = literal.int_value;
            break;
        case Literal::Kind::Uint:
            constant.kind = Kind::Uint;
            constant.uint_value = literal.uint_value;
            break;
        case Literal::Kind::Float:
            constant.kind = Kind::Float;
            constant.float_value = literal.float_value;
            break;
        case Literal::Kind::Text:
        case Literal::Kind::Word:
            constant.kind = Kind::Text;
            constant.text = literal.text;
            break;
        case Literal::Kind::Bytes:
            constant.kind = Kind::Bytes;
            constant.text = literal.text;
            break;
        case Literal::Kind::Time:
            constant.int_value = resolveTime(literal.time, now_ns);
            break;
    }
    return constant;
}

base::Result<Constant> bindAlias(const TableColumn& column, const Literal& literal) {
    if (const auto value = aliasValue(column, literal.text)) {
        return Constant::ofInt(*value);
    }
    if (literal.kind == Literal::Kind::Text) {
        return Constant::ofText(literal.text);
    }
    return base::fail(base::ErrorKind::Invalid,
                      base::cat(shownWord(literal.text), " at ", describe(literal.at), " is no ",
                                column.alias_of, ", expected ", joinedNames(column.aliases, ", "),
                                " or a number", suggestion(literal.text, column.aliases)));
}

// A truth may be written as 0 or 1 too, which is how the databases hold it (Spec §5.1).
bool isTruthAsNumber(const PlanField& field, CompareOperator op, const Literal& literal) {
    return field.column != nullptr && field.column->kind == ColumnKind::Boolean &&
           !isOrdering(op) && literal.kind == Literal::Kind::Int &&
           (literal.int_value == 0 || literal.int_value == 1);
}

base::Result<Constant> bindPattern(const Literal& literal) {
    auto pattern = TextPattern::compile(literal.text);
    if (!pattern) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat(shownWord(literal.text), " at ", describe(literal.at),
                                    " is no pattern that MATCHES takes: ", pattern.error().text));
    }
    Constant constant = Constant::ofText(literal.text);
    constant.pattern = std::move(pattern).value();
    return constant;
}

base::Result<Constant> bindTimestamp(const Literal& literal, CompareOperator op, int64_t now_ns) {
    const bool quoted = literal.kind == Literal::Kind::Text;
    if (quoted) {
        if (const auto moment = parseQuotedTime(literal.text)) {
            return Constant::ofInt(*moment);
        }
    } else if (base::equalsFolded(literal.text, "today") ||
               base::equalsFolded(literal.text, "yesterday")) {
        TimePoint time;
        time.kind = base::equalsFolded(literal.text, "today") ? TimePoint::Kind::Today
                                                              : TimePoint::Kind::Yesterday;
        return Constant::ofInt(resolveTime(time, now_ns));
    }
    if (quoted && !isOrdering(op)) {
        return Constant::ofText(literal.text);
    }
    return errorAt(base::cat(shownWord(literal.text),
                             " is no time, expected one such as 1h ago, today or 2026-01-02,"),
                   literal.at);
}

base::Result<void> checkOperator(CompareOperator op, const Literal& literal,
                                 const Constant& constant) {
    const bool is_number =
        constant.kind == Kind::Int || constant.kind == Kind::Uint || constant.kind == Kind::Float;
    if (isOrdering(op) && !is_number) {
        return errorAt(base::cat(operatorName(op), " needs a number or a time on its right"),
                       literal.at);
    }
    if (isTextOperator(op) && !isText(literal)) {
        return errorAt(base::cat(operatorName(op), " needs text on its right, write quotes"),
                       literal.at);
    }
    return {};
}

// What text means beside certain header columns; nothing where it is just text.
std::optional<base::Result<Constant>> bindByColumn(const PlanField& field, CompareOperator op,
                                                   const Literal& literal, int64_t now_ns) {
    if (field.column == nullptr || !isText(literal) || isTextOperator(op)) {
        return std::nullopt;
    }
    if (!field.column->aliases.empty()) {
        return bindAlias(*field.column, literal);
    }
    if (field.column->kind == ColumnKind::Time) {
        return bindTimestamp(literal, op, now_ns);
    }
    if (field.column->kind == ColumnKind::Guid) {
        const auto guid = base::parseGuid(literal.text);
        return base::Result<Constant>(
            Constant::ofText(guid ? base::formatGuid(guid.value()) : literal.text));
    }
    return std::nullopt;
}

}  // namespace

base::Result<Constant> bindLiteral(const PlanField& field, CompareOperator op,
                                   const Literal& literal, int64_t now_ns) {
    auto special = bindByColumn(field, op, literal, now_ns);
    if (special) {
        if (special->ok()) {
            EVD_TRY(checkOperator(op, literal, special->value()));
        }
        return *special;
    }
    const bool is_time = field.column != nullptr && field.column->kind == ColumnKind::Time;
    const bool may_be_time = is_time || isOrdering(op);
    if (literal.kind == Literal::Kind::Time && !may_be_time) {
        return errorAt("a time is compared with timestamp or by order only, write quotes for text,",
                       literal.at);
    }
    Constant constant = plainConstant(literal, now_ns);
    if (isTruthAsNumber(field, op, literal)) {
        constant.kind = Kind::Boolean;
        constant.boolean = literal.int_value == 1;
    }
    EVD_TRY(checkOperator(op, literal, constant));
    return op == CompareOperator::Matches ? bindPattern(literal) : base::Result<Constant>(constant);
}

base::Result<std::vector<Constant>> bindLiterals(const PlanField& field, const Predicate& predicate,
                                                 int64_t now_ns) {
    std::vector<Constant> constants;
    for (const Literal& literal : predicate.literals) {
        auto constant = bindLiteral(field, predicate.op, literal, now_ns);
        if (!constant) {
            return constant.error();
        }
        constants.push_back(std::move(constant).value());
    }
    return constants;
}

}  // namespace evd::queryd
