#include "queryd/evctl/perform.h"

#include "common/base/clock.h"
#include "queryd/evctl/commands.h"
#include "queryd/evctl/completion_script.h"
#include "queryd/evctl/config_command.h"
#include "queryd/evctl/help_text.h"
#include "queryd/evctl/policy_command.h"
#include "queryd/evctl/question_shape.h"
#include "queryd/evctl/sd_command.h"
#include "queryd/evctl/session_context.h"
#include "queryd/evctl/shell_command.h"
#include "queryd/evctl/terminal.h"

#include <unistd.h>

namespace evd::evctl {

namespace {

// The exit status, or why there is none to be proud of.
base::Result<int> run(const Arguments& arguments, const Environment& environment,
                      OutputStream& output, std::string& asked) {
    if (arguments.command == "help" || arguments.command == "version") {
        output.buffer() += arguments.command == "help"
                               ? helpText()
                               : std::string("evctl " EVD_VERSION " (PSD-008 v0.23)\n");
        EVD_TRY(output.flush());
        return kExitSuccess;
    }
    if (arguments.command == "completion") {
        output.buffer() += completionScript(arguments.words.front());
        EVD_TRY(output.flush());
        return kExitSuccess;
    }
    if (arguments.command == "config") {
        EVD_TRY(runConfig(arguments, environment, output));
        return kExitSuccess;
    }
    if (arguments.command == "sd") {
        const std::string& what = arguments.words.front();
        EVD_TRY(what == "show" || what == "check" ? runPolicy(arguments, environment, output)
                                                  : runSd(arguments, output));
        return kExitSuccess;
    }
    const auto sockets = findSockets(arguments, environment);
    if (!sockets.ok()) {
        return sockets.error();
    }
    const base::SystemClock clock;
    const SessionContext context{arguments,
                                 sockets.value(),
                                 clock,
                                 output,
                                 isTerminal(STDOUT_FILENO),
                                 terminalColumns(STDOUT_FILENO),
                                 terminalRows(STDOUT_FILENO),
                                 isUnicodeLocale(),
                                 environment("TMPDIR").value_or("/tmp"),
                                 arguments.no_pager ? "" : environment("PAGER").value_or("less"),
                                 &asked};
    if (arguments.command == kShellCommand) {
        EVD_TRY(runShell(context, environment, [&](Arguments& typed) {
            const auto checked = checkArguments(typed);
            if (!checked.ok()) {
                complain(checked.error().text);
                return kExitUsage;
            }
            return perform(typed, environment);
        }));
        return kExitSuccess;
    }
    return runCommand(context);
}

}  // namespace

int perform(Arguments& arguments, const Environment& environment) {
    const auto settled = settleHabits(arguments, base::SystemClock().wallNs());
    if (!settled.ok()) {
        complain(settled.error().text);
        return kExitUsage;
    }
    settleColor(arguments, environment);
    OutputStream output(STDOUT_FILENO);
    std::string asked;
    const auto outcome = run(arguments, environment, output, asked);
    if (outcome.ok()) {
        return outcome.value();
    }
    if (output.closed()) {
        return kExitSuccess;
    }
    complain(outcome.error().text, asked);
    return failureStatus(arguments, outcome.error().kind);
}

}  // namespace evd::evctl
