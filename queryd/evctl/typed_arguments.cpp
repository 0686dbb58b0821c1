#include "queryd/evctl/typed_arguments.h"

#include "common/base/text.h"
#include "queryd/evctl/vocabulary.h"

#include <algorithm>

namespace evd::evctl {

std::string firstWord(std::string_view text) {
    const std::string_view rest = base::trim(text);
    return std::string(rest.substr(0, rest.find_first_of(" \t\n;")));
}

Arguments typedArguments(const Arguments& session, const std::string& text) {
    Arguments arguments = session;
    arguments.command = "query";
    arguments.follow = false;
    arguments.since.clear();  // they are clauses of one question, and not settings
    arguments.until.clear();
    arguments.words = {text};
    const std::string word = firstWord(text);
    const CommandSpec* command = findCommand(word);
    if (command == nullptr) {
        return arguments;
    }
    arguments.command = word;
    arguments.words.clear();
    const std::string rest(
        base::trim(std::string_view(text).substr(text.find(word) + word.size())));
    const bool is_question =
        command->words == WordsKind::Query || command->words == WordsKind::ChoiceThenQuery;
    if (is_question && !rest.empty()) {
        arguments.words = {rest};
        return arguments;
    }
    if (word == "emit" || word == "log") {
        // A name, and a text that is one however many blanks it has.
        const size_t end = std::min(rest.find(' '), rest.size());
        const std::string text_behind(base::trim(std::string_view(rest).substr(end)));
        arguments.words.push_back(rest.substr(0, end));
        if (!text_behind.empty()) {
            arguments.words.push_back(text_behind);
        }
        return arguments;
    }
    for (const std::string_view each : base::split(rest, ' ')) {
        if (!each.empty() && each != "--") {
            arguments.words.emplace_back(each);
        }
    }
    return arguments;
}

}  // namespace evd::evctl
