#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/lang/token_cursor.h"

#include <cstddef>
#include <vector>

namespace evd::queryd {

// Reads what follows WHERE, and what stands in label brackets (Spec §8.1, §8.4, §8.5).
//
// AND binds tighter than OR; NOT stands before parentheses only, so that a field may be called NOT
// (Ruling Q14). One object serves one question, because kConditionTermsMax counts all its terms;
// nesting is bounded by kConditionDepthMax. Used on the parser's thread.
class ConditionParser {
  public:
    ConditionParser(TokenCursor& cursor, Mode mode) : cursor_(cursor), mode_(mode) {}

    base::Result<Predicate> condition() { return anyOf(0); }
    // [..] after a metric's name; the cursor stands after the opening bracket.
    base::Result<std::vector<Predicate>> labels();

    // Whether a condition on another kind of data was among them.
    bool sawCrossType() const { return saw_cross_type_; }

  private:
    base::Result<Predicate> anyOf(uint32_t depth);
    base::Result<Predicate> allOf(uint32_t depth);
    base::Result<Predicate> term(uint32_t depth);
    base::Result<Predicate> parenthesized(uint32_t depth);
    base::Result<Predicate> comparison(bool in_brackets);
    base::Result<void> readOperator(Predicate& predicate, bool in_brackets);
    base::Result<void> readSet(Predicate& predicate);
    base::Result<void> readNullTest(Predicate& predicate);
    base::Result<Predicate> metricCondition();
    base::Result<Predicate> eventCondition();
    base::Result<Predicate> logCondition();
    base::Result<void> countTerm(Position at);
    bool isCrossType(std::string_view word) const;

    TokenCursor& cursor_;
    Mode mode_;
    size_t terms_ = 0;
    bool saw_cross_type_ = false;
};

}  // namespace evd::queryd
