// A text is looked up in an index that knows no folding. Its spellings lie between the one in upper
// case and the one in lower case, among many other texts; nextSpelling jumps over those: whoever
// finds a text that is none goes on at the least spelling behind it. Data has few spellings of one
// word, so a few look-ups find them all.

#include "queryd/plan/index_terms.h"

#include "common/base/guid.h"
#include "common/base/text.h"

#include <algorithm>
#include <cmath>

namespace evd::queryd {

namespace {

// A number as an index holds it: what lies above 2^63-1 is rounded there too, which keeps order.
std::optional<SqlParameter> numberParameter(const Constant& constant) {
    if (constant.kind == Constant::Kind::Int) {
        return SqlParameter::ofInteger(constant.int_value);
    }
    if (constant.kind == Constant::Kind::Uint) {
        return SqlParameter::ofFloat(static_cast<double>(constant.uint_value));
    }
    const bool is_float =
        constant.kind == Constant::Kind::Float && !std::isnan(constant.float_value);
    return is_float ? std::optional(SqlParameter::ofFloat(constant.float_value)) : std::nullopt;
}

bool addGuid(const Constant& constant, IndexTerm& term) {
    const auto guid = constant.kind == Constant::Kind::Text
                          ? base::parseGuid(constant.text)
                          : base::Result<base::Guid>(base::fail(base::ErrorKind::Invalid, ""));
    if (guid) {
        term.values.push_back(SqlParameter::ofBlob(std::string(base::asText(guid.value().bytes))));
    }
    return guid.ok();
}

bool addPayloadValue(const Constant& constant, IndexTerm& term) {
    switch (constant.kind) {
        case Constant::Kind::Boolean:
            term.values.push_back(SqlParameter::ofInteger(constant.boolean ? 1 : 0));
            return true;
        case Constant::Kind::Text:
            term.folded.push_back(constant.text);
            return true;
        case Constant::Kind::Bytes:
            term.values.push_back(SqlParameter::ofBlob(constant.text));
            return true;
        case Constant::Kind::Int:
        case Constant::Kind::Uint:
        case Constant::Kind::Float:
            break;
    }
    const auto number = numberParameter(constant);
    if (number) {
        term.values.push_back(*number);
    }
    return number.has_value();
}

bool addValue(const PlanField& field, const Constant& constant, IndexTerm& term) {
    if (field.column == nullptr) {
        return addPayloadValue(constant, term);
    }
    if (field.column->kind == ColumnKind::Guid) {
        return addGuid(constant, term);
    }
    const bool is_integer =
        field.column->kind == ColumnKind::Integer && constant.kind == Constant::Kind::Int;
    if (is_integer) {
        term.values.push_back(SqlParameter::ofInteger(constant.int_value));
    }
    return is_integer;
}

// Bounds are inclusive even where the comparison is not, because the index may have rounded.
bool addRange(const PlanField& field, const Condition& condition, IndexTerm& term) {
    const bool has_numbers = field.column == nullptr || field.column->kind == ColumnKind::Integer;
    const auto bound = numberParameter(condition.values.front());
    if (!has_numbers || !bound) {
        return false;
    }
    const bool is_upper =
        condition.op == CompareOperator::Less || condition.op == CompareOperator::LessOrEqual;
    (is_upper ? term.greatest : term.least) = bound;
    return true;
}

std::optional<IndexTerm> termOf(const RecordPlan& plan, const Condition& condition) {
    const PlanField& field = plan.fields[condition.field];
    IndexTerm term;
    term.field = condition.field;
    if (field.column == &plan.table->time() || field.column == &plan.table->nameColumn() ||
        condition.values.empty() || condition.values.size() > kSqlTermsMax) {
        return std::nullopt;
    }
    if (isOrdering(condition.op)) {
        return addRange(field, condition, term) ? std::optional(term) : std::nullopt;
    }
    const bool is_equality =
        condition.op == CompareOperator::Equal || condition.op == CompareOperator::In;
    const bool is_usable =
        is_equality &&
        std::all_of(condition.values.begin(), condition.values.end(),
                    [&](const Constant& constant) { return addValue(field, constant, term); });
    return is_usable ? std::optional(std::move(term)) : std::nullopt;
}

// What finds the rows of an AND: its parts, each of which is enough. A lower and an upper bound of
// one field become one range.
class TermParts {
  public:
    void add(std::vector<IndexTerm> terms) {
        if (!terms.empty() && !joins(terms)) {
            parts_.push_back(std::move(terms));
        }
    }
    const std::vector<std::vector<IndexTerm>>& list() const { return parts_; }

  private:
    static bool isRangeAlone(const std::vector<IndexTerm>& terms) {
        return terms.size() == 1 && terms.front().isRange();
    }

    // A second bound on the same side adds nothing: what is found is judged again.
    bool joins(const std::vector<IndexTerm>& terms) {
        if (!isRangeAlone(terms)) {
            return false;
        }
        const IndexTerm& bound = terms.front();
        const auto same = std::ranges::find_if(parts_, [&bound](const auto& part) {
            return isRangeAlone(part) && part.front().field == bound.field;
        });
        if (same == parts_.end()) {
            return false;
        }
        IndexTerm& range = same->front();
        range.least = range.least ? range.least : bound.least;
        range.greatest = range.greatest ? range.greatest : bound.greatest;
        return true;
    }

    std::vector<std::vector<IndexTerm>> parts_;
};

// The letter's first form in the order of bytes.
char upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

bool isBefore(char left, char right) {
    return static_cast<unsigned char>(left) < static_cast<unsigned char>(right);
}

// The first letters as they are in `from`, then `letter`, then the rest as early as it can be.
std::string spelling(std::string_view from, size_t kept, char letter, std::string_view text) {
    std::string spelled(from.substr(0, kept));
    spelled += letter;
    for (size_t i = kept + 1; i < text.size(); ++i) {
        spelled += upper(text[i]);
    }
    return spelled;
}

}  // namespace

std::vector<IndexTerm> indexTerms(const RecordPlan& plan, const Condition& condition) {
    std::vector<IndexTerm> terms;
    switch (condition.kind) {
        case Condition::Kind::Not:
        case Condition::Kind::During:
            return terms;
        case Condition::Kind::Compare:
            if (auto term = termOf(plan, condition)) {
                terms.push_back(std::move(*term));
            }
            return terms;
        case Condition::Kind::And: {
            TermParts parts;
            for (const Condition& child : condition.children) {
                parts.add(indexTerms(plan, child));
            }
            return parts.list().empty() ? terms : parts.list().front();
        }
        case Condition::Kind::Or:
            break;
    }
    for (const Condition& child : condition.children) {
        auto some = indexTerms(plan, child);
        if (some.empty()) {
            return some;
        }
        std::move(some.begin(), some.end(), std::back_inserter(terms));
    }
    return terms.size() > kSqlTermsMax ? std::vector<IndexTerm>() : terms;
}

std::vector<std::vector<IndexTerm>> indexTerms(const RecordPlan& plan) {
    TermParts parts;
    for (const auto* conditions : {&plan.on_column, &plan.on_row}) {
        for (const Condition& condition : *conditions) {
            parts.add(indexTerms(plan, condition));
        }
    }
    return parts.list();
}

std::optional<std::string> nextSpelling(std::string_view text, std::string_view from) {
    // The last place where a later letter than that of `from` can stand.
    std::optional<size_t> can_rise;
    for (size_t i = 0; i < text.size(); ++i) {
        const char first = upper(text[i]);
        const char second = base::foldAscii(text[i]);
        if (i == from.size() || isBefore(from[i], first)) {
            return spelling(from, i, first, text);
        }
        if (isBefore(from[i], second) && from[i] != first) {
            return spelling(from, i, second, text);
        }
        if (from[i] == first && first != second) {
            can_rise = i;
        } else if (from[i] != first && from[i] != second) {
            break;  // behind both
        }
        if (i + 1 == text.size() && from.size() == text.size()) {
            return std::string(from);
        }
    }
    if (text.empty() && from.empty()) {
        return std::string();
    }
    return can_rise
               ? std::optional(spelling(from, *can_rise, base::foldAscii(text[*can_rise]), text))
               : std::nullopt;
}

}  // namespace evd::queryd
