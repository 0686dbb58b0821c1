#pragma once

#include <string>
#include <string_view>

namespace evd::evctl {

// What `evctl completion SHELL` prints: a script by which bash, zsh or fish complete the commands,
// options and values of the vocabulary, and the keywords of a question, in quotes too (bash, zsh).
//
// The script holds all of its words and starts no program: completing costs nothing and asks no
// daemon. Empty for another shell. Pure.
std::string completionScript(std::string_view shell);

}  // namespace evd::evctl
