#include "common/base/text.h"
#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/completion_script.h"
#include "queryd/evctl/help_text.h"
#include "queryd/evctl/vocabulary.h"
#include "tests/support/group.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

using evd::base::cat;
using evd::evctl::commandSpecs;
using evd::evctl::completionScript;
using evd::evctl::helpText;
using evd::evctl::OptionSpec;
using evd::evctl::optionSpecs;
using evd::evctl::parseArguments;
using evd::evctl::ValueKind;
using Words = std::vector<std::string>;

namespace {

Words wordsOf(std::string_view list) {
    std::istringstream stream{std::string(list)};
    return {std::istream_iterator<std::string>(stream), {}};
}

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

bool has(const Words& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// A single word of an open quote comes with a second that only begins so, because bash would close
// the quote behind it otherwise.
Words goesOn(const std::string& question) {
    return {question + " ", question + " ..."};
}

// A real bash with the script: what it offers for the last of the words, sorted. COMP_WORDS is what
// bash would make of the line, so `=` is a word of its own.
class Bash {
  public:
    Bash() { std::ofstream(script_) << completionScript("bash"); }

    Words complete(const Words& words) const {
        std::vector<std::string> command = {
            "/bin/bash",
            "--norc",
            "-c",
            "source \"$0\"; shopt -s extglob; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
            "_evctl; printf '%s\\n' \"${COMPREPLY[@]}\"",
            script_,
            "evctl"};
        command.insert(command.end(), words.begin(), words.end());
        const auto result = evd::test::runCommand(command, "", 20);
        CHECK(result.status == 0);
        CHECK(result.errors == "");
        Words offered;
        std::istringstream lines(result.output);
        for (std::string line; std::getline(lines, line);) {
            if (!line.empty()) {
                offered.push_back(line);
            }
        }
        std::sort(offered.begin(), offered.end());
        return offered;
    }
    // What stands where files are completed.
    const std::string& scriptPath() const { return script_; }
    const evd::test::TemporaryDirectory& folder() const { return folder_; }

  private:
    evd::test::TemporaryDirectory folder_;
    std::string script_ = folder_ / "evctl.bash";
};

// A command line that lacks nothing but this option.
Words commandFor(const OptionSpec& option) {
    const std::map<std::string_view, Words> besides = {
        {"query", {"EVENTS"}}, {"status", {}},         {"top", {}},
        {"log", {"origin"}},   {"metric", {"m", "1"}}, {"export", {"EVENTS"}},
        {"import", {"file"}},  {"run", {"program"}},   {"sd", {"show"}},
    };
    if (option.long_name == "--user") {
        return {"sd", "check", "name"};
    }
    if (option.long_name == "--kernel") {
        return {"sd", "evaluate"};
    }
    if (option.long_name == "--format" || option.long_name == "--output") {
        return {"query", "EVENTS"};  // in every format
    }
    if (option.long_name == "--resume") {
        return {"export", "EVENTS", "--into", "x"};
    }
    Words words = {option.commands.empty() ? "status" : wordsOf(option.commands).front()};
    const Words& more = besides.at(words.front());
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace

TEST_CASE("vocabulary: the parser takes every option and value that is told, where it is told") {
    for (const auto& option : optionSpecs()) {
        Words values = wordsOf(option.values);
        if (values.empty()) {
            values = {option.kind == ValueKind::None ? "" : "1"};
        }
        for (const std::string& value : values) {
            for (const std::string_view name : {option.long_name, option.short_name}) {
                Words words = commandFor(option);
                words.emplace_back(name);
                if (option.kind != ValueKind::None) {
                    words.push_back(value);
                }
                CHECK_MESSAGE((name.empty() || parseArguments(words).ok()), cat(name, ' ', value));
                words.front() = "version";  // nobody's
                CHECK_MESSAGE(
                    (name.empty() || option.commands.empty() == parseArguments(words).ok()),
                    cat(name, ' ', value));
            }
        }
    }
}

TEST_CASE("vocabulary: the parser takes every command that is told") {
    for (const auto& command : commandSpecs()) {
        const std::string name(command.name);
        bool is_taken = false;
        Words first = wordsOf(command.choices);
        first.emplace_back("x");
        for (const std::string& word : first) {
            for (const Words& words : {Words{name}, {name, word}, {name, word, "x"}}) {
                const auto arguments = parseArguments(words);
                is_taken |= arguments.ok() && arguments.value().command == name;
            }
            const bool is_choice = word != "x";
            const bool is_known = parseArguments(Words{name, word}).ok() ||
                                  parseArguments(Words{name, word, "x"}).ok() ||
                                  parseArguments(Words{name, word, "x", "x"}).ok();
            CHECK_MESSAGE((!is_choice || is_known), cat(name, ' ', word));
        }
        CHECK_MESSAGE(is_taken, name);
    }
}

TEST_CASE("help: every command, option and value is told") {
    const std::string help = helpText();
    for (const auto& command : commandSpecs()) {
        CHECK_MESSAGE((command.name == "query" || holds(help, cat("\n  evctl ", command.name))),
                      command.name);
        for (const std::string& choice : wordsOf(command.choices)) {
            CHECK_MESSAGE(holds(help, choice), choice);
        }
    }
    for (const auto& option : optionSpecs()) {
        CHECK_MESSAGE(holds(help, cat(option.long_name, option.value_name.empty() ? "" : " ",
                                      option.value_name)),
                      option.long_name);
        for (const std::string& value : wordsOf(option.values)) {
            CHECK_MESSAGE(holds(option.meaning, value), value);
        }
    }
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
        CHECK_MESSAGE(line.size() <= 110, line);
    }
}

TEST_CASE("completion: the script of each shell holds every word and has no place left to fill") {
    for (const std::string_view shell : {"bash", "zsh", "fish"}) {
        const std::string script = completionScript(shell);
        for (const auto& command : commandSpecs()) {
            CHECK_MESSAGE(holds(script, command.name), cat(shell, ": ", command.name));
            CHECK_MESSAGE(holds(script, command.choices), cat(shell, ": ", command.choices));
        }
        for (const auto& option : optionSpecs()) {
            const auto name = option.long_name.substr(2);
            CHECK_MESSAGE(holds(script, name), cat(shell, ": ", name));
            CHECK_MESSAGE(holds(script, option.values), cat(shell, ": ", option.values));
        }
        CHECK(holds(script, evd::evctl::kQueryModes));
        CHECK(holds(script, evd::evctl::kQueryKeywords));
        CHECK(!holds(script, "@M"));
        CHECK(!holds(script, "S@"));
    }
    CHECK(completionScript("tcsh").empty());
    CHECK(parseArguments(Words{"completion", "fish"}).ok());
    CHECK(!parseArguments(Words{"completion"}).ok());
    CHECK(!parseArguments(Words{"completion", "tcsh"}).ok());
    CHECK(!parseArguments(Words{"completion", "bash", "zsh"}).ok());
}

TEST_CASE("completion: the words of questions are those of the language") {
    const auto words = evd::base::split(evd::evctl::kQueryKeywords, ' ');
    CHECK(std::is_sorted(words.begin(), words.end()));
    for (const std::string_view word :
         {"STARTS_WITH", "ENDS_WITH", "NOT_IN", "P50", "P95", "P99", "AVG_OVER", "MIN_OVER",
          "MAX_OVER", "SUM_OVER", "SINCE", "CONTEXT"}) {
        CAPTURE(word);
        CHECK(std::find(words.begin(), words.end(), word) != words.end());
    }
}

TEST_CASE("completion: a real bash offers commands, options and their values") {
    const Bash bash;
    CHECK(bash.complete({"comp"}) == Words{"completion"});
    CHECK(bash.complete({"e"}) == Words{"emit", "explain", "export"});
    CHECK(has(bash.complete({""}), "tail"));
    CHECK(has(bash.complete({""}), "LOGS"));
    CHECK(bash.complete({"--for"}) == Words{"--format"});
    CHECK(bash.complete({"-f", ""}).size() == 6);
    CHECK(bash.complete({"--format", "js"}) == Words{"json", "jsonl"});
    CHECK(bash.complete({"--time", "="}) == Words{"iso", "local", "raw", "relative"});
    CHECK(bash.complete({"--color", "=", "a"}) == Words{"always", "auto"});
    CHECK(bash.complete({"--timeout", ""}).empty());
    CHECK(bash.complete({"metric", "a", "1", "--type", "c"}) == Words{"counter"});
    // Options of one command are not offered with another.
    CHECK(bash.complete({"tail", "--l"}) == Words{"--lines"});
    CHECK(bash.complete({"EVENTS", "--w"}) == Words{"--wrap"});
    CHECK(bash.complete({"explain", "--w"}).empty());
    CHECK(bash.complete({"metric", "--l"}) == Words{"--label"});
    CHECK(bash.complete({"status", "--l"}).empty());
    CHECK(bash.complete({"-f", "csv", "--utc", "status", "--w"}) == Words{"--watch"});
}

TEST_CASE("completion: a real bash offers what may follow a command") {
    const Bash bash;
    CHECK(bash.complete({"sd", ""}) == Words{"check", "compile", "evaluate", "explain", "show"});
    CHECK(bash.complete({"--state", "=", "x", "config", "g"}) == Words{"get"});
    CHECK(bash.complete({"config", "get", ""}).empty());
    CHECK(bash.complete({"completion", ""}) == Words{"bash", "fish", "zsh"});
    CHECK(bash.complete({"completion", "bash", ""}).empty());
    CHECK(bash.complete({"tail", "l"}) == Words{"logs"});
    CHECK(bash.complete({"emit", ""}).empty());
    CHECK(bash.complete({"run", "--", "tru"}).size() >= 1);
    CHECK(has(bash.complete({"run", "--", "tru"}), "true"));
    CHECK(bash.complete({"run", "--", "make", "--w"}).empty());
    const std::string begun = bash.folder() / "evctl.b";
    CHECK(bash.complete({"sd", "evaluate", begun}) == Words{bash.scriptPath()});
    CHECK(bash.complete({"--file", begun}) == Words{bash.scriptPath()});
    CHECK(bash.complete({"--state", begun}).empty());  // folders only
}

TEST_CASE("completion: a real bash offers the keywords of a question, in quotes too") {
    const Bash bash;
    CHECK(bash.complete({"EVE"}) == Words{"EVENTS"});
    CHECK(bash.complete({"'EVE"}) == goesOn("EVENTS"));
    CHECK(bash.complete({"explain", "lo"}) == Words{"LOGS"});
    CHECK(bash.complete({"EVENTS", "si"}) == Words{"SINCE"});
    CHECK(bash.complete({"tail", "logs", "FR"}) == Words{"FROM"});
    CHECK(bash.complete({"tail", "WHE"}) == Words{"WHERE"});
    CHECK(bash.complete({"'EVENTS process.* SI"}) == goesOn("EVENTS process.* SINCE"));
    CHECK(bash.complete({"-f", "csv", "\"EVENTS WHERE (a == 1) STR"}) ==
          goesOn("EVENTS WHERE (a == 1) STREAM"));
    CHECK(bash.complete({"'EVENTS WHERE (EX"}) == goesOn("EVENTS WHERE (EXISTS"));
    CHECK(bash.complete({"'EVENTS S"}).size() == 8);
    CHECK(bash.complete({"'EVENTS nothing-of-that"}).empty());
    CHECK(bash.complete({"status", "SI"}).empty());
}
