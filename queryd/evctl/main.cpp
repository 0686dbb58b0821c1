// evctl: the person's end of eventd. Its parts: arguments_service (what was typed), socket_search
// (where the group is), commands with one file per command, output/ (one printer per format),
// chart/ (pictures), shell/ (typing line by line), AnswerOutput and Spool (nothing on standard
// output before the answer is whole).

#include "common/base/exhaustion.h"
#include "common/base/log.h"
#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/perform.h"
#include "queryd/evctl/session_context.h"
#include "queryd/evctl/terminal.h"

#include <sys/prctl.h>
#include <unistd.h>
#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <ctime>

namespace {

std::optional<std::string> environmentValue(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

int main(int count, char** words) {
    evd::base::setLogName("evctl");
    evd::base::endWhenOutOfMemory();
    (void)::signal(SIGPIPE, SIG_IGN);  // a closed reader is told by write(), and is no failure
    ::tzset();
    (void)std::setlocale(LC_CTYPE, "");  // how wide letters are; numbers stay as they are
    const std::vector<std::string> typed(words + 1, words + std::max(count, 1));
    const bool on_terminal =
        evd::evctl::isTerminal(STDIN_FILENO) && evd::evctl::isTerminal(STDOUT_FILENO);
    auto arguments = evd::evctl::parseArguments(typed, on_terminal);
    if (!arguments.ok()) {
        evd::evctl::complain(arguments.error().text);
        return evd::evctl::kExitUsage;
    }
    if (arguments.value().command != "run") {
        // Nothing here needs more than the person has; a command that is run may (sudo).
        (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }
    return evd::evctl::perform(arguments.value(), environmentValue);
}
