#pragma once

#include "queryd/exec/query_engine.h"
#include "tests/support/record_list.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace evd::test {

// What the real engine answers to one who asks, a line a record; an error is a line too.
inline std::vector<std::string> ask(queryd::QueryEngine& engine, const queryd::Caller& caller,
                                    const std::string& text) {
    auto prepared = engine.prepare(text);
    if (!prepared) {
        return {"error: " + prepared.error().text};
    }
    RecordList records;
    queryd::RunOptions options;
    options.caller = caller;
    const auto done = engine.run(*prepared.value(), options, records);
    return done ? records.lines() : std::vector<std::string>{"error: " + done.error().text};
}

// As SYSTEM, who sees everything.
inline std::vector<std::string> ask(queryd::QueryEngine& engine, const std::string& text) {
    queryd::Caller caller;
    caller.system = true;
    return ask(engine, caller, text);
}

// The first line in which the two differ; `what` says what was asked.
inline void printDifference(const std::string& what, const std::vector<std::string>& expected,
                            const std::vector<std::string>& answered) {
    std::printf("%s\n%zu lines expected, %zu answered\n", what.c_str(), expected.size(),
                answered.size());
    for (size_t i = 0; i < std::max(expected.size(), answered.size()); ++i) {
        const std::string left = i < expected.size() ? expected[i] : "(nothing)";
        const std::string right = i < answered.size() ? answered[i] : "(nothing)";
        if (left != right) {
            std::printf("line %zu\n  expected %s\n  answered %s\n", i, left.c_str(), right.c_str());
            return;
        }
    }
}

}  // namespace evd::test
