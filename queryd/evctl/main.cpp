// evctl: the person's end of eventd. Its parts: arguments_service (what was typed), socket_search
// (where the group is), commands with one file per command, output/ (one printer per format),
// AnswerOutput and Spool (nothing on standard output before the answer is whole).

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/commands.h"
#include "queryd/evctl/completion_script.h"
#include "queryd/evctl/config_command.h"
#include "queryd/evctl/help_text.h"
#include "queryd/evctl/policy_command.h"
#include "queryd/evctl/question_shape.h"
#include "queryd/evctl/sd_command.h"
#include "queryd/evctl/session_context.h"
#include "queryd/evctl/socket_search.h"
#include "queryd/evctl/terminal.h"

#include <sys/prctl.h>
#include <unistd.h>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <ctime>

namespace {

using evd::base::Result;
using evd::evctl::Arguments;
using evd::evctl::SessionContext;

std::optional<std::string> environmentValue(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

// The exit status, or why there is none to be proud of.
Result<int> run(const Arguments& arguments, evd::evctl::OutputStream& output, std::string& asked) {
    if (arguments.command == "help" || arguments.command == "version") {
        output.buffer() += arguments.command == "help"
                               ? evd::evctl::helpText()
                               : std::string("evctl " EVD_VERSION " (PSD-008 v0.23)\n");
        EVD_TRY(output.flush());
        return evd::evctl::kExitSuccess;
    }
    if (arguments.command == "completion") {
        output.buffer() += evd::evctl::completionScript(arguments.words.front());
        EVD_TRY(output.flush());
        return evd::evctl::kExitSuccess;
    }
    if (arguments.command == "config") {
        EVD_TRY(evd::evctl::runConfig(arguments, environmentValue, output));
        return evd::evctl::kExitSuccess;
    }
    if (arguments.command == "sd") {
        const std::string& what = arguments.words.front();
        EVD_TRY(what == "show" || what == "check"
                    ? evd::evctl::runPolicy(arguments, environmentValue, output)
                    : evd::evctl::runSd(arguments, output));
        return evd::evctl::kExitSuccess;
    }
    const auto sockets = evd::evctl::findSockets(arguments, environmentValue);
    if (!sockets.ok()) {
        return sockets.error();
    }
    const evd::base::SystemClock clock;
    const SessionContext context{arguments,
                                 sockets.value(),
                                 clock,
                                 output,
                                 evd::evctl::isTerminal(STDOUT_FILENO),
                                 evd::evctl::terminalColumns(STDOUT_FILENO),
                                 evd::evctl::terminalRows(STDOUT_FILENO),
                                 evd::evctl::isUnicodeLocale(),
                                 environmentValue("TMPDIR").value_or("/tmp"),
                                 &asked};
    return evd::evctl::runCommand(context);
}

}  // namespace

int main(int count, char** words) {
    (void)::signal(SIGPIPE, SIG_IGN);  // a closed reader is told by write(), and is no failure
    ::tzset();
    (void)std::setlocale(LC_CTYPE, "");  // how wide letters are; numbers stay as they are
    const std::vector<std::string> typed(words + 1, words + std::max(count, 1));
    auto parsed = evd::evctl::parseArguments(typed);
    if (!parsed.ok()) {
        evd::evctl::complain(parsed.error().text);
        return evd::evctl::kExitUsage;
    }
    Arguments& arguments = parsed.value();
    const auto settled = evd::evctl::settleHabits(arguments, evd::base::SystemClock().wallNs());
    if (!settled.ok()) {
        evd::evctl::complain(settled.error().text);
        return evd::evctl::kExitUsage;
    }
    evd::evctl::settleColor(arguments, environmentValue);
    if (arguments.command != "run") {
        // Nothing here needs more than the person has; a command that is run may (sudo).
        (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }
    evd::evctl::OutputStream output(STDOUT_FILENO);
    std::string asked;
    const auto outcome = run(arguments, output, asked);
    if (outcome.ok()) {
        return outcome.value();
    }
    if (output.closed()) {
        return evd::evctl::kExitSuccess;
    }
    evd::evctl::complain(outcome.error().text, asked);
    return evd::evctl::failureStatus(arguments, outcome.error().kind);
}
