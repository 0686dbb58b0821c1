#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"

#include <string_view>

namespace evd::queryd {

inline constexpr uint32_t kConditionDepthMax = 64;  // parentheses within parentheses
inline constexpr size_t kConditionTermsMax = 4096;  // comparisons in one question
inline constexpr size_t kListLengthMax = 1000;      // names after SELECT, values after IN, ...
inline constexpr size_t kSortFieldsMax = 16;
inline constexpr size_t kGroupFieldsMax = 16;

// Turns the text of a question into its clauses, for all three modes (Spec §8.1 to §8.5, Ruling Q1,
// Q2, Q14).
//
// Recursive descent over the tokens with one token of look-ahead (two where a word may be a keyword
// or a name). Judges form only: which clauses a mode has, how often, in what shape; what the names
// mean is the binder's. The text comes from a stranger: lengths, list sizes and nesting are bounded
// by the limits above, and every failure is Invalid with one sentence that says where, what was
// expected and what was perhaps meant (Ruling Q13). Pure, any thread.
base::Result<Query> parseQuery(std::string_view text);

}  // namespace evd::queryd
