// Whatever the pages tell a reader to type is understood by the program that they name: each evctl
// and eventd command by the program's own parser, each question by that of the language. What is
// typed wrongly on purpose, or stands for something else, is named here.

#include "common/base/text.h"
#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/vocabulary.h"
#include "queryd/lang/parser.h"
#include "sandbox/supervisor/options.h"
#include "tests/support/doc_page.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cctype>
#include <string_view>

namespace test = evd::test;
namespace evctl = evd::evctl;
using evd::base::cat;

namespace {

// Words that stand for what a person would write: NAME, 'QUERY', ..., [FILE|-].
bool isPlaceholder(std::string_view word) {
    return word.find("...") != std::string_view::npos || word.starts_with('[') ||
           word.starts_with('<') || word == "QUERY" || word == "QUESTION" || word == "CLAUSES" ||
           word == "COMMAND" || word.find("\u2026") != std::string_view::npos;
}

bool isQuestion(std::string_view text) {
    for (const auto mode : evd::base::split(evctl::kQueryModes, ' ')) {
        if (text.starts_with(cat(mode, " ")) || text == mode) {
            return true;
        }
    }
    return false;
}

// The reason why a question cannot be asked, or nothing.
std::string questionFault(const std::string& text) {
    const auto parsed = evd::queryd::parseQuery(text);
    return parsed.ok() ? "" : parsed.error().text;
}

std::string evctlFault(const std::vector<std::string>& words) {
    const auto arguments = evctl::parseArguments(std::span(words).subspan(1));
    if (!arguments.ok()) {
        return arguments.error().text;
    }
    const auto checked = evctl::checkArguments(arguments.value());
    if (!checked.ok()) {
        return checked.error().text;
    }
    const auto& question = arguments.value().words;
    const bool asks =
        arguments.value().command == "query" || arguments.value().command == "explain";
    return asks && question.size() == 1 && isQuestion(question.front())
               ? questionFault(question.front())
               : "";
}

std::string eventdFault(const std::vector<std::string>& words) {
    std::vector<const char*> arguments;
    for (size_t i = 1; i < words.size(); ++i) {
        arguments.push_back(words[i].c_str());
    }
    const auto options = evd::supervisor::parseOptions(arguments);
    return options.ok() ? "" : options.error().text;
}

// `build/bin/evctl` and `evctl` are one.
std::string programOf(const std::string& word) {
    return word.substr(word.rfind('/') + 1);
}

// A sentence speaks of a command by its name alone: `evctl run`, `evctl sd explain`.
bool isMention(const std::vector<std::string>& words) {
    const auto* command =
        words.size() == 2 || words.size() == 3 ? evctl::findCommand(words[1]) : nullptr;
    if (command == nullptr || words.size() == 2) {
        return command != nullptr;
    }
    const auto choices = evd::base::split(command->choices, ' ');
    return std::find(choices.begin(), choices.end(), words[2]) != choices.end();
}

// Or of options: `evctl -f jsonl`. Then a question completes it.
std::string optionsFault(std::vector<std::string> words) {
    words.emplace_back("LOGS");
    return evctlFault(words);
}

std::string commandFault(const std::vector<std::string>& words) {
    const std::string program = programOf(words.front());
    const bool has_placeholder = std::any_of(words.begin() + 1, words.end(), isPlaceholder);
    if (words.size() < 2 || has_placeholder) {
        return "";  // speaks of the program
    }
    if (program == "evctl") {
        const std::string fault = isMention(words) ? "" : evctlFault(words);
        return fault.starts_with("there is nothing to do") ? optionsFault(words) : fault;
    }
    return program == "eventd" ? eventdFault(words) : "";
}

// A shape rather than a question: `EVENTS [pattern] clause...`, `LOGS | METRIC`.
bool isShape(std::string_view text) {
    return text.find("...") != std::string_view::npos ||
           text.find(" | ") != std::string_view::npos ||
           text.find("clause") != std::string_view::npos ||
           text.find("pattern") != std::string_view::npos;
}

std::string lineFault(const std::string& line) {
    if (isQuestion(line)) {
        const bool is_mention = line.find(' ') == std::string::npos || line == "EVENTS INDEX";
        return is_mention || isShape(line) ? "" : questionFault(line);
    }
    std::string fault;
    for (const auto& words : test::shellCommands(line)) {
        fault += commandFault(words);
    }
    return fault;
}

}  // namespace

TEST_CASE("docs: every command and question that a page shows is one") {
    size_t looked_at = 0;
    for (const std::string& page : test::docPages(EVD_SOURCE_FOLDER)) {
        for (const test::DocLine& line : test::docCommandLines(test::readTextFile(page))) {
            const std::string fault = lineFault(line.text);
            CHECK_MESSAGE(fault == "", page, ":", line.line, ": ", line.text, "\n    ", fault);
            ++looked_at;
        }
    }
    CHECK(looked_at > 500);
}

TEST_CASE("docs: a command or question that is none is found") {
    CHECK(lineFault("evctl --utc 'EVENTS COUNT'") == "");
    CHECK(lineFault("source <(evctl completion bash)") == "");
    CHECK(lineFault("eventd --state DIR    # here") == "");
    CHECK(lineFault("x=1 evctl log shop 'sold out' 2>/dev/null | wc -l") == "");
    CHECK(lineFault("build/bin/evctl --mute 'EVENTS COUNT'") != "");
    CHECK(lineFault("evctl 'EVENTS CUONT BY name'") != "");
    CHECK(lineFault("ls; evctl status --follow-me") != "");
    CHECK(lineFault("eventd --stat DIR") != "");
    CHECK(lineFault("evctl config lost") != "");
    CHECK(lineFault("EVENTS shop.order WEHRE total > 1") != "");
    CHECK(lineFault("(cd x; build/bin/evctl completion tcsh)") != "");
    CHECK(lineFault("evctl -f jsonl --mute") != "");
}
