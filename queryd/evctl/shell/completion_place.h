#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

// What may stand at a place of a question.
struct CompletionPlace {
    bool modes = false;        // EVENTS, LOGS, METRIC, and the commands
    bool keywords = false;     // clauses and their words
    bool event_types = false;  // the names below are the live store's
    bool origins = false;
    bool metrics = false;
    bool fields = false;
    std::string prefix;    // what is typed of the word
    size_t begins_at = 0;  // where the word begins in the text
    std::string subject;   // of fields: the event type or metric, "" for logs or any
    std::string mode;      // "EVENTS", "LOGS", "METRIC" or ""
};

// Judges the text before the cursor. A guess: what it offers too much the server refuses. Pure.
CompletionPlace completionPlace(std::string_view before);

// Those of the names that begin as the prefix does, letters folded, in order and each once. Names
// that a terminal must not be shown are left out; those that a question needs quotes for have them.
// Pure.
std::vector<std::string> fittingNames(const std::vector<std::string>& names,
                                      std::string_view prefix);

}  // namespace evd::evctl
