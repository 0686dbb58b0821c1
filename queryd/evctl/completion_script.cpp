#include "queryd/evctl/completion_script.h"

#include "common/base/text.h"
#include "queryd/evctl/completion_fish.h"
#include "queryd/evctl/vocabulary.h"

namespace evd::evctl {

namespace {

// Words between @ signs are filled in from the vocabulary. In bash, `=` is a word of its own, and a
// word in quotes comes with its opening quote, which readline keeps by itself.
constexpr std::string_view kBash =
    R"sh(# Completion of evctl for bash: source <(evctl completion bash)
_evctl() {
    local modes="@MODES@" keywords="@KEYWORDS@"
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    if [[ $current == "=" ]]; then
        current=""
    elif [[ $previous == "=" ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    local -a words=()
    local i behind=""
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case ${COMP_WORDS[i]} in
            --) words+=("${COMP_WORDS[@]:i+1:COMP_CWORD-i-1}"); behind=1; break ;;
            @VALUE_OPTIONS@) [[ ${COMP_WORDS[i+1]} == "=" ]] && ((++i)); ((++i)) ;;
            -*) ;;
            *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done
    COMPREPLY=()
    if [[ ! $behind ]]; then
        case $previous in
@VALUE_CASES@
        esac
        if [[ $current == -* ]]; then
            local options="@OPTIONS@"
            case ${words[0]} in
@COMMAND_OPTIONS@
            esac
            mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
            return
        fi
    fi
    if ((${#words[@]} == 0)) && [[ ! $behind ]]; then
        mapfile -t COMPREPLY < <(compgen -W "@COMMANDS@" -- "$current")
        if ((${#COMPREPLY[@]})); then
            [[ $current ]] || COMPREPLY+=($modes)
            return
        fi
    fi
    local -a query=("${words[@]}")
    case ${words[0]} in
@WORD_CASES@
    esac
    # Inside quotes the question is one word: its last one is completed, and the rest kept.
    local text=${current#[\"\']} last
    last=${text##*[[:space:](,\[]}
    local kept=${text%"$last"} candidates=$keywords
    [[ ${#query[@]} -eq 0 && ! $kept =~ [^[:space:]] ]] && candidates=$modes
    mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "${last^^}")
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=$kept${COMPREPLY[i]}; done
    # Behind a single word bash would close the quote; a second that goes on prevents that.
    if [[ $current == [\"\']* ]] && ((${#COMPREPLY[@]} == 1)); then
        COMPREPLY=("${COMPREPLY[0]} " "${COMPREPLY[0]} ...")
    fi
}
complete -F _evctl evctl
)sh";

constexpr std::string_view kZsh = R"sh(#compdef evctl
# Completion of evctl for zsh: source <(evctl completion zsh), after compinit.
_evctl() {
    local -a modes keywords commands options query
    modes=(@MODES@)
    keywords=(@KEYWORDS@)
    commands=(
@DESCRIBED_COMMANDS@
    )
    local i behind="" previous=${words[CURRENT-1]} current=${words[CURRENT]}
    local -a typed
    for ((i = 2; i < CURRENT; ++i)); do
        case ${words[i]} in
            --) typed+=("${(@)words[i+1,CURRENT-1]}"); behind=1; break ;;
            @VALUE_OPTIONS@) ((++i)) ;;
            -*) ;;
            *) typed+=("${words[i]}") ;;
        esac
    done
    if [[ -z $behind ]]; then
        if compset -P '--*='; then
            previous=${IPREFIX%=}
            current=""
        fi
        case $previous in
@VALUE_CASES@
        esac
        if [[ $current == -* ]]; then
            options=(@OPTIONS@)
            case ${typed[1]} in
@COMMAND_OPTIONS@
            esac
            compadd -a options
            return
        fi
    fi
    query=("${(@)typed}")
    if (( ${#typed} == 0 )) && [[ -z $behind ]]; then
        _describe command commands && return
    fi
    case ${typed[1]} in
@WORD_CASES@
    esac
    # Inside quotes the question is one word: its last one is completed, and the rest kept.
    compset -P '*[[:space:](,\[]'
    if (( ${#query} == 0 )) && [[ -z ${IPREFIX//[[:space:]\"\']/} ]]; then
        compadd -M 'm:{a-z}={A-Z}' -a modes
    else
        compadd -M 'm:{a-z}={A-Z}' -a keywords
    fi
}
compdef _evctl evctl
)sh";

enum class Shell { Bash, Zsh };

// What stands in the command's place when it is a question or nothing yet; a part of a `case`.
constexpr std::string_view kQueryWithoutName = "|''|*[[:space:]]*|EVENTS|LOGS|METRIC";

void fillIn(std::string& script, std::string_view place, std::string_view text) {
    for (size_t at = script.find(place); at != std::string::npos;
         at = script.find(place, at + text.size())) {
        script.replace(at, place.size(), text);
    }
}

void appendWord(std::string_view word, std::string_view between, std::string& out) {
    out += base::cat(out.empty() ? "" : between, word);
}

void appendNames(const OptionSpec& option, std::string_view between, std::string& out) {
    if (!option.short_name.empty()) {
        appendWord(option.short_name, between, out);
    }
    appendWord(option.long_name, between, out);
}

// Those of one command, or those that mean something to all.
std::string optionNames(std::string_view command) {
    std::string names;
    for (const OptionSpec& option : optionSpecs()) {
        if (command.empty() ? option.commands.empty() : belongsTo(option, command)) {
            appendNames(option, " ", names);
        }
    }
    return names;
}

// A pattern of `case`.
std::string valueOptions() {
    std::string names;
    for (const OptionSpec& option : optionSpecs()) {
        if (option.kind != ValueKind::None) {
            appendNames(option, "|", names);
        }
    }
    return names;
}

std::string choose(Shell shell, std::string_view words) {
    return shell == Shell::Bash
               ? base::cat("mapfile -t COMPREPLY < <(compgen -W \"", words, "\" -- \"$current\")")
               : base::cat("compadd ", words);
}

std::string chooseFiles(Shell shell, bool only_folders) {
    if (shell == Shell::Zsh) {
        return only_folders ? "_files -/" : "_files";
    }
    return base::cat("compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen ",
                     only_folders ? "-d" : "-f", " -- \"$current\")");
}

std::string chooseValue(Shell shell, const OptionSpec& option) {
    switch (option.kind) {
        case ValueKind::Words:
            return choose(shell, option.values) + "; ";
        case ValueKind::File:
        case ValueKind::Folder:
            return chooseFiles(shell, option.kind == ValueKind::Folder) + "; ";
        case ValueKind::Text:
        case ValueKind::None:
            return "";
    }
    return "";
}

std::string valueCases(Shell shell) {
    std::string cases;
    for (const OptionSpec& option : optionSpecs()) {
        if (option.kind != ValueKind::None) {
            std::string names;
            appendNames(option, "|", names);
            appendWord(
                base::cat("            ", names, ") ", chooseValue(shell, option), "return ;;"),
                "\n", cases);
        }
    }
    return cases;
}

std::string commandOptions(Shell shell) {
    std::string cases;
    for (const CommandSpec& command : commandSpecs()) {
        const std::string names = optionNames(command.name);
        if (!names.empty()) {
            appendWord(base::cat("                ", command.name,
                                 command.name == "query" ? kQueryWithoutName : "", ") options+=",
                                 shell == Shell::Bash ? base::cat("\" ", names, '"')
                                                      : base::cat('(', names, ')'),
                                 " ;;"),
                       "\n", cases);
        }
    }
    return cases;
}

// What to do with the words behind a command. What returns is done; what does not goes on as a
// question, whose words until now are in `query`.
std::string chooseWords(Shell shell, const CommandSpec& command) {
    const bool is_bash = shell == Shell::Bash;
    const std::string_view count = is_bash ? "${#words[@]}" : "${#typed}";
    const std::string_view second = is_bash ? "${words[1]}" : "${typed[2]}";
    const std::string first_choice =
        base::cat("((", count, " == 1)) && { ", choose(shell, command.choices), "; ");
    switch (command.words) {
        case WordsKind::Nothing:
            return "return";
        case WordsKind::Query:
            return is_bash ? "query=(\"${words[@]:1}\")" : "query=(\"${(@)typed[2,-1]}\")";
        case WordsKind::Choice:
            return base::cat(first_choice, "}; return");
        case WordsKind::ChoiceThenFile:
            return base::cat(first_choice, "}; ((", count, " == 2)) && [[ ", second,
                             " == evaluate ]] && { ", chooseFiles(shell, false), "; }; return");
        case WordsKind::ChoiceThenQuery:
            return base::cat(first_choice,
                             is_bash ? "((${#COMPREPLY[@]})) && return; }" : "return; }");
        case WordsKind::Program:
            return is_bash ? base::cat("((", count,
                                       " == 1)) && { mapfile -t COMPREPLY < <(compgen -c -- "
                                       "\"$current\"); return; }; ",
                                       chooseFiles(shell, false), "; return")
                           : base::cat("((", count,
                                       " == 1)) && { _command_names -e; return; }; _files; return");
        case WordsKind::Path:
            return base::cat(chooseFiles(shell, false), "; return");
    }
    return "";
}

std::string wordCases(Shell shell) {
    std::string cases;
    for (const CommandSpec& command : commandSpecs()) {
        appendWord(base::cat("        ", command.name, ") ", chooseWords(shell, command), " ;;"),
                   "\n", cases);
    }
    return cases;
}

std::string describedCommands() {
    std::string lines;
    for (const CommandSpec& command : commandSpecs()) {
        appendWord(base::cat("        ",
                             quoted(base::cat(command.name, ':', meaningOf(command)), "'\\''")),
                   "\n", lines);
    }
    return lines;
}

std::string filledIn(std::string_view pattern, Shell shell) {
    std::string script(pattern);
    fillIn(script, "@MODES@", kQueryModes);
    fillIn(script, "@KEYWORDS@", kQueryKeywords);
    fillIn(script, "@COMMANDS@", commandNames());
    fillIn(script, "@DESCRIBED_COMMANDS@", describedCommands());
    fillIn(script, "@OPTIONS@", optionNames(""));
    fillIn(script, "@VALUE_OPTIONS@", valueOptions());
    fillIn(script, "@VALUE_CASES@", valueCases(shell));
    fillIn(script, "@COMMAND_OPTIONS@", commandOptions(shell));
    fillIn(script, "@WORD_CASES@", wordCases(shell));
    return script;
}

}  // namespace

std::string completionScript(std::string_view shell) {
    if (shell == "bash") {
        return filledIn(kBash, Shell::Bash);
    }
    if (shell == "zsh") {
        return filledIn(kZsh, Shell::Zsh);
    }
    return shell == "fish" ? fishScript() : "";
}

}  // namespace evd::evctl
