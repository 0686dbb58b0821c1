#include "queryd/evctl/arguments_service.h"

#include "common/base/text.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

namespace evd::evctl {

namespace {

constexpr std::array<std::string_view, 13> kCommands = {
    "query", "explain", "tail",   "emit", "log",  "metric", "run",
    "index", "status",  "config", "sd",   "help", "version"};

constexpr std::string_view kHelp =
    R"(evctl asks eventd about events, logs and metrics.

  evctl [OPTIONS] 'QUERY'              ask; QUERY may be - (standard input) or --file PATH
  evctl explain 'QUERY'                how it is answered: the plan, and what each step read and took
  evctl tail [events|logs] [CLAUSES]   follow what is new, newest last
  evctl emit TYPE [JSON|-]             emit one event, or one per line of standard input
  evctl log ORIGIN [TEXT|-]            send a log record per line of TEXT or standard input
  evctl metric NAME VALUE              send a metric sample
  evctl run -- COMMAND...              run a command and send what it prints as log records
  evctl index FIELD                    have a field indexed soon (administrators)
  evctl status                         processes, rings, stores and queries of the group
  evctl config list | get NAME | check what the group is or would be configured with
  evctl sd show [NAME]                 the descriptors that are set, or the one a name falls under
  evctl sd check USER NAME [FIELD...]  what a Unix user would see of it (of others: root only)
  evctl sd compile SDDL                the bytes of a security descriptor, in hex
  evctl sd explain HEX|SDDL            what a security descriptor says, in words
  evctl sd evaluate [FILE|-]           answer what-if questions about access, one JSON object a line
  evctl help | version

  -s, --socket PATH     query socket (default: $EVENTD_SOCKET, the registry's, .state/run/query.sock)
      --rpc PATH        ask over the rpc socket instead
      --state DIR       take every socket from this state folder, as eventd does ($EVENTD_STATE)
      --registry PATH   take every socket from this registry file or folder; may repeat
  -f, --format FORMAT   table, pretty, jsonl, json, csv, msgpack
      --utc             show times in UTC
      --time STYLE      show times raw, iso, local or relative
      --color WHEN      auto, always or never
      --no-pager        never page (evctl does not)
      --timeout MS      give up after so many milliseconds
  -n, --lines N         tail: begin with the last N (default 10)
      --watch           status: show again every second
      --error           log: the records are errors
      --type TYPE       metric: counter, gauge (default) or histogram (VALUE: 0.1,0.2,... or JSON)
      --label K=V       metric: a label of its series; may repeat
      --kind KIND           sd: events, logs, metrics, publish-logs or publish-metrics only
      --origin NAME     run: the origin of the records (default: the command's name)
  -q, --quiet           run: do not show what the command prints
  -v, --verbose         run: say under which job id the records are stored

Examples
  evctl 'EVENTS process.exec SINCE 5m ago SELECT timestamp, name, command_line TAKE 5'
  evctl 'EVENTS SINCE 1h ago COUNT BY event_type'
  evctl explain 'EVENTS SINCE 1h ago COUNT BY event_type'
  evctl tail events 'process.* WHERE uid == 0'
  evctl tail logs FROM sshd
  evctl 'LOGS CONTAINING "refused" SINCE 1h ago WITH CONTEXT 3'
  evctl emit test.hello '{"n": 1}'
  evctl run -- make -j2
)";

void declareOptions(CLI::App& app, Arguments& arguments, std::vector<std::string>& words) {
    app.set_help_flag();  // help is a command; --help is turned into it below
    app.add_option("words", words);
    app.add_option("-s,--socket", arguments.socket);
    app.add_option("--rpc", arguments.rpc);
    app.add_option("--state", arguments.state);
    app.add_option("--registry", arguments.registry)->expected(1)->take_all();
    app.add_option("-f,--format", arguments.format)
        ->check(CLI::IsMember({"table", "pretty", "jsonl", "json", "csv", "msgpack"}));
    app.add_flag("--utc", arguments.utc);
    app.add_option("--time", arguments.time)
        ->check(CLI::IsMember({"raw", "iso", "local", "relative"}));
    app.add_option("--color", arguments.color)->check(CLI::IsMember({"auto", "always", "never"}));
    app.add_option("--file", arguments.file);
    app.add_flag("--no-pager", arguments.no_pager);
    app.add_option("--timeout", arguments.timeout_ms)->check(CLI::Range(1, 86'400'000));
    app.add_option("-n,--lines", arguments.lines)->check(CLI::Range(1, 1'000'000));
    app.add_flag("--watch", arguments.watch);
    app.add_flag("--error", arguments.is_error);
    app.add_option("--type", arguments.type)
        ->check(CLI::IsMember({"counter", "gauge", "histogram"}));
    app.add_option("--label", arguments.labels)->expected(1)->take_all();
    app.add_option("--origin", arguments.origin);
    app.add_option("--kind", arguments.kind)
        ->check(CLI::IsMember({"events", "logs", "metrics", "publish-logs", "publish-metrics"}));
    app.add_flag("-q,--quiet", arguments.quiet);
    app.add_flag("-v,--verbose", arguments.verbose);
}

bool isCommand(std::string_view word) {
    return std::find(kCommands.begin(), kCommands.end(), word) != kCommands.end();
}

base::Error usage(std::string text) {
    return base::fail(base::ErrorKind::Invalid, std::move(text) + "; see evctl help");
}

// One line of CLI11's, which likes to speak in several.
std::string firstLine(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

base::Result<void> checkSdWords(const std::vector<std::string>& words) {
    const std::string what = words.empty() ? "" : words.front();
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
        return words.size() >= 3 ? base::Result<void>()
                                 : usage("sd check takes a user, a name and perhaps fields");
    }
    return usage("sd takes show, check, compile, explain or evaluate");
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
    {"index", 1, 1, "index takes one field"},
    {"status", 0, 0, "status takes no further words"},
});

base::Result<void> checkWords(const Arguments& arguments) {
    const size_t count = arguments.words.size();
    const bool takes_query = arguments.command == "query" || arguments.command == "explain";
    if (takes_query && arguments.file.empty() && count == 0) {
        return usage("there is no query");
    }
    if (takes_query && !arguments.file.empty() && count > 0) {
        return usage("the query is given twice, as words and as --file");
    }
    for (const WordCount& wanted : kWordCounts) {
        if (arguments.command == wanted.command && (count < wanted.least || count > wanted.most)) {
            return usage(wanted.complaint);
        }
    }
    if (arguments.command == "config" && !isConfigCommand(arguments.words)) {
        return usage("config takes list, check, or get and the name of a setting");
    }
    if (arguments.command == "sd") {
        EVD_TRY(checkSdWords(arguments.words));
    }
    if (!arguments.socket.empty() && !arguments.rpc.empty()) {
        return usage("--socket and --rpc exclude one another");
    }
    return {};
}

}  // namespace

base::Result<Arguments> parseArguments(std::span<const std::string> words) {
    Arguments arguments;
    std::vector<std::string> given;
    CLI::App app;
    declareOptions(app, arguments, given);
    bool wants_help = false;
    bool wants_version = false;
    app.add_flag("-h,--help", wants_help);
    app.add_flag("-V,--version", wants_version);
    const auto end_of_options = std::find(words.begin(), words.end(), "--");
    try {
        // CLI11 takes its words from the back.
        app.parse(
            std::vector<std::string>(std::make_reverse_iterator(end_of_options), words.rend()));
    } catch (const CLI::ParseError& error) {
        return usage(firstLine(error.what()));
    }
    if (end_of_options != words.end()) {
        given.insert(given.end(), end_of_options + 1, words.end());
    }
    if (wants_help || wants_version || (given.empty() && arguments.file.empty())) {
        arguments.command = wants_version ? "version" : "help";
        return wants_help || wants_version ? base::Result<Arguments>(arguments)
                                           : usage("there is nothing to do");
    }
    if (!given.empty() && isCommand(given.front())) {
        arguments.command = given.front();
        given.erase(given.begin());
    }
    arguments.words = std::move(given);
    EVD_TRY(checkWords(arguments));
    return arguments;
}

std::string helpText() {
    return std::string(kHelp);
}

}  // namespace evd::evctl
