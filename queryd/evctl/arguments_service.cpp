#include "queryd/evctl/arguments_service.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "queryd/evctl/follow_habit.h"
#include "queryd/evctl/output/list_text.h"
#include "queryd/evctl/output/record_printer.h"
#include "queryd/evctl/vocabulary.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <type_traits>

namespace evd::evctl {

namespace {

// The names and values of an option, as CLI11 wants them.
std::string namesOf(const OptionSpec& spec) {
    return spec.short_name.empty() ? std::string(spec.long_name)
                                   : base::cat(spec.short_name, ',', spec.long_name);
}

std::vector<std::string> wordsOf(std::string_view list) {
    std::vector<std::string> words;
    while (!list.empty()) {
        const size_t end = std::min(list.find(' '), list.size());
        words.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return words;
}

// Gives the options of the vocabulary a place to be kept in.
class OptionReader {
  public:
    explicit OptionReader(CLI::App& app) : app_(app) {}

    template <typename Place>
    CLI::Option* take(std::string_view long_name, Place& place) {
        const OptionSpec* spec = findOption(long_name);
        EVD_CHECK(spec != nullptr, "an option that the vocabulary does not have");
        CLI::Option* option = nullptr;
        if constexpr (std::is_same_v<Place, bool>) {
            option = app_.add_flag(namesOf(*spec), place);
        } else {
            option = app_.add_option(namesOf(*spec), place);
        }
        if (spec->kind == ValueKind::Words) {
            option->check(CLI::IsMember(wordsOf(spec->values)));
        }
        return option;
    }

  private:
    CLI::App& app_;
};

void declareOptions(CLI::App& app, Arguments& arguments, std::vector<std::string>& words) {
    app.set_help_flag();  // help is a command; --help is turned into it below
    app.add_option("words", words);
    OptionReader reader(app);
    reader.take("--socket", arguments.socket);
    reader.take("--rpc", arguments.rpc);
    reader.take("--state", arguments.state);
    reader.take("--registry", arguments.registry)->expected(1)->take_all();
    reader.take("--format", arguments.format);
    reader.take("--output", arguments.format);
    reader.take("--since", arguments.since);
    reader.take("--until", arguments.until);
    reader.take("--follow", arguments.follow);
    reader.take("--wrap", arguments.wrap);
    reader.take("--plot", arguments.plot);
    reader.take("--no-plot", arguments.no_plot);
    reader.take("--heat", arguments.heat);
    reader.take("--svg", arguments.svg);
    reader.take("--once", arguments.once);
    reader.take("--utc", arguments.utc);
    reader.take("--time", arguments.time);
    reader.take("--color", arguments.color);
    reader.take("--file", arguments.file);
    reader.take("--no-pager", arguments.no_pager);
    reader.take("--timeout", arguments.timeout_ms)->check(CLI::Range(1, 86'400'000));
    reader.take("--lines", arguments.lines)->check(CLI::Range(1, 1'000'000));
    reader.take("--watch", arguments.watch);
    reader.take("--error", arguments.is_error);
    reader.take("--type", arguments.type);
    reader.take("--label", arguments.labels)->expected(1)->take_all();
    reader.take("--to", arguments.to);
    reader.take("--into", arguments.into);
    reader.take("--resume", arguments.resume);
    reader.take("--from", arguments.from);
    reader.take("--dry-run", arguments.dry_run);
    reader.take("--strict", arguments.strict);
    reader.take("--origin", arguments.origin);
    reader.take("--kind", arguments.kind);
    reader.take("--user", arguments.user);
    reader.take("--kernel", arguments.kernel);
    reader.take("--quiet", arguments.quiet);
    reader.take("--verbose", arguments.verbose);
}

base::Error usage(std::string text) {
    return base::fail(base::ErrorKind::Invalid, std::move(text) + "; see evctl help");
}

// "query", "query and tail", "query, tail and export".
std::string listed(std::string_view list) {
    const std::vector<std::string> words = wordsOf(list);
    std::string text;
    for (size_t i = 0; i < words.size(); ++i) {
        text += base::cat(i == 0 ? "" : i + 1 == words.size() ? " and " : ", ", words[i]);
    }
    return text;
}

// One line of CLI11's, which likes to speak in several.
std::string firstLine(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

// Who gives an option to a command that does not know it means something that would not happen.
base::Result<void> checkOptions(const CLI::App& app, std::string_view command) {
    for (const OptionSpec& option : optionSpecs()) {
        const bool is_given = app.count(std::string(option.long_name)) > 0;
        if (is_given && !option.commands.empty() && !belongsTo(option, command)) {
            return usage(base::cat(option.long_name, " is for ", listed(option.commands)));
        }
    }
    return {};
}

base::Result<void> checkSdWords(const Arguments& arguments) {
    const std::vector<std::string>& words = arguments.words;
    const std::string what = words.empty() ? "" : words.front();
    if (!arguments.user.empty() && what != "check") {
        return usage("--user is for sd check");
    }
    if (arguments.kernel && what != "evaluate") {
        return usage("--kernel is for sd evaluate");
    }
    if (what == "evaluate") {
        return words.size() <= 2 ? base::Result<void>() : usage("sd evaluate takes one file");
    }
    if (what == "compile" || what == "explain") {
        return words.size() == 2 ? base::Result<void>()
                                 : usage(base::cat("sd ", what, " takes one descriptor"));
    }
    if (what == "show") {
        return words.size() <= 2 ? base::Result<void>() : usage("sd show takes one name");
    }
    if (what == "check") {
        return words.size() >= 2 ? base::Result<void>()
                                 : usage("sd check takes a user, a name and perhaps fields");
    }
    return usage("sd takes show, check, compile, explain or evaluate");
}

base::Result<void> checkExport(const Arguments& arguments) {
    if (!arguments.format.empty()) {
        return usage("the format of an export is named by --to");
    }
    if (asksForDrawing(arguments)) {
        return usage("an export draws nothing");
    }
    if (!arguments.resume.empty() && arguments.into.empty()) {
        return usage("--resume needs a file that can be gone on with: --into FILE");
    }
    if (!arguments.resume.empty() && arguments.resume == arguments.into) {
        return usage("--resume and --into name the same file");
    }
    return {};
}

bool isConfigCommand(const std::vector<std::string>& words) {
    return (words.size() == 1 && (words[0] == "list" || words[0] == "check")) ||
           (words.size() == 2 && words[0] == "get");
}

// How many words a command takes, and what to say when there are more or fewer.
struct WordCount {
    std::string_view command;
    size_t least;
    size_t most;
    const char* complaint;
};

constexpr auto kWordCounts = std::to_array<WordCount>({
    {"emit", 1, 2, "emit takes an event type and at most one JSON value"},
    {"log", 1, 2, "log takes an origin and at most one text"},
    {"metric", 2, 2, "metric takes a name and a value (a question begins with METRIC)"},
    {"run", 1, SIZE_MAX, "run takes a command"},
    {"import", 1, 1, "import takes one file, or - for standard input"},
    {"index", 1, 1, "index takes one field"},
    {"status", 0, 0, "status takes no further words"},
    {"top", 0, 0, "top takes no further words"},
});

// These show what they know themselves; whoever prints records can print them in any format.
base::Result<void> checkFormat(const Arguments& arguments) {
    const bool is_list =
        arguments.command == "config" || arguments.command == "sd" || arguments.command == "status";
    return !is_list || isListFormat(arguments.format)
               ? base::Result<void>()
               : usage(base::cat(arguments.command, " is shown as table, jsonl or json, not as ",
                                 arguments.format));
}

bool isCompletionCommand(const std::vector<std::string>& words) {
    const auto shells = wordsOf(findCommand("completion")->choices);
    return words.size() == 1 && std::find(shells.begin(), shells.end(), words[0]) != shells.end();
}

}  // namespace

bool asksForDrawing(const Arguments& arguments) {
    return arguments.plot || arguments.heat || !arguments.svg.empty();
}

base::Result<void> checkArguments(const Arguments& arguments) {
    const size_t count = arguments.words.size();
    const bool takes_query = arguments.command == "query" || arguments.command == "explain" ||
                             arguments.command == "export";
    if (takes_query && arguments.file.empty() && count == 0) {
        return usage("there is no query");
    }
    if (takes_query && !arguments.file.empty() && count > 0) {
        return usage("the query is given twice, as words and as --file");
    }
    if (arguments.command == "tail" && !arguments.file.empty()) {
        return usage("a question from a file is followed by its own clause STREAM");
    }
    for (const WordCount& wanted : kWordCounts) {
        if (arguments.command == wanted.command && (count < wanted.least || count > wanted.most)) {
            return usage(wanted.complaint);
        }
    }
    if (arguments.command == "config" && !isConfigCommand(arguments.words)) {
        return usage("config takes list, check, or get and the name of a setting");
    }
    if (arguments.command == "completion" && !isCompletionCommand(arguments.words)) {
        return usage("completion takes bash, zsh or fish");
    }
    if (arguments.command == "sd") {
        EVD_TRY(checkSdWords(arguments));
    }
    if (arguments.command == "export") {
        EVD_TRY(checkExport(arguments));
    }
    EVD_TRY(checkFormat(arguments));
    if (!arguments.socket.empty() && !arguments.rpc.empty()) {
        return usage("--socket and --rpc exclude one another");
    }
    if (arguments.no_plot && asksForDrawing(arguments)) {
        return usage("--no-plot and --plot, --heat or --svg exclude one another");
    }
    if (!isForPeople(arguments.format) && asksForDrawing(arguments)) {
        return usage(
            "--plot, --heat and --svg are for people, a format for programs excludes them");
    }
    return {};
}

base::Result<Arguments> parseArguments(std::span<const std::string> typed, bool on_terminal) {
    const std::vector<std::string> words = withFollow(typed);
    Arguments arguments;
    std::vector<std::string> given;
    CLI::App app;
    declareOptions(app, arguments, given);
    bool wants_help = false;
    bool wants_version = false;
    OptionReader(app).take("--help", wants_help);
    OptionReader(app).take("--version", wants_version);
    const auto end_of_options = std::find(words.begin(), words.end(), "--");
    try {
        // CLI11 takes its words from the back.
        app.parse(
            std::vector<std::string>(std::make_reverse_iterator(end_of_options), words.rend()));
    } catch (const CLI::ParseError& error) {
        return usage(firstLine(error.what()));
    }
    arguments.lines_given = app.count("--lines") > 0;
    if (end_of_options != words.end()) {
        given.insert(given.end(), end_of_options + 1, words.end());
    }
    const bool is_idle = given.empty() && arguments.file.empty() && !arguments.follow;
    if (is_idle && on_terminal && !wants_help && !wants_version) {
        arguments.command = kShellCommand;
        return arguments;
    }
    if (wants_help || wants_version || is_idle) {
        arguments.command = wants_version ? "version" : "help";
        return wants_help || wants_version ? base::Result<Arguments>(arguments)
                                           : usage("there is nothing to do");
    }
    if (!given.empty() && findCommand(given.front()) != nullptr) {
        arguments.command = given.front();
        given.erase(given.begin());
    }
    arguments.words = std::move(given);
    if (arguments.words.empty() && arguments.follow && arguments.command == "query" &&
        arguments.file.empty()) {
        arguments.command = "tail";
    }
    EVD_TRY(checkArguments(arguments));
    EVD_TRY(checkOptions(app, arguments.command));
    return arguments;
}

}  // namespace evd::evctl
