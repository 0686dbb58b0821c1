#pragma once

#include "common/base/result.h"
#include "queryd/evctl/arguments_service.h"

#include <cstdint>
#include <string>

namespace evd::evctl {

// Turns what was typed by habit into the language: the words behind --since and --until become its
// words for a time (time_words.h), or one moment for a tail, which may ask again later; a query
// that is to be followed becomes a tail, and a follow that cannot be is refused. Invalid with one
// line for the person, who has mistyped. Called once, before anything is asked.
base::Result<void> settleHabits(Arguments& arguments, int64_t now_ns);

// The question with the clauses that options stand for: SINCE, UNTIL, and TAKE for -n where it does
// not take already. What it says itself twice the server refuses. Pure.
std::string shapedQuestion(std::string text, const Arguments& arguments);

}  // namespace evd::evctl
