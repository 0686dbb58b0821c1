#pragma once

#include "tests/support/group.h"

#include <cstddef>
#include <string>
#include <vector>

namespace evd::test {

// What a person types to have evctl speak to the group of that state folder.
std::vector<std::string> evctlCommand(const StateFolder& state,
                                      const std::vector<std::string>& words);

// Types it; bounded as runCommand() is.
CommandResult evctl(const StateFolder& state, const std::vector<std::string>& words,
                    const std::string& input = "", int timeout_seconds = 60);

// The answer to a question, or what `status` shows, as one JSON object a line.
CommandResult ask(const StateFolder& state, const std::string& question, int timeout_seconds = 60);

// Asks until the answer has that many lines or more: what was sent is stored a moment later. False
// when kPatienceMs are over.
bool waitForLines(const StateFolder& state, const std::string& question, size_t lines);

}  // namespace evd::test
