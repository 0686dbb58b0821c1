// A question is a mode, the mode's primary selector and clauses in any order. The clauses are a
// table (clauses.h); this file walks it: find the rule of the word, check that it belongs to the
// mode and is not there already, let it read its rest. At the end stand the checks that need all
// clauses together.

#include "queryd/lang/parser.h"

#include "common/base/text.h"
#include "queryd/lang/clauses.h"
#include "queryd/lang/lexer.h"
#include "queryd/lang/token_cursor.h"
#include "queryd/lang/value_parser.h"

#include <map>

namespace evd::queryd {

namespace {

class Parser {
  public:
    Parser(const std::vector<Token>& tokens, Mode mode)
        : cursor_(tokens), mode_(mode), conditions_(cursor_, mode) {
        query_.mode = mode;
    }

    base::Result<Query> run() {
        cursor_.take();  // the mode, which parseQuery has read
        EVD_TRY(primarySelector());
        while (!cursor_.atEnd()) {
            EVD_TRY(clause());
        }
        EVD_TRY(checkWhole());
        return std::move(query_);
    }

  private:
    base::Result<void> primarySelector() {
        switch (mode_) {
            case Mode::Events:
                return typePattern();
            case Mode::Metric:
                return metricSelector();
            case Mode::Logs:
                return {};
        }
        return {};
    }

    // Any word that begins no clause; a type that is called like a clause is written in quotes.
    base::Result<void> typePattern() {
        const Token& token = cursor_.peek();
        if (token.kind == TokenKind::Text && !token.text.empty()) {
            query_.type_pattern = cursor_.take().text;
        } else if (token.kind == TokenKind::Word && findClause(token.text) == nullptr) {
            expectClauses();
            query_.type_pattern = cursor_.takeFreeWord().text;
        } else {
            cursor_.expecting("an event type");
        }
        return {};
    }

    base::Result<void> metricSelector() {
        auto name = parseName(cursor_, "a metric name");
        if (!name) {
            return name.error();
        }
        query_.metric.name = std::move(name).value();
        if (cursor_.trySymbol("[")) {
            query_.metric.brackets = true;
            auto labels = conditions_.labels();
            if (!labels) {
                return labels.error();
            }
            query_.metric.labels = std::move(labels).value();
        }
        return {};
    }

    void expectClauses() {
        for (const ClauseRule& rule : clauseRules()) {
            if ((rule.modes & modeBit(mode_)) != 0) {
                cursor_.expectingWord(rule.word);
            }
        }
    }

    base::Result<void> clause() {
        const Token& word = cursor_.peek();
        const ClauseRule* rule = word.kind == TokenKind::Word ? findClause(word.text) : nullptr;
        if (rule == nullptr) {
            expectClauses();
            return cursor_.unexpected();
        }
        if ((rule->modes & modeBit(mode_)) == 0) {
            return errorAt(base::cat(modeName(mode_), " takes no ", rule->word, ", found"),
                           word.at);
        }
        EVD_TRY(checkSlot(*rule, word.at));
        cursor_.take();
        ClauseContext context{cursor_, conditions_, query_, word};
        return rule->read(context);
    }

    base::Result<void> checkSlot(const ClauseRule& rule, Position at) {
        if (rule.slot == ClauseSlot::Repeatable) {
            other_clause_ = true;
            return {};
        }
        other_clause_ = other_clause_ || rule.slot != ClauseSlot::Index;
        const auto [earlier, is_new] = slots_.try_emplace(rule.slot, rule.word);
        if (is_new) {
            return {};
        }
        if (rule.slot == ClauseSlot::Aggregation) {
            return errorAt("a question takes one aggregation only, found another", at);
        }
        if (earlier->second == rule.word) {
            return errorAt(base::cat(rule.word, " may stand once only, found another"), at);
        }
        return errorAt(base::cat(rule.word, " cannot stand beside ", earlier->second, ", found"),
                       at);
    }

    base::Result<void> checkWhole() const {
        if (query_.index_field && (other_clause_ || query_.type_pattern)) {
            return errorAt("INDEX takes nothing but a field, found more than that beside it",
                           query_.index_field->at);
        }
        if (conditions_.sawCrossType() && !query_.since) {
            return base::fail(base::ErrorKind::Invalid,
                              "a condition on METRIC, EVENT or LOG needs a time range, add SINCE");
        }
        if (query_.window && !query_.since) {
            return base::fail(base::ErrorKind::Invalid,
                              "a window function needs a time range, add SINCE");
        }
        return {};
    }

    TokenCursor cursor_;
    Mode mode_;
    ConditionParser conditions_;
    Query query_;
    std::map<ClauseSlot, std::string_view> slots_;
    bool other_clause_ = false;
};

}  // namespace

base::Result<Query> parseQuery(std::string_view text) {
    auto tokens = lex(text);
    if (!tokens) {
        return tokens.error();
    }
    TokenCursor cursor(tokens.value());
    for (const Mode mode : {Mode::Events, Mode::Logs, Mode::Metric}) {
        if (cursor.isWord(modeName(mode))) {
            return Parser(tokens.value(), mode).run();
        }
        cursor.expectingWord(modeName(mode));
    }
    return cursor.unexpected();
}

}  // namespace evd::queryd
