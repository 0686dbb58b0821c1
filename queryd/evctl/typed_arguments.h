#pragma once

#include "queryd/evctl/arguments_service.h"

#include <string>
#include <string_view>

namespace evd::evctl {

// What a text that was typed into the shell asks to be run: a question, or a command and its words,
// with the options of the session but for those that are clauses of one question. Pure.
Arguments typedArguments(const Arguments& session, const std::string& text);

// The first word of such a text, which says what it is. Pure.
std::string firstWord(std::string_view text);

}  // namespace evd::evctl
