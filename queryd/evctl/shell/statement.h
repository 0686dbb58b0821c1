#pragma once

#include <string>
#include <string_view>

namespace evd::evctl {

// Whether a text that is being typed is a whole question already.
//
// It is not while a quote or a bracket is open, while it ends in a comma, in an operator, or in a
// word behind which something must follow (WHERE, AND, BY, ...), or in a backslash. A semicolon at
// the end makes it whole. The server alone judges questions; whoever is asked for more and has
// no more to say ends with an empty line. Pure.
bool isWhole(std::string_view text);

// The question in such a text: without what only said that it goes on or is done. Pure.
std::string questionIn(std::string_view text);

}  // namespace evd::evctl
