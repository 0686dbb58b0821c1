#include "queryd/evctl/shell_command.h"

#include "common/base/text.h"
#include "queryd/evctl/live_names.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/shell/completion_place.h"
#include "queryd/evctl/shell/line_editor.h"
#include "queryd/evctl/shell/statement.h"
#include "queryd/evctl/terminal.h"
#include "queryd/evctl/typed_arguments.h"
#include "queryd/evctl/vocabulary.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace evd::evctl {

namespace {

constexpr std::string_view kPrompt = "eventd> ";
constexpr std::string_view kMorePrompt = "    ... ";
constexpr std::string_view kGreeting =
    "Type a question or a command; Tab completes, help explains, quit ends.\n";
constexpr std::string_view kHelp = R"(A question may take several lines; an empty one, or ; ends it.

  EVENTS process.exec SINCE 5m ago SELECT timestamp, name, command_line TAKE 5
  LOGS FROM kernel SINCE 1h ago WITH CONTEXT 2
  METRIC cpu.usage[] SINCE 1h ago
  explain EVENTS SINCE 1h ago COUNT BY event_type

  tail, status, top, config list, sd show ...   the commands, as in evctl help
  \format NAME   table, pretty, jsonl, json, csv, msgpack; nothing: by the screen
  \time STYLE    local, iso, relative, raw
  \utc  \wrap  \plot   switch these on and off
  quit           or Ctrl-D; Ctrl-C gives up a line, or ends an answer
)";
constexpr std::array<std::string_view, 3> kEndings = {"quit", "exit", "\\q"};
constexpr std::array<std::string_view, 6> kLogFields = {"timestamp", "origin",  "is_error",
                                                        "message",   "boot_id", "job_id"};
constexpr std::array<std::string_view, 4> kMetricFields = {"timestamp", "name", "type", "value"};

void append(std::vector<std::string>& names, std::span<const std::string_view> more) {
    names.insert(names.end(), more.begin(), more.end());
}

void append(std::vector<std::string>& names, const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
}

void put(std::string_view text) {
    (void)!::write(STDOUT_FILENO, text.data(), text.size());  // a terminal that is gone ends us
}

class Shell {
  public:
    Shell(const SessionContext& context, const Environment& environment, const RunTyped& run_typed)
        : session_(context.arguments),
          names_(context),
          run_typed_(run_typed),
          editor_(historyPath(environment),
                  [this](std::string_view before) { return candidates(before); }) {}

    void run() {
        put(kGreeting);
        std::string text;
        while (true) {
            std::string line;
            // What was typed before belongs to what a Tab is asked about.
            typed_before_ = text;
            const auto end = editor_.read(text.empty() ? kPrompt : kMorePrompt, line);
            if (end == LineEditor::End::Closed) {
                put("\n");
                return;
            }
            if (end == LineEditor::End::Interrupted) {
                put("^C\n");
                text.clear();
                continue;
            }
            const bool is_last = take(line, text);
            if (is_last) {
                return;
            }
        }
    }

  private:
    // Adds a line to the text, and runs it when it is whole. True when the session ends.
    bool take(const std::string& line, std::string& text) {
        const bool is_empty = base::trim(line).empty();
        if (text.empty() && is_empty) {
            return false;
        }
        text += text.empty() ? line : '\n' + line;
        const std::string word = firstWord(text);
        const bool is_command = findCommand(word) != nullptr || word.starts_with('\\') ||
                                std::find(kEndings.begin(), kEndings.end(), word) != kEndings.end();
        if (!is_empty && !is_command && !isWhole(text)) {
            return false;
        }
        const std::string question = questionIn(text);
        text.clear();
        remember(question);
        return perform(question);
    }

    void remember(std::string question) {
        // A comment ends with its line, so such questions stay as they are, line by line.
        if (question.find("--") == std::string::npos) {
            std::replace(question.begin(), question.end(), '\n', ' ');
            editor_.remember(question);
            return;
        }
        for (const std::string_view line : base::split(question, '\n')) {
            editor_.remember(std::string(line));
        }
    }

    bool perform(const std::string& question) {
        const std::string word = firstWord(question);
        if (std::find(kEndings.begin(), kEndings.end(), word) != kEndings.end()) {
            return true;
        }
        if (word == "help" || word == "\\?" || word == "?") {
            put(kHelp);
        } else if (word.starts_with('\\')) {
            setting(word, std::string(base::trim(std::string_view(question).substr(word.size()))));
        } else if (!word.empty()) {
            runApart(typedArguments(session_, question));
        }
        return false;
    }

    void setting(const std::string& word, const std::string& value) {
        const auto told = [](bool is_on) { put(is_on ? "on\n" : "off\n"); };
        if (word == "\\format" && (value.empty() || formatOf(value))) {
            session_.format = value;
        } else if (word == "\\time" && timeStyleOf(value)) {
            session_.time = value;
        } else if (word == "\\utc") {
            told(session_.utc = !session_.utc);
        } else if (word == "\\wrap") {
            told(session_.wrap = !session_.wrap);
        } else if (word == "\\plot") {
            session_.no_plot = !session_.no_plot;
            told(!session_.no_plot);
        } else {
            complain(base::cat("\"", word, ' ', value, "\" is no setting; see help"));
        }
    }

    void runApart(Arguments arguments) {
        const pid_t child = ::fork();
        if (child == 0) {
            (void)::signal(SIGINT, SIG_DFL);
            ::_exit(run_typed_(arguments));
        }
        if (child < 0) {
            complain("cannot start a process");
            return;
        }
        struct sigaction nothing {};
        struct sigaction before {};
        nothing.sa_handler = SIG_IGN;
        (void)::sigaction(SIGINT, &nothing, &before);
        int status = 0;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        (void)::sigaction(SIGINT, &before, nullptr);
        if (WIFSIGNALED(status)) {
            put("\n");
        }
    }

    Candidates candidates(std::string_view before) {
        const std::string text =
            typed_before_.empty() ? std::string(before) : base::cat(typed_before_, '\n', before);
        const CompletionPlace place = completionPlace(text);
        std::vector<std::string> names;
        if (place.modes) {
            append(names, base::split(kQueryModes, ' '));
            append(names, base::split(commandNames(), ' '));
            append(names, kEndings);
        }
        if (place.keywords) {
            append(names, base::split(kQueryKeywords, ' '));
        }
        if (place.event_types) {
            append(names, names_.eventTypes());
        }
        if (place.origins) {
            append(names, names_.origins());
        }
        if (place.metrics) {
            append(names, names_.metrics());
        }
        if (place.fields) {
            fields(place, names);
        }
        return {place.prefix.size(), fittingNames(names, place.prefix)};
    }

    void fields(const CompletionPlace& place, std::vector<std::string>& names) {
        if (place.mode == "LOGS") {
            append(names, kLogFields);
        } else if (place.mode == "METRIC") {
            append(names, kMetricFields);
        } else {
            // EVENTS WHERE ...: what stands behind the mode is a clause and no type.
            const auto keywords = base::split(kQueryKeywords, ' ');
            const bool is_clause =
                std::any_of(keywords.begin(), keywords.end(), [&](std::string_view keyword) {
                    return base::equalsFolded(keyword, place.subject);
                });
            append(names, names_.eventFields(is_clause ? "" : place.subject));
        }
    }

    Arguments session_;  // with what the person has set meanwhile
    LiveNames names_;
    const RunTyped& run_typed_;
    std::string typed_before_;
    LineEditor editor_;
};

// mkdir -p of the folder that a file is to lie in, for this user alone.
void makeFolders(const std::string& path) {
    for (size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
        (void)::mkdir(path.substr(0, at).c_str(), 0700);  // mostly it is there
    }
}

}  // namespace

std::string historyPath(const Environment& environment) {
    const auto state = environment("XDG_STATE_HOME");
    const auto home = environment("HOME");
    if (state && state->starts_with('/')) {
        return *state + "/evctl/history";
    }
    return home ? *home + "/.local/state/evctl/history" : "";
}

base::Result<void> runShell(const SessionContext& context, const Environment& environment,
                            const RunTyped& run_typed) {
    makeFolders(historyPath(environment));
    Shell(context, environment, run_typed).run();
    return {};
}

}  // namespace evd::evctl
