#include "tests/support/evctl.h"

#include "tests/support/text_file.h"
#include "tests/support/wait_until.h"

namespace evd::test {

std::vector<std::string> evctlCommand(const StateFolder& state,
                                      const std::vector<std::string>& words) {
    std::vector<std::string> command = {programPath("evctl"), "--state", state.path()};
    command.insert(command.end(), words.begin(), words.end());
    return command;
}

CommandResult evctl(const StateFolder& state, const std::vector<std::string>& words,
                    const std::string& input, int timeout_seconds) {
    return runCommand(evctlCommand(state, words), input, timeout_seconds);
}

CommandResult ask(const StateFolder& state, const std::string& question, int timeout_seconds) {
    return evctl(state, {"-f", "jsonl", question}, "", timeout_seconds);
}

bool waitForLines(const StateFolder& state, const std::string& question, size_t lines) {
    return waitUntil(kPatienceMs,
                     [&] { return linesOf(ask(state, question).output).size() >= lines; });
}

}  // namespace evd::test
