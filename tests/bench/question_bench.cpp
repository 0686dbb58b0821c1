// The questions of group_bench alone: no group, no transport.
//
//   question_bench [--judged] [--rows N] [--runs N] [--folder PATH] [WORD]
//
// A folder is kept and used again, which spares filling it; WORD asks only the questions whose text
// contains it; --judged asks as one for whom each record is judged (PSD-008 §9.2).

#include "common/base/text.h"
#include "tests/bench/question_figures.h"

#include <cstdio>
#include <string_view>

int main(int count, char** arguments) {
    evd::bench::QuestionBench bench;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = arguments[i];
        const std::string_view value = i + 1 < count ? arguments[i + 1] : "";
        const auto number = evd::base::parseU64(value);
        if (word == "--judged") {
            bench.judged = true;
            continue;
        }
        if (word == "--rows" && number.ok()) {
            bench.rows = number.value();
        } else if (word == "--runs" && number.ok()) {
            bench.runs = static_cast<int>(number.value());
        } else if (word == "--folder" && !value.empty()) {
            bench.folder = value;
        } else if (!word.starts_with("--")) {
            bench.word = word;
            continue;
        } else {
            std::fprintf(stderr, "question_bench: %s is not understood\n", arguments[i]);
            return 2;
        }
        ++i;
    }
    evd::bench::printTable(evd::bench::measureQuestions(bench));
    return 0;
}
