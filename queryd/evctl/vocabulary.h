#pragma once

#include <span>
#include <string>
#include <string_view>

namespace evd::evctl {

// Every command, option and value that evctl knows, in one place (contracts §7).
//
// The parser, `evctl help` and the completions of the shells are made from these tables, so that
// none of them knows a word that another does not. Lists of words are one text with a space between
// two of them, as a shell wants them. Constants.
enum class ValueKind {
    None,    // a flag
    Words,   // one of a list
    File,    // a path
    Folder,  // a path
    Text,    // anything else
};

struct OptionSpec {
    std::string_view short_name;  // "-f", or nothing
    std::string_view long_name;   // "--format"
    std::string_view value_name;  // "FORMAT", nothing for a flag
    ValueKind kind;
    std::string_view values;    // for Words
    std::string_view commands;  // those that it means something to, or nothing for all
    std::string_view meaning;
};

// What follows a command.
enum class WordsKind {
    Nothing,  // or what nobody could guess
    Query,
    Choice,           // one of a list, then nothing
    ChoiceThenFile,   // one of a list, then perhaps a file
    ChoiceThenQuery,  // one of a list or none, then clauses
    Program,          // somebody else's command line
    Path,             // a file
};

struct CommandSpec {
    std::string_view name;
    WordsKind words;
    std::string_view choices;
};

// A line of help: the shape of a command and what it does. The first of a command names it.
struct UsageLine {
    std::string_view command;
    std::string_view shape;
    std::string_view meaning;
};

std::span<const OptionSpec> optionSpecs();
std::span<const CommandSpec> commandSpecs();
std::span<const UsageLine> usageLines();

// Whether the option means something to this command and not to all.
bool belongsTo(const OptionSpec& option, std::string_view command);

// Null when there is none of that name.
const CommandSpec* findCommand(std::string_view name);
const OptionSpec* findOption(std::string_view long_name);

// All of them, with a space between two.
std::string commandNames();
// What the first of its usage lines says.
std::string_view meaningOf(const CommandSpec& command);
// A text in single quotes for a script; `quote` stands for a quote within.
std::string quoted(std::string_view text, std::string_view quote);

// The words a question begins with, and those that may stand further on (docs/query-language.md).
inline constexpr std::string_view kQueryModes = "EVENTS LOGS METRIC";
inline constexpr std::string_view kQueryKeywords =
    "AND ASC AVG AVG_OVER BUCKET BY CONTAINING CONTAINS CONTEXT COUNT DELTA DESC DISTINCT "
    "ENDS_WITH ERROR EVENT EXISTS FROM GROUP HAS IN INDEX IS LOG MATCHES MAX MAX_OVER METRIC MIN "
    "MIN_OVER NOT NOT_IN NULL ONLY OR OVER P50 P95 P99 RATE SELECT SINCE SKIP SORT STARTS_WITH "
    "STREAM SUM SUM_OVER TAKE TOP UNTIL WHERE WITH";

}  // namespace evd::evctl
