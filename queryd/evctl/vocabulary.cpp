#include "queryd/evctl/vocabulary.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace evd::evctl {

namespace {

constexpr auto kCommands = std::to_array<CommandSpec>({
    {"query", WordsKind::Query, ""},
    {"explain", WordsKind::Query, ""},
    {"tail", WordsKind::ChoiceThenQuery, "events logs"},
    {"export", WordsKind::Query, ""},
    {"import", WordsKind::Path, ""},
    {"emit", WordsKind::Nothing, ""},
    {"log", WordsKind::Nothing, ""},
    {"metric", WordsKind::Nothing, ""},
    {"run", WordsKind::Program, ""},
    {"index", WordsKind::Nothing, ""},
    {"status", WordsKind::Nothing, ""},
    {"top", WordsKind::Nothing, ""},
    {"config", WordsKind::Choice, "list get check"},
    {"sd", WordsKind::ChoiceThenFile, "show check compile explain evaluate"},
    {"completion", WordsKind::Choice, "bash zsh fish"},
    {"help", WordsKind::Nothing, ""},
    {"version", WordsKind::Nothing, ""},
});

constexpr auto kUsage = std::to_array<UsageLine>({
    {"query", "[OPTIONS] 'QUERY'", "ask; QUERY may be - (standard input) or --file PATH"},
    {"explain", "explain 'QUERY'",
     "how it is answered: the plan, and what each step read and took"},
    {"tail", "tail [events|logs] [CLAUSES]", "follow what is new, newest last"},
    {"export", "export [--to FORMAT] 'QUERY'",
     "the whole answer for another program; --into FILE makes a file of it"},
    {"import", "import FILE|-", "send another program's file: a journal, syslog, audit, metrics"},
    {"emit", "emit TYPE [JSON|-]", "emit one event, or one per line of standard input"},
    {"log", "log ORIGIN [TEXT|-]", "send a log record per line of TEXT or standard input"},
    {"metric", "metric NAME VALUE", "send a metric sample"},
    {"run", "run -- COMMAND...", "run a command and send what it prints as log records"},
    {"index", "index FIELD", "have a field indexed soon (administrators)"},
    {"status", "status", "processes, rings, stores and queries of the group"},
    {"top", "top", "rates, rings, stores and queries, as they change"},
    {"config", "config list | get NAME | check", "what the group is or would be configured with"},
    {"sd", "sd show [NAME]", "the descriptors that are set, or the one a name falls under"},
    {"sd", "sd check USER NAME [FIELD...]",
     "what a Unix user would see of it, or may send (of others: root only)"},
    {"sd", "sd check NAME [--user USER]", "the same of yourself or of USER"},
    {"sd", "sd compile SDDL", "the bytes of a security descriptor, in hex"},
    {"sd", "sd explain HEX|SDDL", "what a security descriptor says, in words"},
    {"sd", "sd evaluate [--kernel] [FILE|-]",
     "answer what-if questions about access, one JSON object a line"},
    {"completion", "completion bash|zsh|fish", "a script that teaches the shell these words"},
    {"help", "help", "this text"},
    {"version", "version", "which evctl this is"},
});

// The commands that ask a question; query also when it is not said.
constexpr std::string_view kAsking = "query tail explain export";

constexpr auto kOptions = std::to_array<OptionSpec>({
    {"-s", "--socket", "PATH", ValueKind::File, "", "",
     "query socket (default: $EVENTD_SOCKET, the registry's, .state/run/query.sock)"},
    {"", "--rpc", "PATH", ValueKind::File, "", "", "ask over the rpc socket instead"},
    {"", "--state", "DIR", ValueKind::Folder, "", "",
     "take every socket from this state folder, as eventd does ($EVENTD_STATE)"},
    {"", "--registry", "PATH", ValueKind::File, "", "",
     "take every socket from this registry file or folder; may repeat"},
    {"", "--file", "PATH", ValueKind::File, "", "", "read the query from this file"},
    {"-f", "--format", "FORMAT", ValueKind::Words, "table pretty jsonl json csv msgpack", "",
     "table, pretty, jsonl, json, csv, msgpack"},
    {"-o", "--output", "FORMAT", ValueKind::Words, "table pretty jsonl json csv msgpack", "",
     "the same: table, pretty, jsonl, json, csv, msgpack"},
    {"-S", "--since", "TIME", ValueKind::Text, "", kAsking,
     "SINCE: 5m, \"1 hour ago\", today, 10:30, \"2026-01-02 10:30\""},
    {"-U", "--until", "TIME", ValueKind::Text, "", kAsking, "UNTIL, likewise"},
    {"", "--follow", "", ValueKind::None, "", "query tail",
     "go on with what is new, as tail does; also -f"},
    {"", "--wrap", "", ValueKind::None, "", "query tail", "tables: wrap what is too wide"},
    {"", "--plot", "", ValueKind::None, "", "query",
     "draw a chart (usual for METRIC on a terminal)"},
    {"", "--no-plot", "", ValueKind::None, "", "query tail", "no charts and no bars"},
    {"", "--heat", "", ValueKind::None, "", "query",
     "draw lines of shades; a histogram's are its P50, P95 and P99"},
    {"", "--svg", "FILE", ValueKind::File, "", "query", "write the chart as SVG"},
    {"", "--utc", "", ValueKind::None, "", "", "show times in UTC"},
    {"", "--time", "STYLE", ValueKind::Words, "raw iso local relative", "",
     "show times raw, iso, local or relative"},
    {"", "--color", "WHEN", ValueKind::Words, "auto always never", "", "auto, always or never"},
    {"", "--no-pager", "", ValueKind::None, "", "", "do not start $PAGER for long answers"},
    {"", "--timeout", "MS", ValueKind::Text, "", "", "give up after so many milliseconds"},
    {"-n", "--lines", "N", ValueKind::Text, "", kAsking,
     "TAKE N; tail: begin with the last N (default 10)"},
    {"", "--watch", "", ValueKind::None, "", "status", "show again every second"},
    {"", "--once", "", ValueKind::None, "", "top", "one picture, then end"},
    {"", "--error", "", ValueKind::None, "", "log", "the records are errors"},
    {"", "--type", "TYPE", ValueKind::Words, "counter gauge histogram", "metric",
     "counter, gauge (default) or histogram (VALUE: 0.1,0.2,... or JSON)"},
    {"", "--label", "K=V", ValueKind::Text, "", "metric", "a label of its series; may repeat"},
    {"", "--kind", "KIND", ValueKind::Words, "events logs metrics publish-logs publish-metrics",
     "sd", "this kind only: events, logs, metrics, publish-logs, publish-metrics"},
    {"", "--user", "USER", ValueKind::Text, "", "sd",
     "sd check: of this user, by name or number (root only)"},
    {"", "--kernel", "", ValueKind::None, "", "sd",
     "sd evaluate: ask this kernel's access check (Peios only)"},
    {"", "--to", "FORMAT", ValueKind::Words, "jsonl csv journald otlp-json", "export",
     "jsonl (default), csv, journald (journalctl -o export), otlp-json"},
    {"", "--into", "FILE", ValueKind::File, "", "export",
     "write this file, which is there when it is whole"},
    {"", "--resume", "FILE", ValueKind::File, "", "export",
     "keep the place here; the same command goes on after an interruption"},
    {"", "--from", "FORMAT", ValueKind::Words, "journald syslog auditd openmetrics", "import",
     "journald, syslog, auditd, openmetrics (else told from the content)"},
    {"", "--dry-run", "", ValueKind::None, "", "import", "say what is understood, send nothing"},
    {"", "--strict", "", ValueKind::None, "", "import",
     "send nothing unless everything is understood"},
    {"", "--origin", "NAME", ValueKind::Text, "", "run",
     "the origin of the records (default: the command's name)"},
    {"-q", "--quiet", "", ValueKind::None, "", "run", "do not show what the command prints"},
    {"-v", "--verbose", "", ValueKind::None, "", "run",
     "say under which job id the records are stored"},
    {"-h", "--help", "", ValueKind::None, "", "", "what evctl help says"},
    {"-V", "--version", "", ValueKind::None, "", "", "what evctl version says"},
});

}  // namespace

std::span<const OptionSpec> optionSpecs() {
    return kOptions;
}

std::span<const CommandSpec> commandSpecs() {
    return kCommands;
}

std::span<const UsageLine> usageLines() {
    return kUsage;
}

bool belongsTo(const OptionSpec& option, std::string_view command) {
    const auto commands = base::split(option.commands, ' ');
    return std::find(commands.begin(), commands.end(), command) != commands.end();
}

const CommandSpec* findCommand(std::string_view name) {
    const auto found = std::find_if(kCommands.begin(), kCommands.end(),
                                    [&](const CommandSpec& spec) { return spec.name == name; });
    return found == kCommands.end() ? nullptr : &*found;
}

const OptionSpec* findOption(std::string_view long_name) {
    const auto found = std::find_if(kOptions.begin(), kOptions.end(), [&](const OptionSpec& spec) {
        return spec.long_name == long_name;
    });
    return found == kOptions.end() ? nullptr : &*found;
}

std::string commandNames() {
    std::string names;
    for (const CommandSpec& command : commandSpecs()) {
        names += base::cat(names.empty() ? "" : " ", command.name);
    }
    return names;
}

std::string_view meaningOf(const CommandSpec& command) {
    for (const UsageLine& line : usageLines()) {
        if (line.command == command.name) {
            return line.meaning;
        }
    }
    return "";
}

std::string quoted(std::string_view text, std::string_view quote) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? std::string(quote) : std::string(1, c);
    }
    return out + "'";
}

}  // namespace evd::evctl
