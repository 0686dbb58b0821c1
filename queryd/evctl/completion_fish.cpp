#include "queryd/evctl/completion_fish.h"

#include "common/base/text.h"
#include "queryd/evctl/vocabulary.h"

namespace evd::evctl {

namespace {

constexpr std::string_view kFishBehind = "__fish_seen_subcommand_from ";

std::string fishOption(const OptionSpec& option) {
    std::string line = "complete -c evctl";
    if (!option.commands.empty()) {
        const bool is_of_query = belongsTo(option, "query");  // which need not be said
        line += base::cat(" -n '", kFishBehind, option.commands, is_of_query ? " " : "",
                          is_of_query ? kQueryModes : "", "'");
    }
    if (!option.short_name.empty()) {
        line += base::cat(" -s ", option.short_name.substr(1));
    }
    line += base::cat(" -l ", option.long_name.substr(2));
    switch (option.kind) {
        case ValueKind::None:
            break;
        case ValueKind::Words:
            line += base::cat(" -x -a '", option.values, "'");
            break;
        case ValueKind::File:
            line += " -r -F";
            break;
        case ValueKind::Folder:
            line += " -x -a '(__fish_complete_directories)'";
            break;
        case ValueKind::Text:
            line += " -x";
            break;
    }
    return base::cat(line, " -d ", quoted(option.meaning, "\\'"), '\n');
}

std::string fishWords(const CommandSpec& command) {
    const std::string behind = base::cat("complete -c evctl -n '", kFishBehind, command.name, "' ");
    std::string lines;
    if (!command.choices.empty()) {
        lines += base::cat("complete -c evctl -n '", kFishBehind, command.name, "; and not ",
                           kFishBehind, command.choices, "' -a '", command.choices, "'\n");
    }
    switch (command.words) {
        case WordsKind::Nothing:
        case WordsKind::Choice:
            break;
        case WordsKind::Query:
            lines += base::cat(behind, "-a '", kQueryModes, ' ', kQueryKeywords, "'\n");
            break;
        case WordsKind::ChoiceThenQuery:
            lines += base::cat(behind, "-a '", kQueryKeywords, "'\n");
            break;
        case WordsKind::ChoiceThenFile:
            lines += base::cat("complete -c evctl -n '", kFishBehind, "evaluate' -F\n");
            break;
        case WordsKind::Program:
            lines += base::cat(behind, "-a '(__fish_complete_subcommand)' -F\n");
            break;
        case WordsKind::Path:
            lines += base::cat(behind, "-F\n");
            break;
    }
    return lines;
}

}  // namespace

std::string fishScript() {
    const std::string names = commandNames();
    std::string out = base::cat(
        "# Completion of evctl for fish: evctl completion fish | source\n"
        "complete -c evctl -f\n");
    for (const CommandSpec& command : commandSpecs()) {
        out += base::cat("complete -c evctl -n 'not ", kFishBehind, names, " ", kQueryModes,
                         "' -a ", command.name, " -d ", quoted(meaningOf(command), "\\'"), '\n');
        out += fishWords(command);
    }
    out += base::cat("complete -c evctl -n 'not ", kFishBehind, names, " ", kQueryModes, "' -a '",
                     kQueryModes, "'\ncomplete -c evctl -n '", kFishBehind, kQueryModes, "' -a '",
                     kQueryKeywords, "'\n");
    for (const OptionSpec& option : optionSpecs()) {
        out += fishOption(option);
    }
    return out;
}

}  // namespace evd::evctl
